"""The daily job and its companions on one real Prefect server, which is started once.

Over 300 lines because all of it shares one server, one worker and one deployment.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from prefect.settings import PREFECT_API_URL, temporary_settings

from driftline import wiring
from driftline.adapters.dispatchers import prefect_deployment, prefect_event
from driftline.app.answer import take
from driftline.app.deliver import retrain_action
from driftline.app.monitor_day import deliver_due
from driftline.core.action import Answer
from driftline.core.roles import Roles, Task
from driftline.ports import Context, Dispatcher, Reply, RetrainRequest
from tests.flows.project import EMPTY, LATE_LABELS, UPSIDE_DOWN, write_labels
from tests.flows.site import Site, deployed_site, importable
from tests.servers.slack import slack

pytestmark = [pytest.mark.real("prefect"), pytest.mark.timeout(600)]

DAILY, BACKFILL = "monitor-day/daily", "backfill-days/backfill"
LABELS, RETRAINING = "refresh-labels/labels", "retrain-model/on-request"
COSTS = "check-costs/costs"
ANSWER = "answer-incident/answer"
MESSAGES = "deliver-messages/messages"
WEEKLY = "send-digest/weekly"


@pytest.fixture(scope="module")
def site(prefect_api: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One project for all tests here; each looks at days of its own."""
    folder = tmp_path_factory.mktemp("project")
    with pytest.MonkeyPatch.context() as environment, slack() as workspace:
        environment.setenv("PYTHONPATH", importable(folder))
        with deployed_site(prefect_api, folder, workspace.url) as site:
            yield site


@pytest.fixture
def this_server(site: Site) -> Iterator[None]:
    """What is done in this process is done on the site's server."""
    with temporary_settings({PREFECT_API_URL: _api_url(site)}):
        yield


def revisions(site: Site, monitor: str = "flights") -> dict[str, tuple[int, str]]:
    """The newest revision and the verdict of every window in the ledger."""
    with wiring.open_ledger(monitor, root=site.folder) as ledger:
        entries = ledger.history(monitor)
    return {e.key.window.label: (e.revision, e.verdict) for e in entries}


def outbox(site: Site, monitor: str, kind: str) -> list[dict[str, object]]:
    """What the ledger wanted done."""
    with wiring.open_ledger(monitor, root=site.folder) as ledger:
        return [action for action in ledger.actions(monitor) if action["kind"] == kind]


def test_a_day_has_a_state_an_artifact_an_event_and_ledger_rows(site: Site) -> None:
    """A quiet day ends Healthy; the same day again writes and emits nothing."""
    first = site.run(DAILY, monitor="flights", day="2026-03-11")

    assert (first["state_type"], first["state_name"]) == ("COMPLETED", "Healthy")
    assert first["name"] == "flights 2026-03-11"
    [artifact] = site.artifacts(first)
    assert artifact["key"] == "driftline-flights"
    assert artifact["data"].startswith("# flights 2026-03-11: healthy")
    [event] = site.eventually(lambda: site.events(first))
    assert event["event"] == "driftline.verdict.healthy"
    assert event["resource"]["prefect.resource.id"] == "driftline.monitor.flights"
    assert event["payload"]["window"] == "2026-03-11"
    assert "pull" in site.tasks(first)
    assert revisions(site)["2026-03-11"] == (1, "healthy")
    days_logged = outbox(site, "flights", "log")

    second = site.run(DAILY, monitor="flights", day="2026-03-11")

    assert second["state_name"] == "Healthy"
    assert "nothing was written" in site.artifacts(second)[0]["data"]
    assert site.events(second) == []
    assert revisions(site)["2026-03-11"] == (1, "healthy")
    assert outbox(site, "flights", "log") == days_logged


def test_a_day_is_judged_anew_where_it_is_forced(site: Site) -> None:
    """The flow's `force` makes another revision; without a day the run fails."""
    for force in (False, True):
        site.run(DAILY, monitor="flights", day="2026-03-07", force=force)
    assert revisions(site)["2026-03-07"][0] == 2
    failed = site.run(DAILY, monitor="flights", force=True)
    assert failed["state_type"] == "FAILED"
    assert "name the day" in failed["state"]["message"]


def test_a_day_that_another_worker_has_breaks_no_run(site: Site) -> None:
    """The day's run is `Busy`, and a backfill over it judges the other days."""
    with wiring.open_ledger("flights", root=site.folder) as ledger:
        lease = ledger.acquire("flights", "2026-03-09", "worker-2", wiring.now())
        daily = site.run(DAILY, monitor="flights", day="2026-03-09")
        days = {"first": "2026-03-08", "last": "2026-03-10"}
        several = site.run(BACKFILL, monitor="flights", **days)
        ledger.release(lease)
    assert (daily["state_type"], daily["state_name"]) == ("COMPLETED", "Busy")
    assert several["state_type"] == "COMPLETED"
    assert "1 with another worker: flights 2026-03-09" in several["state"]["message"]
    judged = revisions(site)
    assert {"2026-03-08", "2026-03-10"} <= set(judged)
    assert "2026-03-09" not in judged


def test_a_late_run_judges_the_day_it_was_due_for(site: Site) -> None:
    """The window comes from the scheduled time; labels that come later restate it."""
    due = datetime(2026, 3, 15, 10, tzinfo=UTC)

    run = site.run(DAILY, due, monitor="flights")

    label = LATE_LABELS.isoformat()
    assert run["name"] == f"flights {label}"
    assert revisions(site)[label][0] == 1
    write_labels(site.folder, LATE_LABELS)

    refreshed = site.run(LABELS, due, monitor="flights")

    assert refreshed["state_name"] in ("Healthy", "Watch")
    assert revisions(site)[label][0] == 2
    [artifact] = site.artifacts(refreshed)
    assert f"- **{label} {revisions(site)[label][1]}** (revision 2)" in artifact["data"]
    assert refreshed["name"] == f"flights up to {label}"


def test_a_dry_run_leaves_no_trace(site: Site) -> None:
    """Its verdict is shown under a key of its own; ledger and events know nothing."""
    run = site.run(DAILY, monitor="mute", day="2026-03-11", dry_run=True)

    assert run["state_name"] == "Healthy"
    assert [a["key"] for a in site.artifacts(run)] == ["driftline-mute-dry-run"]
    assert site.events(run) == []
    assert "2026-03-11" not in revisions(site, "mute")


def test_no_rows_cannot_be_judged_and_a_message_that_waits_is_logged(
    site: Site,
) -> None:
    """CannotTell is a completed state; a message that Slack refuses waits for a token."""
    run = site.run(DAILY, monitor="mute", day=EMPTY.isoformat())

    assert (run["state_type"], run["state_name"]) == ("COMPLETED", "CannotTell")
    assert any("invalid_auth" in line for line in site.errors(run))
    assert "not delivered" in site.artifacts(run)[0]["data"]
    assert [a["state"] for a in outbox(site, "mute", "notify")] == ["pending"]


def test_a_broken_job_is_failed_with_our_words(site: Site) -> None:
    """A reference that is missing is named, with the command that makes it."""
    run = site.run(DAILY, monitor="bare", day="2026-03-11")

    assert run["state_type"] == "FAILED"
    assert "driftline reference build bare" in run["state"]["message"]
    assert "driftline reference build bare" in "".join(site.errors(run))
    assert revisions(site, "bare") == {}


def test_a_model_that_does_harm_is_retrained_once(site: Site) -> None:
    """Two upside-down days ask Prefect for one retraining run, however often judged."""
    first, last = UPSIDE_DOWN
    days = {"first": first.isoformat(), "last": last.isoformat()}

    run = site.run(BACKFILL, monitor="flights", **days)
    again = site.run(BACKFILL, monitor="flights", **days)

    assert (run["state_name"], run["state"]["message"]) == ("Act", "1 watch, 1 act")
    assert again["state_name"] == "Act"
    assert site.eventually(lambda: len(site.events(run)) == 2)
    assert site.events(again) == []
    request = site.eventually(lambda: _accepted_request(site))
    [retraining] = _runs_for(site, "flights")
    assert retraining["id"] == request["receipt"]
    ended = site.ended(retraining["id"])
    assert ended["state_type"] == "COMPLETED", ended["state"]["message"]
    assert ended["state_name"] in ("Promoted", "NotBetter")
    assert ended["name"] == f"flights as of {last}"
    with wiring.open_ledger("flights", root=site.folder) as ledger:
        assert len(ledger.notes("flights", "retraining")) == 1
    assert _request_again(site, request) == retraining["id"]
    assert len(_runs_for(site, "flights")) == 1


@pytest.mark.parametrize(("agreed", "ends"), [(False, "Refused"), (True, "NotBetter")])
def test_a_dear_run_is_suspended_until_a_person_answers(
    site: Site, agreed: bool, ends: str
) -> None:
    """The interface asks, or an approved request answers for Slack and the command line."""
    day = date(2026, 3, 10 if agreed else 9)
    request = RetrainRequest(f"dear/v1/{day}", "dear", "it pays", day)
    dispatcher = _dispatcher(site)
    run = dispatcher.request(request)
    waiting = site.eventually(lambda: site.in_state(run, "PAUSED"))
    assert waiting["state_name"] == "Suspended"
    asked = site.errors(waiting, level=30)[-1]
    assert asked.startswith("it pays; a run costs")
    assert asked.endswith("press Resume to answer")
    assert outbox(site, "dear", "promote") == []

    if agreed:
        assert dispatcher.request(replace(request, approved="ann")) == run
    else:
        answer = {"approve": False, "author": "bob"}
        site.resume(run, answer)

    ended = site.ended(run)
    assert ended["state_name"] == ends, ended["state"]["message"]
    assert sum("press Resume" in s for s in site.errors(ended, level=30)) == 1
    kind, author = ("approval", "ann") if agreed else ("refusal", "bob")
    with wiring.open_ledger("dear", root=site.folder) as ledger:
        [note] = ledger.notes("dear", kind)
    assert (note["key"], note["body"]["author"]) == (request.key, author)


def test_an_event_starts_one_training(site: Site) -> None:
    """The deployment's trigger gets day and reason; sent again, nothing is trained anew."""
    day = date(2026, 3, 8)
    request = RetrainRequest(f"eager/v1/{day}", "eager", "the event's reason", day)
    settings = prefect_event.Settings(api_url=_api_url(site))
    context = Context("eager", ".", "UTC", Roles(Task.BINARY, "at", "late"))
    dispatcher = prefect_event.build(settings, context)

    assert dispatcher.request(request) == dispatcher.request(request)

    run = site.eventually(lambda: _first(_runs_for(site, "eager")))
    assert run["parameters"] == {
        "monitor": "eager",
        "as_of": day.isoformat(),
        "reason": "the event's reason",
    }
    assert site.ended(run["id"])["state_name"] == "NotBetter"
    dispatcher.request(request)
    for later in _runs_for(site, "eager"):
        assert site.ended(later["id"])["state_name"] == "NotBetter"
    with wiring.open_ledger("eager", root=site.folder) as ledger:
        assert len(ledger.notes("eager", "retraining")) == 1


def test_an_approval_resumes_the_run_that_an_event_started(site: Site) -> None:
    """The suspended run itself goes on, and no second one is started."""
    day = date(2026, 3, 7)
    request = RetrainRequest(f"dear/v1/{day}", "dear", "it pays", day)
    settings = prefect_event.Settings(api_url=_api_url(site))
    context = Context("dear", ".", "UTC", Roles(Task.BINARY, "at", "late"))
    dispatcher = prefect_event.build(settings, context)
    before = {run["id"] for run in _runs_for(site, "dear")}
    dispatcher.request(request)

    def suspended() -> str | None:
        new = [run for run in _runs_for(site, "dear") if run["id"] not in before]
        return next((r["id"] for r in new if r["state_type"] == "PAUSED"), None)

    waiting = site.eventually(suspended)
    with wiring.open_job("dear", root=site.folder) as job:
        approved = replace(request, approved="ann")
        body = {"author": "ann"}
        job.ledger.note("dear", "approval", request.key, body, job.clock())

    assert dispatcher.request(approved) == waiting
    ended = site.ended(waiting)
    assert ended["state_name"] == "NotBetter", ended["state"]["message"]
    assert {run["id"] for run in _runs_for(site, "dear")} == before | {waiting}


def test_costs_are_judged_alone(site: Site) -> None:
    """The cost check ends in a verdict without looking at rows."""
    run = site.run(COSTS, monitor="flights")

    assert run["state_name"] == "Healthy"
    assert site.tasks(run) == ["read costs"]
    assert [a["key"] for a in site.artifacts(run)] == ["driftline-flights-costs"]


@pytest.mark.parametrize("name", [DAILY, LABELS, COSTS])
def test_schedules_know_their_zone_and_their_monitor(site: Site, name: str) -> None:
    """One schedule per monitor, in the monitor's time zone."""
    [schedule] = site.deployment(name)["schedules"]

    assert schedule["active"]
    assert schedule["schedule"]["timezone"] == "America/New_York"
    assert schedule["parameters"] == {"monitor": "flights"}
    assert schedule["slug"] == "flights"


def test_messages_are_sent_told_and_answered_by_runs_of_their_own(site: Site) -> None:
    """What waits is sent, an answer to nothing says so, a form lists the answers."""
    sent = site.run(MESSAGES, monitors=["flights"])
    assert "delivered" in sent["state"]["message"]

    told = site.run(WEEKLY, monitors=["flights"], day="2026-03-11")
    assert told["state_type"] == "COMPLETED", told["state"]["message"]

    said = site.run(ANSWER, monitor="bare", answer="acknowledge", author="ann")
    assert said["state_name"] == "Answered"
    assert "no open incident" in said["state"]["message"]
    schema = site.deployment(ANSWER)["parameter_openapi_schema"]
    assert "false-alarm" in str(schema)


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("acknowledge", "acknowledged"),
        ("false-alarm", "false-alarm"),
        ("silence", "silence"),
        ("retrain", "retrain-now"),
    ],
)
def test_every_answer_is_a_run_too(site: Site, said: str, kind: str) -> None:
    """What a button does in Slack, the form does in Prefect's interface."""
    days = {"first": UPSIDE_DOWN[0].isoformat(), "last": UPSIDE_DOWN[1].isoformat()}
    site.run(BACKFILL, monitor="eager", **days)

    run = site.run(ANSWER, monitor="eager", answer=said, author=f"{said}-ann")

    assert run["state_name"] == "Answered", run["state"]["message"]
    with wiring.open_ledger("eager", root=site.folder) as ledger:
        authors = {note["body"]["author"] for note in ledger.notes("eager", kind)}
    assert f"{said}-ann" in authors


@pytest.mark.parametrize("how", ["form", "answer", "command"])
def test_each_way_to_agree_resumes_the_suspended_run(
    site: Site, how: str, this_server: None
) -> None:
    """Its own form, the deployment of answers, and what Slack and the terminal do."""
    day = date(2026, 3, {"form": 6, "answer": 5, "command": 4}[how])
    request = RetrainRequest(f"dear/v1/{day}", "dear", "it pays", day)
    with wiring.open_job("dear", root=site.folder) as job:
        action = retrain_action(request)
        job.ledger.note("dear", "asked", str(day), {}, job.clock(), [action])
        deliver_due(job)
    [asked] = [a for a in outbox(site, "dear", "retrain") if a["key"] == action.key]
    assert asked["state"] == "done", asked["reason"]
    run = str(asked["receipt"])
    site.eventually(lambda: site.in_state(run, "PAUSED"))

    if how == "form":
        site.resume(run, {"approve": True, "author": "ann"})
    elif how == "answer":
        site.run(ANSWER, monitor="dear", answer="approve", author="ann")
    else:
        with wiring.open_job("dear", root=site.folder) as job:
            take(job, Reply("slack/1", Answer.APPROVE, "dear", "ann"))
            deliver_due(job)

    ended = site.ended(run)
    assert ended["state_name"] in ("NotBetter", "Promoted"), ended["state"]["message"]
    with wiring.open_ledger("dear", root=site.folder) as ledger:
        notes = ledger.notes("dear", "approval")
    assert [n["body"]["author"] for n in notes if n["key"] == request.key] == ["ann"]


@pytest.mark.parametrize("name", [DAILY, BACKFILL, LABELS, RETRAINING, COSTS, ANSWER])
def test_forms_explain_every_parameter(site: Site, name: str) -> None:
    """Types and descriptions are what the interface draws its form from."""
    deployment = site.deployment(name)
    schema = deployment["parameter_openapi_schema"]

    assert deployment["enforce_parameter_schema"]
    assert deployment["description"]
    assert deployment["tags"] == ["driftline"]
    assert deployment["global_concurrency_limit"]["limit"] >= 1
    options = deployment["concurrency_options"]
    assert options["collision_strategy"] == "ENQUEUE"
    assert schema["required"][0] == "monitor"
    assert all(entry.get("description") for entry in schema["properties"].values())
    assert all(
        "date" in str(entry)
        for key, entry in schema["properties"].items()
        if key in ("day", "first", "last", "as_of")
    )


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        (DAILY, {"monitor": "flights", "day": "yesterday"}),
        (DAILY, {"monitor": 7}),
        (DAILY, {"monitor": "flights", "dry_run": "perhaps"}),
        (BACKFILL, {"monitor": "flights", "first": "2026-03-01"}),
    ],
)
def test_wrong_parameters_are_refused(
    site: Site, name: str, parameters: dict[str, object]
) -> None:
    """The server says no before a run exists."""
    assert site.start(name, None, **parameters).status_code in (409, 422)


def _accepted_request(site: Site) -> dict[str, object] | None:
    """The one request; a run that Prefect was too busy for is asked for by the next."""
    [request] = outbox(site, "flights", "retrain")
    if request["state"] == "pending":
        site.run(DAILY, monitor="flights", day=UPSIDE_DOWN[1].isoformat())
        return None
    assert request["state"] == "done", request["reason"]
    return request


def _request_again(site: Site, request: dict[str, object]) -> str:
    """Ask the dispatcher, with no setting but the server, for what was asked before."""
    values = request["payload"]
    again = RetrainRequest(
        key=values["key"],
        monitor="flights",
        reason=values["reason"],
        as_of=datetime.fromisoformat(values["as_of"]).date(),
    )
    assert retrain_action(again).key == request["key"]
    return _dispatcher(site).request(again)


def _runs_for(site: Site, monitor: str) -> list[dict[str, Any]]:
    runs = site.runs_of(RETRAINING)
    return [run for run in runs if run["parameters"]["monitor"] == monitor]


def _first(found: list[dict[str, Any]]) -> dict[str, Any] | None:
    return found[0] if found else None


def _api_url(site: Site) -> str:
    return str(site.api.base_url).rstrip("/")


def _dispatcher(site: Site) -> Dispatcher:
    """Prefect's, with no setting but the server."""
    settings = prefect_deployment.Settings(api_url=_api_url(site))
    context = Context("flights", ".", "UTC", Roles(Task.BINARY, "at", "late"))
    return prefect_deployment.build(settings, context)
