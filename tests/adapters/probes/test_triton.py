"""Pages of a real Triton, recorded and live."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.error import HTTPError

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from driftline.adapters.probes._http import Unanswered
from driftline.adapters.probes.triton import FAILURE, FAMILIES, SUCCESS, counters
from driftline.core.finding import Outcome
from driftline.core.health import Counted, Reading, Traffic, judge
from tests.adapters.probes.pages import BUSY, IDLE, by_name, page, scraping
from tests.servers.http import http_server
from tests.servers.triton import MODEL, triton

NOW = datetime(2026, 3, 10, 6, tzinfo=UTC)
FAILED, QUEUED, LATENCY = "failure share", "mean queue time", "mean latency"


def read(text: str, model: str = "churn", **settings: float) -> dict[str, Reading]:
    """The readings of a page."""
    with http_server(lambda _: page(text)) as url:
        return by_name(scraping(f"{url}/metrics", model, **settings))


def line(family: str, value: str, model: str = "churn") -> str:
    return f'{family}{{model="{model}",version="1"}} {value}\n'


def test_a_recorded_page_is_read() -> None:
    """Failures against all requests, and times in milliseconds against those answered."""
    found = read(BUSY, queue_limit=5)

    assert found[FAILED].traffic == Traffic(0, 51, share=True)
    assert found[QUEUED].traffic == Traffic(13.532, 51)
    assert found[LATENCY].traffic == Traffic(60.273, 51)
    assert (found[FAILED].upper, found[QUEUED].upper, found[LATENCY].upper) == (
        1,
        5,
        None,
    )
    assert judge(found[LATENCY]).message == (
        "triton churn mean latency is 1.182 ms, over 51 requests since the server started"
    )


def test_an_idle_server_has_no_news() -> None:
    """Its quantiles are `Nan` then, and its counters as they were: unknown, and no alarm."""
    before, now = read(BUSY), read(IDLE)
    for name, reading in now.items():
        earlier = before[name].traffic
        assert earlier is not None
        finding = judge(reading, NOW, Counted(earlier, NOW - timedelta(days=1)))
        assert (finding.outcome, finding.matters) == (Outcome.UNKNOWN, False)
        assert "no request since 2026-03-09" in finding.message


def test_versions_and_reasons_are_added_up() -> None:
    """All that is served under the model's name, and nothing of other models."""
    text = BUSY + line(SUCCESS, "9", "other")
    text += 'nv_inference_request_success{model="churn",version="2"} 1.5e+02\n'
    text += 'nv_inference_request_failure{model="churn",reason="NEW",version="2"} 4\n'

    assert read(text)[FAILED].traffic == Traffic(4, 205, share=True)


def test_a_missing_counter_leaves_the_others() -> None:
    """An absent family is not zero."""
    found = read("".join(row for row in BUSY.splitlines(True) if FAILURE not in row))

    assert found[FAILED].traffic is None
    assert FAILURE in found[FAILED].note
    assert found[LATENCY].traffic is not None


@pytest.mark.parametrize("value", ["Nan", "+Inf", "-1", "1e999"])
def test_a_count_that_is_no_number_is_unknown(value: str) -> None:
    """That counter alone."""
    found = read(BUSY + line(FAILURE, value))

    assert found[FAILED].traffic is None
    assert "no numbers" in found[FAILED].note
    assert found[LATENCY].traffic is not None


def test_a_model_that_is_not_served_is_named() -> None:
    """With what to compare; what other models are called is not repeated."""
    found = read(BUSY + line(SUCCESS, "1", "<!channel>"), "chrun")

    notes = [reading.note for reading in found.values()]
    assert all("requests of 2 models, and 'chrun' is none of them" in n for n in notes)
    assert not any("<!channel>" in note for note in notes)


def test_a_line_that_no_model_has_is_not_parsed() -> None:
    """The parser would take the square of its length in time."""
    assert read(BUSY + line(SUCCESS, "1", "a" * 5000))[FAILED].traffic is None


@given(st.lists(st.text() | st.sampled_from(FAMILIES)).map("".join))
@example("9" * 400)
@example("1\n" + SUCCESS + '{a="b", ="c"} 1')
def test_any_page_is_counted_or_refused(text: str) -> None:
    """Nothing but `Unanswered` is raised, and counts are numbers."""
    for each in (text, text + "\n", f'{SUCCESS}{{model="m"}} {text}\n'):
        try:
            found = counters(each)
        except Unanswered:
            continue
        assert all(isinstance(n, float) for row in found.values() for n in row.values())


@given(st.text(min_size=1, max_size=50), st.integers(0, 10**15))
def test_every_name_and_count_comes_back(model: str, count: int) -> None:
    """Names with quotes, backslashes, line feeds and braces; counts to the last digit."""
    escaped = model.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")

    assert counters(line(SUCCESS, str(count), escaped)) == {model: {SUCCESS: count}}


@pytest.mark.real("triton")
def test_a_real_server_is_read_through_a_restart(tmp_path: Path) -> None:
    """Requests are counted, errors of a Python backend as successes, and 0 comes again."""
    with triton(tmp_path) as server:
        probe = scraping(server.metrics, MODEL)
        idle = by_name(probe)
        for x in (1.0, 2.0, 3.0):
            server.ask(x)
        with pytest.raises(HTTPError):
            server.ask(-1.0)
        busy = by_name(probe)
        assert (
            "counts requests of" in by_name(scraping(server.metrics, "no"))[FAILED].note
        )
    away = by_name(probe)
    with triton(tmp_path) as server:
        server.ask(1.0)
        again = by_name(scraping(server.metrics, MODEL))

    assert idle[FAILED].traffic == Traffic(0, 0, share=True)
    assert busy[FAILED].traffic == Traffic(0, 4, share=True)
    assert all(0 < judge(busy[name]).value < 60_000 for name in (QUEUED, LATENCY))
    assert "is it running there?" in away[FAILED].note
    before = Counted(busy[FAILED].traffic, NOW - timedelta(days=1))
    assert "over 1 requests since the server started" in (
        judge(again[FAILED], NOW, before).message
    )
