"""Findings keep their numbers, and know how far outside their bounds they are."""

import json

import pytest
from hypothesis import given

from driftline.core.finding import Bounds, Finding, Outcome, Severity, Topic
from tests.core.made import findings


@given(findings)
def test_a_finding_survives_a_json_file(finding):
    """Everything that a later judgement or a report needs."""
    text = json.dumps(finding.to_json(), allow_nan=False)
    assert Finding.from_json(json.loads(text)) == finding


@given(findings)
def test_nothing_inside_its_bounds_exceeds_them(finding):
    """And nothing outside is not beyond."""
    inside = finding.value is None or finding.bounds.contain(finding.value)
    assert (finding.excess == 0.0) is inside


@pytest.mark.parametrize(
    ("value", "lower", "upper", "excess"),
    [
        (0.6, None, 0.2, 2.0),
        (0.1, 0.2, None, 0.5),
        (0.1, 0.2, 0.4, 0.5),
        (0.2, 0.2, 0.4, 0.0),
        (None, 0.2, 0.4, 0.0),
        (-3.0, -2.0, None, 0.5),
        (5.0, None, None, 0.0),
    ],
)
def test_the_excess_is_counted_in_bounds(value, lower, upper, excess):
    """Twice the bound beyond it is 2, on either side; without bounds it is 0."""
    finding = Finding(
        Topic.DRIFT,
        "a",
        "psi",
        Outcome.OK,
        Severity.INFO,
        "",
        value,
        Bounds(lower, upper),
    )
    assert finding.excess == pytest.approx(excess)


def test_what_counts_against_the_verdict():
    """A breach and an error do; what is unknown or fine does not."""
    counting = {
        outcome: Finding(Topic.DRIFT, "a", "psi", outcome, Severity.INFO, "").matters
        for outcome in Outcome
    }
    assert [outcome for outcome, counts in counting.items() if counts] == [
        Outcome.BREACHED,
        Outcome.ERRORED,
    ]


def test_severities_rank_from_info_to_critical():
    """Their order decides which reason comes first."""
    ranked = sorted(Severity, key=lambda severity: severity.rank)
    assert ranked == [Severity.INFO, Severity.WARNING, Severity.CRITICAL]
