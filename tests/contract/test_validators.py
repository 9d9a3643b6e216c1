"""What every registered validator keeps."""

import json
from importlib import import_module
from pathlib import Path

import polars as pl
import pytest

from driftline.core import registry
from driftline.core.finding import Finding, Outcome, Severity, Topic
from driftline.core.reference import Reference
from driftline.core.roles import Roles, Task
from driftline.errors import SettingsError
from driftline.ports import Context, Validator
from tests.adapters.flights import reference

PACKAGE = "driftline.adapters.validators"
NAMES = registry.names(PACKAGE)
SUITE = "expectations/shop.json"
ROLES = Roles(
    Task.BINARY, "at", "score", key=("order",), features=("amount", "country", "email")
)


def slice_of(seed: int, rows: int = 200) -> pl.DataFrame:
    """One day of a small shop."""
    numbers = pl.int_range(rows, eager=True)
    return pl.DataFrame(
        {
            "order": numbers + seed * rows,
            "at": pl.select(
                pl.datetime_range(
                    pl.datetime(2026, 1, 1 + seed),
                    pl.datetime(2026, 1, 1 + seed, 23),
                    f"{23 * 3600 // rows}s",
                ).head(rows)
            ).to_series(),
            "amount": (numbers * 7 + seed) % 90 + 10.0,
            "country": [("NO", "PT", "JP")[i % 3] for i in range(rows)],
            "email": [f"person{seed}.{i}@example.com" for i in range(rows)],
            "score": (numbers % 50) / 50,
        }
    )


@pytest.fixture(scope="module")
def shop() -> Reference:
    """Ten days of the shop."""
    return reference({f"2026-01-{i + 1:02}": slice_of(i) for i in range(10)}, ROLES)


@pytest.fixture(scope="module", params=NAMES)
def validator(
    request: pytest.FixtureRequest, shop: Reference, tmp_path_factory
) -> Validator:
    """A validator whose suite is the one that it proposed."""
    root = tmp_path_factory.mktemp("monitor")
    built = build(request.param, root)
    write(root, json.dumps(built.propose(shop, ROLES)))
    return built


def build(name: str, root: Path) -> Validator:
    """The registered validator of that name."""
    module = import_module(f"{PACKAGE}.{name}")
    context = Context("shop", str(root), "UTC", ROLES)
    return module.build(module.Settings(suite=SUITE), context)


def write(root: Path, text: str) -> None:
    """The suite's file."""
    path = root / SUITE
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")


def matters(findings: list[Finding]) -> list[Finding]:
    """What counts against the verdict."""
    return [finding for finding in findings if finding.matters]


def test_something_is_registered():
    """The suites below run over at least one validator."""
    assert "great_expectations" in NAMES


def test_reference_passes_its_own_suite(validator):
    """No day of the reference breaks what was proposed from it."""
    found = [f for i in range(10) for f in validator.check(slice_of(i), 200)]

    assert matters(found) == []
    assert {finding.outcome for finding in found} == {Outcome.OK}


def test_suite_names_its_columns(validator):
    """`columns` has every column that the reference counted, and the key."""
    assert set(validator.columns()) == {*ROLES.features, "order", "at", "score"}


def test_findings_are_plain_and_distinct(validator):
    """Each finding has an identity of its own and survives JSON."""
    found = validator.check(slice_of(3), 200)

    assert len({finding.identity for finding in found}) == len(found)
    assert {finding.topic for finding in found} == {Topic.VALIDATION}
    for finding in found:
        assert Finding.from_json(json.loads(json.dumps(finding.to_json()))) == finding


@pytest.mark.parametrize("total", [0, 200])
def test_empty_slice_never_passes(validator, total):
    """No rows give one finding that counts, whatever the total says."""
    found = validator.check(slice_of(0).head(0), total)

    assert len(found) == 1
    assert found[0].outcome in (Outcome.ERRORED, Outcome.UNKNOWN)
    assert "rows" in found[0].message


def test_missing_column_is_not_a_failed_expectation(validator):
    """Without a column, what is said of its values is `errored`, by name."""
    found = matters(validator.check(slice_of(0).drop("amount"), 200))

    assert {finding.subject for finding in found} == {"amount"}
    assert Outcome.ERRORED in {finding.outcome for finding in found}
    assert all("'amount' is not in the slice" in finding.message for finding in found)


def test_failing_rows_are_named_by_key(validator):
    """A breach says how many rows fail and which, with the bound."""
    broken = slice_of(0).with_columns(
        amount=pl.when(pl.col("order") % 4 == 0).then(None).otherwise("amount")
    )

    (finding,) = matters(validator.check(broken, 200))

    assert finding.subject == "amount"
    assert finding.value == pytest.approx(0.25)
    assert not finding.bounds.contain(finding.value)
    assert finding.evidence["failing_keys"][0] == {"order": 0}
    assert "50 of 200" in finding.message


def test_values_stay_where_they_are(validator):
    """Failing values are people's data: no finding shows them."""
    odd = "Ada Lovelace, 12 Square"
    broken = slice_of(0).with_columns(
        country=pl.lit(odd), amount=pl.lit(odd), email=pl.lit(odd)
    )

    found = validator.check(broken, 200)

    assert len(matters(found)) >= 2
    assert odd not in json.dumps([finding.to_json() for finding in found])


def test_a_sample_is_called_one(validator):
    """Findings on a sample say so; the number of rows is the slice's."""
    broken = slice_of(0, 50).with_columns(score=pl.lit(7.0))

    found = validator.check(broken, 200)
    (finding,) = matters(found)

    assert finding.severity is Severity.CRITICAL
    assert "sample of 50 of 200 rows" in finding.message


def test_too_few_rows_break_the_suite(validator):
    """The row count is judged by the slice's total."""
    (finding,) = matters(validator.check(slice_of(0, 50), 50))

    assert finding.value == 50


def test_duplicated_load_breaks_the_suite(validator):
    """Rows that arrive twice share their keys."""
    half = slice_of(0, 100)

    (finding,) = matters(validator.check(pl.concat([half, half]), 200))

    assert finding.subject == "order"
    assert finding.value == 1.0


def test_checking_again_says_the_same(validator):
    """Nothing is carried from one check to the next, and rows are left alone."""
    rows = slice_of(4).with_columns(score=pl.lit(2.0))
    before = rows.clone()

    assert validator.check(rows, 200) == validator.check(rows, 200)
    assert rows.equals(before)


@pytest.mark.parametrize("name", NAMES)
def test_no_suite_is_a_clear_error(name, tmp_path):
    """Without its file the validator says where it looked and what makes one."""
    with pytest.raises(SettingsError, match=r"expectations/shop\.json.*driftline init"):
        build(name, tmp_path).columns()


@pytest.mark.parametrize("name", NAMES)
def test_broken_json_is_a_clear_error(name, tmp_path):
    """The message has the file and the line."""
    write(tmp_path, '{"expectations": [\n  {"type": }\n]}')

    with pytest.raises(SettingsError, match=r"shop\.json line 2 is not JSON"):
        build(name, tmp_path).columns()
