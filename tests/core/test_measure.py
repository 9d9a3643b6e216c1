"""What a finding measured is said in words and in its unit."""

import pytest

from driftline.core import drift
from driftline.core.finding import Finding, Outcome, Severity, Topic
from driftline.core.measure import measure, measured


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
