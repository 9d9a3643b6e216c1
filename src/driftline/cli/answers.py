"""Commands about incidents: see them, and answer to them as the buttons do."""

import getpass
from collections.abc import Sequence
from typing import Any

import typer

from driftline import wiring
from driftline.app import answer
from driftline.app.gap import notice_key
from driftline.app.job import Job
from driftline.app.monitor_day import deliver_due
from driftline.app.post import answers_of, zone_of
from driftline.app.retraining.tell import SUBJECT as RETRAINING
from driftline.app.summary import SUBJECT as LATE
from driftline.app.tell import silences_of
from driftline.cli import show
from driftline.cli.which import all_monitors, chosen, ledger_name, opened
from driftline.core.drill.links import NOTE as DRILL
from driftline.core.incidents.incident import Cause, Incident
from driftline.core.incidents.outage import SUBJECT as UNJUDGED
from driftline.core.incidents.silence import duration
from driftline.core.incidents.standing import some, state_of
from driftline.errors import UnknownName
from driftline.ports import Ledger
from driftline.settings.file import nearest

SEEN = 60
"""Windows in which the latest notice of an incident, or a subject, is looked for."""

NEWS = {RETRAINING, UNJUDGED, LATE, DRILL}
"""What a silence may name although no finding is about it: the names of news."""


def incidents(monitor: str | None, *, every: bool, as_json: bool) -> None:
    """What is open, or with `every` ever was, and why people were told of it or not."""
    names = [chosen(monitor)] if monitor else all_monitors()
    found: list[dict[str, Any]] = []
    for name in names:
        with wiring.open_ledger(name) as ledger:
            found += _described(ledger, ledger_name(name), every=every)
    if as_json:
        show.print_json(found)
        return
    for described in found:
        _print(described)
    if not found:
        typer.echo("no incident" if every else "no open incident")


def _described(ledger: Ledger, monitor: str, *, every: bool) -> list[dict[str, Any]]:
    known = [i for i in ledger.incidents(monitor) if every or i.is_open]
    answers, zone = answers_of(ledger, known), zone_of(ledger, monitor)
    notices = _notices(ledger, monitor) if known else {}
    return [
        {
            "monitor": monitor,
            "key": incident.key,
            "cause": incident.cause.value,
            "state": state_of(incident, answers.get(incident.key, ""), zone),
            "subjects": list(incident.subjects),
            "thread": incident.in_thread,
            "notice": notices.get(_noticed(incident), ""),
        }
        for incident in known
    ]


def _noticed(incident: Incident) -> str:
    """Under which a window's record has whether people were told of it."""
    if incident.cause is Cause.OUTAGE:
        return notice_key(incident.monitor)
    if incident.cause is Cause.LATE and LATE in incident.subjects:
        return f"{incident.monitor}/{LATE}"
    return incident.key


def _notices(ledger: Ledger, monitor: str) -> dict[str, str]:
    """The latest reason for telling, or not, of each incident, with its window."""
    said = {}
    for entry in ledger.history(monitor, limit=SEEN, topics=()):
        for key, notice in entry.record.get("notices", {}).items():
            said[key] = f"{entry.key.window.label} {notice['said']}"
    return said


def _print(described: dict[str, Any]) -> None:
    name = typer.style(described["monitor"], bold=True)
    subjects = show.clean(some(described["subjects"]))
    typer.echo(f"{name} {described['cause']}: {subjects}")
    typer.echo(f"  {show.clean(described['state'])}")
    if described["notice"]:
        typer.echo(f"  {show.clean(described['notice'])}")
    if described["thread"] != described["key"]:
        typer.echo(f"  in the thread of {show.clean(described['thread'])}")


def acknowledge(monitor: str | None, cause: str | None, author: str | None) -> None:
    """The open incidents are taken on."""
    with opened(monitor) as job:
        about = _open(job, cause)
        _done(job, answer.acknowledge(job, about, author or _user()))


def false_alarm(monitor: str | None, cause: str | None, author: str | None) -> None:
    """The open incidents were none."""
    with opened(monitor) as job:
        about = _open(job, cause)
        _done(job, answer.call_false_alarm(job, about, author or _user()))


def silence(
    monitor: str | None, subject: str, length: str, because: str, author: str | None
) -> None:
    """Nobody is told of the subject for so long."""
    with opened(monitor) as job:
        until = job.clock() + duration(length)
        unknown = _unknown(job, subject)
        wanted = answer.Quiet(subject, until, author or _user(), because)
        made = answer.silence(job, wanted)
        about = made.subject or "everything"
        _done(job, f"{made.key}: {about} of {job.monitor} silenced until {made.said}")
        if unknown:
            typer.echo(show.clean(unknown), err=True)


def _unknown(job: Job, subject: str) -> str:
    """A hint where nothing of that name was judged lately; empty where something was.

    Raises `UnknownName` where it is nearly the name of something that was.
    """
    judged = job.ledger.history(job.monitor, limit=SEEN)
    known = {finding.subject for entry in judged for finding in entry.findings}
    known |= {f.segment for entry in judged for f in entry.findings if f.segment}
    known |= {s for i in job.ledger.incidents(job.monitor) for s in i.subjects}
    known |= NEWS
    if not subject or subject in known:
        return ""
    if nearest(subject, known):
        raise UnknownName("subject", subject, known)
    return (
        f"note: nothing called {subject!r} was judged so far; `driftline findings` lists "
        "what was"
    )


def silences(monitor: str | None, *, as_json: bool) -> None:
    """The silences in force."""
    with opened(monitor) as job:
        found = silences_of(job)
    if as_json:
        show.print_json([{"key": s.key, **s.to_json()} for s in found])
        return
    for made in found:
        about = show.clean(made.subject or "everything")
        typer.echo(f"{show.clean(made.key)}  {about} until {show.clean(made.said)}")
    if not found:
        typer.echo("nothing is silenced")


def lift(monitor: str | None, key: str, author: str | None) -> None:
    """A silence ends before its time."""
    with opened(monitor) as job:
        fresh = answer.lift(job, key, author or _user())
        _done(job, f"{key}: lifted" if fresh else f"{key}: had been lifted before")


def approve(monitor: str | None, request: str, author: str | None) -> None:
    """A retraining request has a person's approval."""
    with opened(monitor) as job:
        _done(job, answer.approve(job, author or _user(), request))


def _open(job: Job, cause: str | None) -> Sequence[Incident]:
    return answer.open_incidents(job, cause=cause or "")


def _done(job: Job, said: str) -> None:
    """Say what came of it, and let the thread know."""
    typer.echo(show.clean(said))
    deliver_due(job)


def _user() -> str:
    """Who is at the terminal."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a container whose user has no name
        return "somebody"
