"""Queries to a real Prometheus, and answers that it does not give."""

import time
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from driftline.adapters.probes._http import Unanswered
from driftline.adapters.probes.prometheus import Query, Settings, number
from driftline.core.finding import Outcome
from driftline.core.health import judge
from tests.adapters.probes.pages import BUSY, asking, by_name, numbers, page
from tests.servers.http import Answer, Request, http_server
from tests.servers.prometheus import prometheus

TWO = 'label_replace(vector(1), "a", "b", "", "") or vector(1)'

real = pytest.mark.real("prometheus")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real Prometheus that scrapes a page of Triton's."""
    with http_server(lambda _: page(BUSY)) as served:
        target = served.removeprefix("http://")
        with prometheus(tmp_path_factory.mktemp("prometheus"), target) as url:
            yield url


@real
@pytest.mark.parametrize(
    ("query", "lower", "upper", "outcome", "message"),
    [
        ("vector(3)", None, 3, Outcome.OK, "prometheus lag is 3 s, limit 3 s"),
        ("3.5", None, 3, Outcome.BREACHED, "prometheus lag is 3.5 s, limit 3 s"),
        ("1 - 2", 0, None, Outcome.BREACHED, "prometheus lag is -1 s, at least 0 s"),
        ("2", None, None, Outcome.OK, "prometheus lag is 2 s"),
    ],
)
def test_a_number_is_held_against_its_limits(
    server, query, lower, upper, outcome, message
) -> None:
    """Vectors of one series and scalars are numbers; the finding names the query."""
    asked = Query(name="lag", query=query, unit=" s", lower=lower, upper=upper)
    [reading] = asking(server, queries=[asked]).read()

    finding = judge(reading)
    assert (finding.outcome, finding.message) == (outcome, message)


@real
@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("no_such_metric", "there is no data"),
        ("vector(0) / vector(0)", "it is nan"),
        ("vector(1) / vector(0)", "it is inf"),
        (TWO, "there are 2 series; make them one"),
        ("up[5m]", "stands inside of a function"),
        ('"text"', "the answer is no number"),
        ("sum(", "answers 400: it does not understand the query"),
        (f"({TWO}) + on() ({TWO})", "answers 422: it cannot work the query out"),
    ],
)
def test_what_is_no_number_is_unknown_and_the_others_are_read(
    server, query, words
) -> None:
    """Each says the name of its query and what to do."""
    found = by_name(asking(server, "vector(1)", query, "vector(2)", timeout_s=9.5))

    assert (found["a"].value, found["b"].value, found["c"].value) == (1, None, 2)
    assert words in found["b"].note
    assert found["b"].note.startswith("b could not be read: ")


@real
def test_what_it_scraped_is_asked_for(server: str) -> None:
    """As a team asks for its serving's health: the sum over a model's series."""
    query = 'sum(nv_inference_request_success{model="churn"})'
    for _ in range(600):
        [reading] = asking(server, query).read()
        if reading.value is not None:
            break
        time.sleep(0.1)
    assert reading.value == 51


def test_a_server_that_is_silent_is_asked_once() -> None:
    """A day is not kept waiting once for each of its queries; all of them are unknown."""
    heard: list[str] = []

    def mute(request: Request) -> Answer:
        heard.append(request.path)
        return Answer(pause_s=2)

    with http_server(mute) as url:
        readings = asking(url, "a", "b", "c", timeout_s=0.2).read()

    assert len(heard) == 1
    assert [reading.statistic for reading in readings] == ["a", "b", "c"]
    assert all("did not answer within 0.2 s" in r.note for r in readings)


def test_one_query_that_it_refuses_costs_no_other() -> None:
    """A server that answers something is asked on."""
    with http_server(
        lambda asked: Answer(503) if "query=b" in asked.path else numbers("7")
    ) as url:
        found = by_name(asking(url, "a", "b", "c"))

    assert (found["a"].value, found["b"].value, found["c"].value) == (7, None, 7)


def test_a_path_before_the_api_is_kept() -> None:
    """Behind a proxy it lies deeper, and a slash at its end is none too many."""
    heard: list[str] = []

    def listen(request: Request) -> Answer:
        heard.append(request.path)
        return numbers("1")

    with http_server(listen) as url:
        asking(f"{url}/prometheus/", "sum(a{b='c d'})", timeout_s=3).read()

    assert heard == [
        "/prometheus/api/v1/query?query=sum%28a%7Bb%3D%27c+d%27%7D%29&timeout=3"
    ]


@given(st.text() | st.binary().map(lambda raw: raw.decode("latin-1")))
def test_any_answer_is_a_number_or_refused(text: str) -> None:
    """Nothing but `Unanswered` is raised."""
    try:
        number(text)
    except Unanswered:
        return


@given(st.floats())
def test_every_number_comes_back(value: float) -> None:
    """To the last digit, where it is finite."""
    body = numbers(repr(value)).body.decode()
    if value - value == 0:
        assert number(body) == value
    else:
        with pytest.raises(Unanswered):
            number(body)


@pytest.mark.parametrize(
    ("queries", "words"),
    [
        ([], "at least 1"),
        ([{"name": "a", "query": "1"}] * 2, "same name"),
        ([{"name": "a", "query": "1", "lower": 2, "upper": 1}], "above"),
        ([{"name": "a", "query": "1", "upper": float("nan")}], "finite"),
        ([{"name": "a", "query": "1", "limit": 1}], "limit"),
    ],
)
def test_queries_that_mean_nothing_are_refused(queries, words) -> None:
    """Before anybody is asked."""
    with pytest.raises(ValidationError, match=words):
        Settings(url="http://host:9090", queries=queries)
