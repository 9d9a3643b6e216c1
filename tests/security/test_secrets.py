"""Secrets are planted wherever one can be given, and looked for wherever text goes."""

import contextlib
import gzip
import json
import logging
import traceback
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from driftline import wiring
from driftline.core.action import Message, Tone
from driftline.core.registry import load
from driftline.core.roles import Roles, Task
from driftline.core.window import day_window
from driftline.errors import DriftlineError, SettingsError
from driftline.ports import Context, HealthProbe
from driftline.settings.monitor import Part
from tests.servers.http import Answer, Request, free_port, http_server

PLANTED = {
    "SLACK": "xoxb-planted-slack",
    "AWS_ID": "AKIAPLANTEDKEY00",
    "AWS_SECRET": "planted+aws/secret",
    "DATABASE": "planted-database-password",
    "AUTHORIZATION": "planted-authorization",
    "MLFLOW_TRACKING_TOKEN": "planted-mlflow-token",
}
WINDOW = day_window(date(2026, 3, 11))
MESSAGE = Message(title="t", summary="s", tone=Tone.OPENED, key="k", thread="t")


class Echo:
    """A server that fails and repeats all that it was told, secrets included."""

    def __init__(self) -> None:
        self.heard = ""
        self.bodies = ""

    def __call__(self, request: Request) -> Answer:
        """Status 500 with every secret and the whole request in it."""
        self.heard += f"{request.path} {request.headers}"
        self.bodies += request.body.decode(errors="replace")
        return Answer(500, f"{PLANTED} {request}".encode())


@pytest.fixture
def echo() -> Iterator[Echo]:
    """Its address is `url`."""
    answers = Echo()
    with http_server(answers) as url:
        answers.url = url
        yield answers


@pytest.fixture(autouse=True)
def planted(monkeypatch: pytest.MonkeyPatch, echo: Echo) -> None:
    """Every secret is in the environment; the database is not there."""
    for name, value in PLANTED.items():
        monkeypatch.setenv(name, value)
    host = echo.url.removeprefix("http://")
    database = f"me:{PLANTED['DATABASE']}@127.0.0.1:{free_port()}/rows"
    monkeypatch.setenv("DATABASE_URL", f"postgresql://{database}")
    monkeypatch.setenv("WEBHOOK", f"json://me:{PLANTED['AUTHORIZATION']}@{host}/in")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")


def shown(text: str) -> list[str]:
    """The names of the secrets that stand in a text."""
    return [name for name, value in PLANTED.items() if value in text]


def kept_in(folder: Path) -> str:
    """Whatever a run has left below a folder: ledger, MLflow, reports, artefacts."""
    texts = []
    for path in folder.rglob("*"):
        if path.is_file():
            raw = path.read_bytes()
            raw = gzip.decompress(raw) if path.suffix == ".gz" else raw
            texts.append(raw.decode(errors="replace"))
    return "\n".join(texts)


@pytest.mark.parametrize(("source", "code"), [("files", 1), ("database", 2)])
def test_a_day_on_which_everything_fails_shows_no_secret(
    source, code, watched, echo, tmp_path, caplog
):
    """Ledger, MLflow, report, logs, messages, stdout and stderr: no secret in any."""
    caplog.set_level(logging.INFO)
    file = tmp_path / "monitors" / "orders.yaml"
    _entrust(file, echo.url, broken=source == "database")

    said = watched("run", "--day", "2026-03-11")

    assert said.code == code
    assert all(PLANTED[name] in echo.heard for name in ("SLACK", "AWS_ID"))
    assert shown(said.out + said.err) == []
    assert shown(caplog.text) == []
    assert shown(kept_in(tmp_path)) == []
    assert "orders" in echo.bodies
    assert shown(echo.bodies) == []
    commands = ("findings", "--json"), ("status", "--json"), ("incidents", "--all")
    for words in (*commands, ("export",)):
        told = watched(*words)
        assert told.code == 0, told.err
        assert told.out
        assert shown(told.out + told.err) == []
    checked = watched("doctor", "orders")
    assert "orders" in checked.out
    assert shown(checked.out + checked.err) == []


def _entrust(file: Path, url: str, *, broken: bool) -> None:
    """The monitor has every kind of secret, by name, and a day that is worth a message."""
    rows = pl.read_parquet(file.parent.parent / "orders.parquet")
    wrong = pl.when(pl.col("at").dt.day() == 11).then(5).otherwise(0)
    rows.with_columns(score=pl.col("score") + wrong).write_parquet(
        file.parent.parent / "orders.parquet"
    )
    parts = f"""
costs:
  - aws: {{account_id: "123456789012", budgets: [ml], endpoint_url: "{url}",
      access_key_id: env:AWS_ID, secret_access_key: env:AWS_SECRET}}
notify:
  - slack: {{channel: "#a", token: env:SLACK, base_url: "{url}/", timeout_s: 2}}
  - apprise: {{webhook_url: env:WEBHOOK}}
"""
    text = file.read_text().replace("notify:\n  - console\n", parts)
    if broken:
        head, _, rest = text.partition("source:")
        _, _, rest = rest.partition("\n\n")
        text = f"{head}source: {{sql: {{url: env:DATABASE_URL, table: o}}}}\n\n{rest}"
    file.write_text(text)


def part(kind: str, name: str, **settings: object) -> object:
    """An adapter as a monitor file names it."""
    context = Context("m", "/nowhere", "UTC", Roles(Task.BINARY, "at", "p"))
    return wiring.build(kind, Part(name=name, settings=settings), context)


UP = [{"name": "up", "query": "up"}]


def _unread(probe: HealthProbe) -> None:
    """Raises with all that is told where nothing could be read."""
    readings = probe.read()
    assert all(reading.value is reading.traffic is None for reading in readings)
    raise DriftlineError(f"{readings}")


FAILING: dict[str, Callable[[str], object]] = {
    "source sql": lambda url: part(
        "source", "sql", url="env:DATABASE_URL", table="t"
    ).read(WINDOW),
    "ledger sql": lambda url: part("ledger", "sql", url="env:DATABASE_URL").monitors(),
    "source s3": lambda url: part(
        "source",
        "parquet",
        path="s3://b/x",
        s3={
            "endpoint": url,
            "access_key": "env:AWS_ID",
            "secret_key": "env:AWS_SECRET",
        },
    ).read(WINDOW),
    "registry mlflow": lambda url: part(
        "registry", "mlflow", tracking_uri="env:MLFLOW"
    ).resolve("m", "champion"),
    "registry, no such kind": lambda url: part(
        "registry", "mlflow", tracking_uri="env:NO_MLFLOW"
    ).resolve("m", "champion"),
    "notifier slack": lambda url: part(
        "notify", "slack", token="env:SLACK", channel="#a", base_url=url + "/"
    ).send(MESSAGE),
    "notifier apprise": lambda url: part(
        "notify", "apprise", webhook_url="env:WEBHOOK"
    ).send(MESSAGE),
    "costs aws": lambda url: part(
        "costs",
        "aws",
        account_id="123456789012",
        budgets=["ml"],
        endpoint_url=url,
        access_key_id="env:AWS_ID",
        secret_access_key="env:AWS_SECRET",
    ).spend(WINDOW),
    "health prometheus": lambda url: _unread(
        part("health", "prometheus", url=url, queries=UP, token="env:AUTHORIZATION")
    ),
    "health triton": lambda url: _unread(
        part("health", "triton", url=url, model="m", user="m", token="env:DATABASE")
    ),
    "health, no such address": lambda url: part(
        "health", "triton", url="env:WEBHOOK", model="m"
    ),
    "url without a port": lambda url: part(
        "source", "sql", url="env:ODD", table="t"
    ).read(WINDOW),
    "ledger without a port": lambda url: part("ledger", "sql", url="env:ODD"),
}


@pytest.mark.parametrize("kind", FAILING)
def test_a_traceback_shows_no_secret(kind, echo, monkeypatch, caplog, recwarn):
    """The whole traceback of a failing adapter, causes and log included."""
    caplog.set_level(logging.INFO)
    secret, place = PLANTED["AUTHORIZATION"], echo.url.removeprefix("http://")
    monkeypatch.setenv("MLFLOW", f"http://me:{secret}@{place}")
    monkeypatch.setenv("NO_MLFLOW", f"odd://me:{secret}@{place}")
    monkeypatch.setenv("ODD", f"postgresql://me:a@h:{PLANTED['DATABASE']}/rows")

    with pytest.raises(DriftlineError) as failed:
        FAILING[kind](echo.url)

    told = "".join(traceback.format_exception(failed.value))
    warned = " ".join(str(warning.message) for warning in recwarn)
    assert shown(told + caplog.text + warned) == []


@pytest.mark.parametrize("kind", ["notifier slack", "registry mlflow"])
def test_a_redirection_takes_no_token_along(kind, monkeypatch):
    """Whoever is redirected to gets the question, and not who asks."""
    headers = []

    def elsewhere(request: Request) -> Answer:
        headers.append(request.headers)
        return Answer()

    with http_server(elsewhere) as other:
        other = other.replace("127.0.0.1", "localhost")

        def redirect(request: Request) -> Answer:
            return Answer(302, headers={"location": f"{other}/x"})

        with http_server(redirect) as url, contextlib.suppress(Exception):
            monkeypatch.setenv("MLFLOW", url)
            FAILING[kind](url)

    assert headers
    assert shown(str(headers)) == []


@pytest.mark.parametrize(
    ("kind", "name", "settings", "named"),
    [
        ("notify", "slack", {"token": "xoxb-1", "channel": "#a"}, "token"),
        ("notify", "apprise", {"webhook_url": "json://host/in"}, "webhook_url"),
        ("source", "parquet", {"path": "s3://b", "s3": {"secret_key": "k"}}, "s3.se"),
        ("source", "sql", {"url": "postgresql://me:pw@h/d", "table": "t"}, "url"),
        ("ledger", "sql", {"url": "postgresql://h/d?password=pw"}, "url"),
        ("registry", "mlflow", {"tracking_uri": "https://me:pw@h"}, "tracking_uri"),
        ("health", "triton", {"url": "http://h", "model": "m", "token": "pw"}, "token"),
        ("health", "prometheus", {"url": "https://me:pw@h", "queries": UP}, "url"),
    ],
)
def test_a_secret_in_a_monitor_file_is_refused(kind, name, settings, named):
    """The message names the setting and not its value."""
    with pytest.raises(SettingsError, match=named) as refused:
        part(kind, name, **settings)

    assert "pw" not in str(refused.value)
    assert "xoxb" not in str(refused.value)


def test_every_setting_that_sounds_like_a_secret_is_one():
    """Whatever an adapter calls token, password, secret or key is hidden when printed."""
    for package in ("notifiers", "listeners", "sources", "ledgers", "costs", "probes"):
        folder = Path(wiring.__file__).parent / "adapters" / package
        for file in folder.glob("[a-z]*.py"):
            module = load(f"driftline.adapters.{package}", file.stem)
            schema = json.dumps(module.Settings.model_json_schema())
            for field, entry in _fields(json.loads(schema)):
                if any(word in field for word in ("token", "password", "secret")):
                    assert '"password"' in json.dumps(entry), (file.stem, field)


def _fields(schema: dict) -> Iterator[tuple[str, dict]]:
    for model in [schema, *schema.get("$defs", {}).values()]:
        yield from model.get("properties", {}).items()
