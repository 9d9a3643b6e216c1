"""Commands about messages: hear replies, send what waits, tell the week."""

import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from datetime import date

import typer

from driftline import wiring
from driftline.app.answer import take
from driftline.app.deliver import Delivery, State
from driftline.app.digest import compose, send_digests
from driftline.app.job import Job
from driftline.app.monitor_day import deliver_due
from driftline.cli import show
from driftline.cli.which import all_monitors, chosen, opened
from driftline.errors import DriftlineError, SettingsError, UnknownName
from driftline.ports import Listener, Reply

DELIVER_EVERY_S = 60.0
"""How often what is due is sent while somebody listens."""

COME_BACK_AFTER_S = 30.0
"""The pause before a listener that could not reach its server tries again."""

LOOK_EVERY_S = 0.2


def listen(monitor: str | None) -> None:
    """Hear replies and send what falls due, until stopped."""
    names = [chosen(monitor)] if monitor else all_monitors()
    listeners = wiring.listeners(names)
    if not listeners:
        raise SettingsError(
            "no monitor has a `listen:`; write `listen: [{slack: {app_token: "
            "env:SLACK_APP_TOKEN, users: [U012AB3CD]}}]` in its file"
        )
    typer.echo(f"listening for {', '.join(names)}; stop with Ctrl-C", err=True)
    stop, due = threading.Event(), threading.Event()
    with ThreadPoolExecutor(len(listeners)) as threads:
        running = [threads.submit(_hear, one, names, stop, due) for one in listeners]
        try:
            _keep_delivering(names, running, due)
        finally:
            stop.set()


def _hear(
    listener: Listener,
    names: Sequence[str],
    stop: threading.Event,
    due: threading.Event,
) -> None:
    """Listen until told to stop; come back where the server could not be reached.

    What an answer has to say is sent by the other thread: Slack waits three seconds.
    """

    def heard(reply: Reply) -> str:
        said = _taken(names, reply)
        due.set()
        return said

    while not stop.is_set():
        try:
            listener.listen(heard, stop.is_set)
        except DriftlineError as error:
            if not error.retryable:
                raise
            typer.echo(f"driftline: {show.clean(str(error))}", err=True)
            stop.wait(COME_BACK_AFTER_S)


def _taken(names: Sequence[str], reply: Reply) -> str:
    """The reply has taken effect in its monitor's ledger."""
    if reply.monitor not in names:
        raise UnknownName("monitor", reply.monitor, names)
    with wiring.open_job(reply.monitor) as job:
        said = take(job, reply)
    typer.echo(show.clean(f"{reply.author}: {said}"), err=True)
    return said


def _keep_delivering(
    names: Sequence[str], running: Sequence["Future[None]"], due: threading.Event
) -> None:
    """Send what falls due; ends with the error of a listener that cannot go on."""
    due.set()
    last = 0.0
    while not any(future.done() for future in running):
        if due.is_set() or time.monotonic() - last >= DELIVER_EVERY_S:
            due.clear()
            _deliver_quietly(names)
            last = time.monotonic()
        due.wait(LOOK_EVERY_S)
    for future in running:
        if future.done():
            future.result()


def _deliver_quietly(names: Sequence[str]) -> None:
    for name in names:
        try:
            with wiring.open_job(name) as job:
                deliver_due(job)
        except DriftlineError as error:
            typer.echo(f"driftline: {name}: {show.clean(str(error))}", err=True)


def deliver(monitor: str | None) -> None:
    """What waits in the outbox and is due has been tried; exit code 2 if some failed."""
    names = [chosen(monitor)] if monitor else all_monitors()
    deliveries: list[Delivery] = []
    for name in names:
        with opened(name) as job:
            deliveries += deliver_due(job)
    _print(deliveries)


def digest(monitor: str | None, day: date | None, *, dry_run: bool) -> None:
    """The week is told once in each place; with `dry_run` it is only printed."""
    names = [chosen(monitor)] if monitor else all_monitors()
    with _jobs(names) as jobs:
        if dry_run:
            _show(jobs, day)
            return
        deliveries = send_digests(jobs, day)
    if not deliveries:
        typer.echo("the week was told before")
    _print(deliveries)


@contextmanager
def _jobs(names: Sequence[str]) -> Iterator[list[Job]]:
    with ExitStack() as stack:
        yield [stack.enter_context(opened(name)) for name in names]


def _show(jobs: Sequence[Job], day: date | None) -> None:
    message = compose(jobs, day, "nowhere")
    typer.echo(show.clean(f"{message.title}: {message.summary}"))
    for name, text in message.members:
        typer.echo(f"  {show.clean(name)}: {show.clean(text)}")


def _print(deliveries: Sequence[Delivery]) -> None:
    """One line for each delivery that did not end well, and the count of those that did."""
    done = sum(delivery.state is State.DONE for delivery in deliveries)
    typer.echo(f"delivered: {done}")
    for delivery in deliveries:
        if delivery.state is not State.DONE:
            typer.echo(f"{delivery.state}: {show.clean(delivery.detail)}", err=True)
    failed = any(delivery.state is State.FAILED for delivery in deliveries)
    raise typer.Exit(2 if failed else 0)
