"""References survive a JSON file; whatever else is in one is corrupt, and says so."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import polars as pl
import pytest
from hypothesis import given

from driftline.core.profiles.plan import Plan
from driftline.core.reference import WINDOW, Measured, Reference
from driftline.errors import ReferenceCorrupt
from tests.core.made import json_values, plans, profiles, references


@given(references)
def test_a_reference_survives_a_json_file(reference):
    """Plan, days, metrics and words, in standard JSON, in their order."""
    text = json.dumps(reference.to_json(), allow_nan=False)
    back = Reference.from_json(json.loads(text))
    assert back == reference
    assert list(back.days) == list(reference.days)
    assert back.plan.digest == reference.plan.digest


@given(plans())
def test_a_plan_is_known_by_its_digest(plan):
    """The same through JSON; another one as soon as anything is counted differently."""
    assert Plan.from_json(json.loads(json.dumps(plan.to_json()))).digest == plan.digest
    more = Plan(
        {**plan.columns, "one more": next(iter(REFERENCE.plan.columns.values()))}
    )
    assert more.digest != plan.digest


@given(json_values)
def test_any_other_json_is_corrupt(values):
    """A person is told to build it again; nothing else is raised."""
    with pytest.raises(ReferenceCorrupt, match="driftline reference build"):
        Reference.from_json(values)


@pytest.mark.parametrize("key", ["plan", "days", "performance", "origin"])
@given(value=json_values)
def test_a_mangled_part_is_corrupt_or_as_good(key, value):
    """Whatever stands in its place."""
    try:
        Reference.from_json({**REFERENCE.to_json(), key: value})
    except ReferenceCorrupt as error:
        said = str(error)
    else:
        said = "driftline reference build"
    assert "driftline reference build" in said


def test_a_reference_without_days_is_corrupt():
    """There would be nothing to compare with."""
    with pytest.raises(ReferenceCorrupt, match="no day"):
        Reference.from_json({**REFERENCE.to_json(), "days": {}})


@given(profiles(), profiles())
def test_the_total_is_the_sum_of_the_days(a, b):
    """Weeks and trailing windows are sums in the same way."""
    reference = Reference(REFERENCE.plan, {"a": a, "b": b})
    assert reference.total == a + b


def test_a_metric_is_listed_over_the_days_that_have_it():
    """Oldest first; days without labels are left out."""
    one, two = Measured(0.7, 0.6, 0.8, 10), Measured(0.8, 0.7, 0.9, 12)
    days = {"a": {"roc_auc": one}, "b": {}, "c": {"roc_auc": two, "f1": one}}
    reference = Reference(Plan({}), {}, days)
    assert reference.metric("roc_auc") == [one, two]
    assert reference.metric("brier") == []


def made() -> Reference:
    from driftline.core.profiles.plan import ColumnPlan, Kind
    from driftline.core.profiles.profile import ColumnProfile, Profile

    plan = Plan({"amount": ColumnPlan(Kind.NUMERIC, "Float64", edges=(1.0, 2.0))})
    column = ColumnProfile(3, bins=(1, 1, 1), dtype="Float64")
    day = Profile(3, {"amount": column}, plan.digest)
    metrics = {"roc_auc": Measured(0.7, 0.6, 0.8, 3)}
    return Reference(plan, {"2026-03-01": day}, {"2026-03-01": metrics}, "three rows")


NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
REFERENCE = made()


def test_the_sample_survives_a_json_file():
    """Row for row with its types; a mangled one is corrupt."""
    rows = pl.DataFrame(
        {WINDOW: ["2026-01-01"] * 2, "delay": [1.5, None], "at": [NOON, NOON]}
    )
    values = json.loads(json.dumps(replace(REFERENCE, sample=rows).to_json()))
    assert Reference.from_json(values).sample.equals(rows)
    cut = values["sample"][: len(values["sample"]) // 2]
    with pytest.raises(ReferenceCorrupt, match="driftline reference build"):
        Reference.from_json({**values, "sample": cut})


def test_a_reference_of_the_first_format_is_read():
    """It has no sample, and nothing else is missing."""
    values = REFERENCE.to_json() | {"format": 1}
    del values["sample"]
    back = Reference.from_json(values)
    assert back == REFERENCE
    assert back.sample is None


def taught_otherwise() -> list[Reference]:
    """References that differ from `REFERENCE` in one thing that something is learned from."""
    [(label, day)] = REFERENCE.days.items()
    column = day.columns["amount"]
    rows = pl.DataFrame({WINDOW: [label], "amount": [1.5]})
    return [
        *(
            replace(
                REFERENCE,
                days={
                    label: replace(day, columns={"amount": replace(column, **other)})
                },
            )
            for other in ({"counts": {"a": 3}}, {"unseen": 1}, {"maximum": 9.0})
        ),
        replace(REFERENCE, sample=rows),
        replace(REFERENCE, sample=rows.with_columns(amount=1.25)),
        replace(REFERENCE, sample=rows.rename({"amount": "price"})),
        replace(REFERENCE, repeats={label: 0.1}),
        replace(REFERENCE, importances={"amount": 1.0}),
        replace(REFERENCE, groups={"of": ["amount"]}),
        replace(REFERENCE, performance={}),
    ]


def test_a_reference_is_known_by_everything_that_is_learned_from_it():
    """What was learned is kept by its digest: categories and rows alone change it too."""
    digests = [each.digest for each in (REFERENCE, *taught_otherwise())]
    assert len(set(digests)) == len(digests)


def test_words_and_a_json_file_leave_the_digest_as_it_is():
    """The same reference read again teaches nothing new."""
    for reference in (REFERENCE, *taught_otherwise()):
        back = Reference.from_json(json.loads(json.dumps(reference.to_json())))
        assert back.digest == reference.digest
        assert replace(reference, origin="other words").digest == reference.digest
