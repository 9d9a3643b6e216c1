"""Findings on a slice against its reference: every kind on the same reference.

Over 300 lines because it holds what the longest file of the core promises.
"""

import json
import re
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest

from driftline.core.comparison import (
    DriftPolicy,
    Moment,
    compare,
    judge_drift,
    measure_reference,
)
from driftline.core.finding import Finding, Outcome, Severity, Topic
from driftline.core.incidents.incident import causes_judged
from driftline.core.profiles.plan import Plan
from driftline.core.profiles.profile import ColumnProfile, Profile
from driftline.core.reference import Reference
from driftline.core.roles import Roles, Task
from driftline.core.schema import family
from driftline.core.verdict import Word, reduce
from driftline.errors import SchemaMismatch, SettingsError
from tests.core.columns import (
    PLAN,
    day,
    numbers,
    numeric_plan,
    reference,
    with_column,
)

ROLES = Roles(Task.BINARY, timestamp="at", prediction="p", label="late", key=("id",))
POLICY = DriftPolicy()
REFERENCE = reference()
SPREAD = measure_reference(REFERENCE, ROLES, POLICY)


def judged(current: Profile, policy: DriftPolicy = POLICY) -> dict[str, Finding]:
    """Findings by `subject.statistic`."""
    spread = SPREAD if policy is POLICY else None
    findings = judge_drift(REFERENCE, current, ROLES, policy, spread)
    return {f"{f.subject}.{f.statistic}": f for f in findings}


def breached(current: Profile) -> dict[str, Severity]:
    """Severities of what is outside its bounds."""
    return {k: f.severity for k, f in judged(current).items() if f.matters}


def with_nulls(share: float) -> Profile:
    """A quiet day of which a share of the temperatures is missing."""
    quiet = day(700)
    return with_column(quiet, "temp", **_lacking(quiet.columns["temp"], share))


@pytest.mark.parametrize(("missing", "soft"), [(0.0, True), (1.0, False)])
def test_a_column_that_is_filled_at_last_is_a_changed_world(
    missing: float, soft: bool
) -> None:
    """Usually half of it is missing: none is a story, told once; all is broken data."""
    days = {
        label: with_column(profile, "temp", **_lacking(profile.columns["temp"], 0.5))
        for label, profile in REFERENCE.days.items()
    }
    quiet = day(700)
    current = with_column(quiet, "temp", **_lacking(quiet.columns["temp"], missing))
    known = replace(REFERENCE, days=days)
    found = judge_drift(known, current, ROLES, POLICY)
    [rate] = [f for f in found if (f.subject, f.statistic) == ("temp", "null_rate")]

    assert rate.matters
    assert rate.evidence["soft"] is soft


@pytest.mark.parametrize(
    ("farthest", "severity"),
    [(5.0, Severity.WARNING), (6.0, Severity.WARNING), (40.0, Severity.CRITICAL)],
)
def test_the_next_of_a_few_numbers_calls_nobody(
    farthest: float, severity: Severity
) -> None:
    """A fifth period is new after four, and lies as far from three as four does again."""
    four = np.repeat([1.0, 2.0, 3.0, 4.0], (40, 50, 80, 80))
    plan = replace(numeric_plan(four), decimals=0, grid=(1.0, 2.0, 3.0, 4.0))
    whole = Plan({"period": plan})
    games = {
        (date(2026, 1, 1) + timedelta(days=n)).isoformat(): Profile(
            len(four), {"period": numbers(four, plan)}, whole.digest
        )
        for n in range(60)
    }
    longer = np.append(four, np.full(30, farthest))
    current = Profile(len(longer), {"period": numbers(longer, plan)}, whole.digest)
    found = judge_drift(Reference(whole, games), current, ROLES, POLICY)
    [reach] = [f for f in found if f.statistic == "range"]

    assert reach.matters
    assert reach.severity is severity


def _lacking(column: ColumnProfile, share: float) -> dict[str, Any]:
    """What changes where so much of a column is missing."""
    held = tuple(round(n * (1 - share)) for n in column.bins)
    return {"bins": held, "nulls": column.rows - sum(held)}


def test_quiet_days_are_healthy() -> None:
    """Of 60 more days of the same kind, nothing pages and nine of ten are healthy."""
    words = [
        reduce(judge_drift(REFERENCE, day(seed), ROLES, POLICY, SPREAD)).word
        for seed in range(300, 360)
    ]

    assert Word.ACT not in words
    assert words.count(Word.HEALTHY) >= 54


def test_every_column_and_the_rows_are_judged() -> None:
    """The chosen statistics by kind; of a label, all but how many are missing."""
    assert sorted(judged(day(700))) == [
        "late.jensen_shannon",
        "late.unseen_values",
        "origin.jensen_shannon",
        "origin.null_rate",
        "origin.unseen_values",
        "rows.row_count",
        "temp.jensen_shannon",
        "temp.null_rate",
        "temp.range",
        "temp.rank_shift",
    ]


def test_a_shift_is_a_warning_with_its_size_and_bound() -> None:
    """The message is a sentence, and the evidence draws both histograms."""
    hot = numbers(np.random.default_rng(1).normal(25, 5, 900), PLAN.columns["temp"])
    current = replace(day(700), columns={**day(700).columns, "temp": hot})
    finding = judged(current)["temp.rank_shift"]

    assert finding.outcome is Outcome.BREACHED
    assert finding.severity is Severity.WARNING
    assert finding.message.startswith("temp is above the reference in 9")
    assert "no shift is 50% (bounds " in finding.message
    shown = finding.evidence["histogram"]
    assert len(shown["current"]) == len(shown["edges"]) + 1
    assert finding.evidence["role"] == "feature"
    assert finding.evidence["reference_days"] == 60


@pytest.mark.parametrize(
    ("share", "severity"), [(0.03, "warning"), (0.2, "critical"), (1.0, "critical")]
)
def test_missing_values_page_when_they_are_many(share: float, severity: str) -> None:
    """One in thirty is watched; one in five, or all, is acted on."""
    finding = judged(with_nulls(share))["temp.null_rate"]

    assert finding.outcome is Outcome.BREACHED
    assert finding.severity == severity
    assert "% of the values of temp are missing (bound" in finding.message


def test_what_an_empty_column_hides_is_unknown() -> None:
    """With no value left, drift is not computed, and says so."""
    findings = judged(with_column(with_nulls(1.0), "temp", minimum=None, maximum=None))

    assert findings["temp.rank_shift"].outcome is Outcome.UNKNOWN
    assert "cannot be computed" in findings["temp.rank_shift"].message
    assert findings["temp.range"].outcome is Outcome.UNKNOWN


def test_a_new_category_names_examples() -> None:
    """A tenth of the rows from an airport that nobody knows is critical."""
    quiet = day(700)
    counts = dict(quiet.columns["origin"].counts or {})
    counts["EWR"] -= 90
    current = with_column(
        quiet, "origin", counts=counts, unseen=90, unseen_examples=("HPN",)
    )
    finding = judged(current)["origin.unseen_values"]

    assert finding.severity is Severity.CRITICAL
    assert finding.outcome is Outcome.BREACHED
    assert finding.evidence["unseen_examples"] == ["HPN"]


def test_a_unit_error_is_far_out_of_range() -> None:
    """A tenth of the rows a thousand times as large is critical."""
    rng = np.random.default_rng(1)
    temp = rng.normal(15, 5, 900)
    temp[:90] *= 1000
    current = replace(
        day(700),
        columns={
            **day(700).columns,
            "temp": numbers(temp, PLAN.columns["temp"]),
        },
    )

    assert breached(current)["temp.range"] is Severity.CRITICAL


@pytest.mark.parametrize(
    ("rows", "severity"), [(1, Severity.WARNING), (9, Severity.CRITICAL)]
)
def test_a_few_rows_that_reach_far_page_nobody(rows: int, severity: Severity) -> None:
    """As few strange values of another kind do not either, however strange they are."""
    current, plan = day(500), PLAN.columns["temp"]
    temp = np.random.default_rng(500).normal(15, 5, 900)
    temp[:rows] = -1_239.0
    changed = replace(current, columns=current.columns | {"temp": numbers(temp, plan)})

    assert breached(changed)["temp.range"] is severity


@pytest.mark.parametrize("power", [3, 9, 15, 90, 300])
def test_a_number_can_be_read_whatever_its_size(power: int) -> None:
    """Nobody reads ninety digits: from some length on it is a power of ten."""
    wild = with_column(day(700), "temp", maximum=10.0**power)
    said = [finding.message for finding in judged(wild).values()]

    assert any("reaches" in words for words in said)
    assert max(len(n) for words in said for n in re.findall(r"\d[\d,]*", words)) < 12


@pytest.mark.parametrize("rows", [450, 1800])
def test_half_a_day_and_a_double_one_are_critical(rows: int) -> None:
    """Far fewer rows than usual, or far more."""
    assert breached(day(700, rows=rows))["rows.row_count"] is Severity.CRITICAL


def test_a_missing_column_suggests_its_new_name_and_the_rest_is_judged() -> None:
    """The renamed column is named with its likely new name; others go on."""
    current = replace(
        with_column(day(700), "temp", present=False), extra_columns=("temp_f",)
    )
    findings = judged(current)

    assert findings["temp.column_missing"].severity is Severity.CRITICAL
    assert "did you mean temp_f" in findings["temp.column_missing"].message
    assert findings["temp_f.column_extra"].severity is Severity.WARNING
    assert "temp.rank_shift" not in findings
    assert "origin.jensen_shannon" in findings


def test_extra_columns_with_a_part_are_no_surprise() -> None:
    """The time stamp, keys and ignored columns may stand beside the plan's."""
    current = replace(day(700), extra_columns=("at", "id", "p", "note"))
    policy = DriftPolicy(ignore=("note",))

    assert not [k for k in judged(current, policy) if k.endswith("column_extra")]


@pytest.mark.parametrize("dtype", ["String", "List(Float64)", "Binary"])
def test_a_changed_type_is_critical_and_the_only_thing_said(dtype: str) -> None:
    """Numbers that arrive as text, lists or bytes are not judged as numbers."""
    temp = day(700).columns["temp"]
    current = with_column(
        day(700),
        "temp",
        dtype=dtype,
        bins=(0,) * len(temp.bins),
        unseen=temp.rows,
        minimum=None,
        maximum=None,
    )

    assert breached(current) == {"temp.type_changed": Severity.CRITICAL}


@pytest.mark.parametrize("dtype", ["Int64", "Float32", "Decimal(10,2)", "Null", ""])
def test_a_type_of_the_same_family_is_no_change(dtype: str) -> None:
    """Integers, floats, decimals and empty columns may stand for numbers."""
    assert not breached(with_column(day(700), "temp", dtype=dtype))


@pytest.mark.parametrize(
    ("dtype", "expected"),
    [
        ("Int64", {"number"}),
        ("double", {"number"}),
        ("large_string", {"text"}),
        ("Categorical", {"text"}),
        ("Boolean", {"bool"}),
        ("Datetime(time_unit='us', time_zone=None)", {"time"}),
        ("timestamp[us]", {"time"}),
        ("Float64|String", {"number", "text"}),
        ("List(Float64)", {"nested"}),
        ("Struct({'a': Int64})", {"nested"}),
        ("Binary", {"bytes"}),
        ("Null", set()),
    ],
)
def test_type_names_of_engines_have_families(dtype: str, expected: set[str]) -> None:
    """Polars' and Arrow's names are both read."""
    assert family(dtype) == expected


def test_infinities_are_named() -> None:
    """They are a warning while rare and critical from one row in a hundred."""
    few = judged(with_column(day(700), "temp", infinities=2))["temp.infinities"]
    many = judged(with_column(day(700), "temp", infinities=40))["temp.infinities"]

    assert few.severity is Severity.WARNING
    assert "2 of 900 values of temp are infinite" in few.message
    assert many.severity is Severity.CRITICAL


def test_no_rows_is_one_finding_that_cannot_tell() -> None:
    """Nothing else is said of an empty slice."""
    empty = Profile(0, {}, PLAN.digest)
    findings = judge_drift(REFERENCE, empty, ROLES, POLICY, SPREAD)

    assert [(f.topic, f.subject, f.outcome) for f in findings] == [
        (Topic.SLICE, "rows", Outcome.UNKNOWN)
    ]
    assert findings[0].message == "the slice has no rows"
    assert reduce(findings).word is Word.CANNOT_TELL


def test_no_rows_on_a_day_of_rest_are_as_expected() -> None:
    """Where the reference never has a Sunday, an empty one is healthy and calms nothing."""
    empty = Profile(0, {}, PLAN.digest)
    days = [date(2026, 3, 2) + timedelta(days=n) for n in range(36)]
    held = {d.isoformat(): day(n) for n, d in enumerate(days) if d.weekday() < 6}
    closed = Reference(PLAN, held)
    words = {
        label: judge_drift(closed, empty, ROLES, POLICY, SPREAD, Moment(label))
        for label in ("2026-04-12", "2026-04-13")
    }

    assert reduce(words["2026-04-12"]).word is Word.HEALTHY
    assert causes_judged(words["2026-04-12"]) == []
    assert reduce(words["2026-04-13"]).word is Word.CANNOT_TELL


def test_too_few_rows_say_how_many_are_needed() -> None:
    """A slice below `min_rows` cannot be told; that it has so few rows can."""
    few, rows = judge_drift(REFERENCE, day(1, rows=12), ROLES, POLICY, SPREAD)

    assert few.outcome is Outcome.UNKNOWN
    assert few.message == "the slice has only 12 rows; drift is judged from 20 rows on"
    assert rows.statistic == "row_count"
    assert rows.severity is Severity.CRITICAL


def test_a_single_row_is_called_one() -> None:
    """A number and its noun agree."""
    few, *_ = judge_drift(REFERENCE, day(1, rows=1), ROLES, POLICY, SPREAD)

    assert few.message.startswith("the slice has only 1 row;")


def test_where_few_rows_are_usual_their_number_is_no_trouble() -> None:
    """A monitor of twelve rows a day cannot tell, and nobody is called."""
    small = reference(rows=12)
    findings = judge_drift(small, day(700, rows=12), ROLES, POLICY)

    assert reduce(findings).word is Word.CANNOT_TELL
    assert not [f for f in findings if f.matters]
    assert findings[0].message.endswith("a usual window of the reference has 12")


def test_labels_are_judged_over_those_that_have_arrived() -> None:
    """Nine of ten labels to come are no drift; too few labels are not judged."""
    late = day(700).columns["late"]
    some = {"0": 63, "1": 27}
    current = with_column(day(700), "late", counts=some, nulls=late.rows - 90)
    none = with_column(day(700), "late", counts={}, nulls=late.rows)
    absent = with_column(day(700), "late", present=False)

    assert not breached(current)
    assert judged(current)["late.jensen_shannon"].evidence["role"] == "label"
    assert "late.jensen_shannon" not in judged(none)
    assert not breached(absent)


def test_a_fixed_bound_replaces_the_measured_one() -> None:
    """The policy's bound is used, for statistics outside its lists too."""
    policy = DriftPolicy(fixed={"temp": {"psi": 0.0001}, "rows": {"row_count": 10.0}})
    findings = judged(day(700), policy)

    assert findings["temp.psi"].outcome is Outcome.BREACHED
    assert findings["temp.psi"].bounds.origin == "the monitor file"
    assert findings["rows.row_count"].outcome is Outcome.BREACHED


def test_a_bound_for_an_unknown_column_is_refused() -> None:
    """The message has the nearest column."""
    with pytest.raises(SettingsError, match=r"'tmp'.*did you mean 'temp'"):
        measure_reference(REFERENCE, ROLES, DriftPolicy(fixed={"tmp": {"psi": 0.1}}))


def test_a_statistic_of_another_kind_is_refused() -> None:
    """KS is for numbers, and the message says so."""
    with pytest.raises(SettingsError, match=r"'ks' does not fit 'origin'.*numeric"):
        measure_reference(REFERENCE, ROLES, DriftPolicy(categorical=("ks",)))


def test_a_profile_of_another_plan_is_refused() -> None:
    """Counts of different bins are never compared."""
    with pytest.raises(SchemaMismatch, match="profile the slice"):
        judge_drift(REFERENCE, replace(day(1), plan="other"), ROLES, POLICY)


def test_a_reference_of_one_day_judges_without_raising() -> None:
    """With one day, bounds are conventional, and a quiet day does not page."""
    single = Reference(PLAN, {"only": day(1, wander=0)})
    findings = judge_drift(single, day(2, wander=0), ROLES, POLICY)

    assert reduce(findings).word is not Word.ACT
    assert {"rank_shift", "jensen_shannon"} <= {f.statistic for f in findings}


def test_findings_are_plain_json() -> None:
    """Every finding survives the ledger, and no number in it is NaN."""
    findings = judge_drift(REFERENCE, with_nulls(1.0), ROLES, POLICY, SPREAD)
    text = json.dumps([f.to_json() for f in findings], allow_nan=False)

    assert [Finding.from_json(values) for values in json.loads(text)] == findings


def test_the_same_profile_twice_differs_in_nothing() -> None:
    """`compare` with itself breaches nothing and shows every statistic that fits."""
    findings = compare(day(1), day(1), PLAN)
    shown = {f.statistic for f in findings if f.subject == "temp"}

    assert not [f for f in findings if f.matters]
    assert {"psi", "ks", "wasserstein", "chi_square", "range"} <= shown
    assert {f.severity for f in findings if f.statistic == "chi_square"} == {
        Severity.INFO
    }


def test_two_draws_of_the_same_rows_do_not_differ() -> None:
    """`compare` allows sampling noise, also for sides of very different size."""
    findings = compare(day(1, 20_000, wander=0), day(2, 300, wander=0), PLAN)

    assert not [f.message for f in findings if f.matters]


def test_compare_sees_what_differs() -> None:
    """A shift of one sd, a missing column and an empty side are found."""
    hot = numbers(np.random.default_rng(1).normal(20, 5, 900), PLAN.columns["temp"])
    current = replace(day(1), columns={**day(1).columns, "temp": hot})
    current = with_column(current, "origin", present=False)
    found = {
        (f.subject, f.statistic) for f in compare(day(2), current, PLAN) if f.matters
    }

    assert {("temp", "wasserstein"), ("origin", "column_missing")} <= found
    assert compare(day(1), Profile(0, {}, PLAN.digest), PLAN)[0].message == (
        "the slice has no rows"
    )


def test_identifiers_and_opaque_columns_are_checked_for_nulls() -> None:
    """A key column that is missing in every fifth row is found."""
    plan = Plan(
        {"id": replace(PLAN.columns["origin"], kind="identifier", categories=())}
    )
    days = {
        str(i): Profile(900, {"id": ColumnProfile(900, dtype="Int64")}, plan.digest)
        for i in range(20)
    }
    broken = Profile(900, {"id": ColumnProfile(900, nulls=180)}, plan.digest)
    findings = judge_drift(Reference(plan, days), broken, ROLES, POLICY)

    assert [f.subject for f in findings if f.matters] == ["id"]


@pytest.mark.parametrize("column", ["temp", "origin"])
def test_two_rows_of_a_small_day_that_lack_what_none_lacked_are_told(
    column: str,
) -> None:
    """Of 46 rows two are many where 4,140 had none, and one may be chance."""
    known = reference(90, 46)
    spread = measure_reference(known, ROLES, DriftPolicy())

    def told(lost: int) -> bool:
        quiet = day(700, 46)
        nulls = replace(quiet.columns[column], nulls=lost)
        current = replace(quiet, columns={**quiet.columns, column: nulls})
        found = judge_drift(known, current, ROLES, DriftPolicy(), spread)
        return any(f.statistic == "null_rate" and f.matters for f in found)

    assert not told(1)
    assert told(2)
