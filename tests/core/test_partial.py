"""Files that were left out of a window, in words and as a finding."""

import pytest

from driftline.core.finding import DIAGNOSIS, Finding, Outcome, Severity, Topic
from driftline.core.partial import judge_partial, said
from driftline.core.slice import LeftOut, Partial

CUT = Partial(2, 900, (LeftOut("c.csv", 100, "c.csv is cut"),))


def of_rows(severity: Severity) -> Finding:
    return Finding(Topic.SLICE, "rows", "row_count", Outcome.BREACHED, severity, "few")


def test_nothing_left_out_is_no_finding() -> None:
    """However few rows there are."""
    assert judge_partial((), [of_rows(Severity.CRITICAL)]) == []


@pytest.mark.parametrize(
    ("others", "severity"),
    [
        ([], Severity.WARNING),
        ([of_rows(Severity.WARNING)], Severity.WARNING),
        ([of_rows(Severity.CRITICAL)], Severity.CRITICAL),
    ],
)
def test_what_was_left_out_weighs_as_much_as_the_rows_that_are_wanting(
    others: list[Finding], severity: Severity
) -> None:
    """It is their cause, and stands before them as a diagnosis does."""
    [found] = judge_partial((CUT,), others)
    assert (found.statistic, found.severity) == (DIAGNOSIS, severity)
    assert found.evidence["share"] == pytest.approx(0.1)


def test_rows_and_labels_are_told_each() -> None:
    """Where both lack files."""
    labels = Partial(1, 10, (LeftOut("l.csv", 0, "l.csv is empty"),))
    [found] = judge_partial((CUT, labels), [])
    assert found.message == f"{said(CUT)}; {said(labels)}"
    assert found.evidence["parameters"] == {"files": ["c.csv", "l.csv"]}


def test_of_many_files_one_is_told() -> None:
    """The sentence stays one that a person reads; what goes wrong is told once."""
    many = tuple(LeftOut(f"{i}.csv", 1, f"{i}.csv is cut.") for i in range(9))
    assert said(Partial(1, 1, many)) == (
        "1 of 10 files was read, with 10% of the bytes; left out: 0.csv is cut (and 8 more "
        "files)"
    )
