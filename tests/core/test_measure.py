"""What a finding measured is said in words and in its unit."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import driftline
from driftline.core import drift
from driftline.core.finding import Bounds, Finding, Outcome, Severity, Topic
from driftline.core.measure import limits, measure, measured


def about(statistic: str, topic: Topic = Topic.DRIFT, **evidence: object) -> Finding:
    """A finding of this statistic."""
    return Finding(
        topic, "a", statistic, Outcome.OK, Severity.INFO, "", evidence=evidence
    )


@pytest.mark.parametrize("name", drift.all_names())
def test_every_drift_statistic_that_ships_has_words(name: str) -> None:
    """Nobody has to know the name of a file to read a message."""
    assert drift.named(name).facts.called


def test_a_share_is_in_percent_and_money_in_its_currency() -> None:
    """The unit is that of the statistic; what was not measured is a dash."""
    assert measured(about("missing_alone"), 0.0276) == "2.8%"
    assert measured(about("null_rate"), 0.18) == "18%"
    assert measured(about("psi"), 0.18) == "0.18"
    assert measured(about("spend", Topic.COST, currency="EUR"), 12.5) == "12.50 EUR"
    assert measured(about("psi"), None) == "–"


def test_a_statistic_of_ones_own_is_read_as_it_is_written() -> None:
    """A name that is not known here is no error."""
    assert measure(about("my_own_distance")) == "my own distance"


NUMBERS = st.floats(-1e9, 1e9, allow_subnormal=False)


@pytest.mark.parametrize("statistic", ["psi", "null_rate", "spend"])
@given(value=NUMBERS, bound=NUMBERS, near=st.booleans())
def test_a_value_never_reads_like_the_bound_that_it_is_beyond(
    statistic: str, value: float, bound: float, near: bool
) -> None:
    """However close, there are digits enough to see which side it is on."""
    bound = value * (1 + 1e-7) if near else bound
    assume(abs(value - bound) > 1e-9 * max(abs(value), abs(bound), 1e-3))
    topic = Topic.COST if statistic == "spend" else Topic.DRIFT
    found = replace(about(statistic, topic), value=value, bounds=Bounds(upper=bound))
    assert measured(found, found.value) != measured(found, found.bounds.upper)


def test_what_adds_up_to_its_limit_is_out_at_it() -> None:
    """A sum is held at its limit: that is no value that is still allowed."""
    full = replace(about("psi_lasting"), value=2.19, bounds=Bounds(upper=2.19))
    assert limits(full)[1] == "≤"
    assert limits(replace(full, outcome=Outcome.BREACHED))[1] == "<"


def test_a_percent_sign_stands_next_to_its_number() -> None:
    """One way of writing it in everything that a person reads."""
    apart = re.compile(r"""\}[ ]%(?:[ "')]|$)|, " %"|"[^"]*[0-9] %(?: of|[")])""")
    sources = Path(driftline.__file__).parent.rglob("*.py")
    found = [
        f"{path.name}: {line.strip()}"
        for path in sources
        for line in path.read_text(encoding="utf-8").splitlines()
        if apart.search(line) and not line.lstrip().startswith(('"""', "#"))
    ]
    assert not found
