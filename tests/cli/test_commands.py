"""Commands as a person or a script meets them: words, exit codes and JSON."""

import json
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path

import polars as pl
import pytest

from driftline import wiring
from driftline.cli.days import caveats
from driftline.cli.show import HEADINGS
from driftline.testing import FixedClock
from tests.cli.conftest import Command, orders
from tests.core.columns import reference


def test_a_project_without_monitors_says_how_to_make_one(command: Command) -> None:
    """The first thing that a new user may do wrong names the remedy."""
    for words in (["run"], ["status"], ["findings"], ["run", "orders"]):
        said = command(*words)
        assert said.code == 2
        assert "driftline init --data FILE" in said.err
        assert not said.out


def test_a_misspelt_monitor_gets_its_near_miss(watched: Command) -> None:
    """`order` is not there, and `orders` is."""
    said = watched("run", "order")
    assert (said.code, said.out) == (2, "")
    assert "Did you mean 'orders'?" in said.err


def test_several_monitors_must_be_told_apart(watched: Command, tmp_path: Path) -> None:
    """The name may be left out only where there is no choice."""
    text = (tmp_path / "monitors/orders.yaml").read_text()
    (tmp_path / "monitors/more.yaml").write_text(text.replace("orders", "more", 1))
    said = watched("run")
    assert said.code == 2
    assert "more, orders" in said.err


def test_a_day_judged_again_says_so_and_is_healthy(watched: Command) -> None:
    """The second run of a day is exit code 0 and repeats the verdict."""
    said = watched("run", "orders", "--day", "2026-03-10")
    assert said.code == 0
    assert "healthy (judged before; nothing new)" in said.out
    assert "report: " in said.out


def test_json_on_stdout_is_json_alone(watched: Command) -> None:
    """What scripts read is not mixed with messages or progress."""
    ran = watched("run", "--day", "2026-03-20", "--json")
    assert ran.code == 2
    assert json.loads(ran.out)["verdict"] == "cannot-tell"
    [status] = json.loads(watched("status", "--json").out)
    assert [w["verdict"] for w in status["windows"]] == ["healthy", "cannot-tell"]
    found = json.loads(watched("findings", "--day", "2026-03-10", "--json").out)
    assert {"drift", "performance", "validation"} <= {f["topic"] for f in found}


def early_on_the_13th(monkeypatch: pytest.MonkeyPatch, month: int = 3) -> None:
    """Commands run at four in the morning of 2026-03-13, or of a later month."""
    clock = FixedClock(datetime(2026, month, 13, 4, tzinfo=UTC))
    at_four = partial(wiring.open_job, clock=clock)
    monkeypatch.setattr(wiring, "open_job", at_four)


def test_days_too_far_back_to_be_made_up_are_named(
    watched: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After two months the last one is judged, and how to judge the others is said."""
    assert watched("run", "--day", "2026-03-09").code == 0
    early_on_the_13th(monkeypatch, month=5)
    said = watched("run").out
    assert "`driftline backfill orders --from 2026-03-1" in said
    assert "--to 2026-04-10`" in said


def test_a_cron_job_that_was_away_makes_the_missed_days_up(
    watched: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without --day every day since the last verdict is judged, oldest first, once."""
    early_on_the_13th(monkeypatch)
    said = watched("run")
    days = [line.split()[1] for line in said.out.splitlines() if "orders 2026" in line]
    assert said.code == 0, said.err
    assert days == ["2026-03-11:", "2026-03-12:"]
    again = json.loads(watched("run", "--json").out)
    assert (again["window"], again["repeated"]) == ("2026-03-12", True)
    assert again["missed"] == []


def test_a_file_of_another_ending_is_said(watched: Command, tmp_path: Path) -> None:
    """It is there, and not read: its new name is in the message."""
    (tmp_path / "monitors/second.yml").write_text("name: second\n", encoding="utf-8")
    said = watched("run", "second")
    assert said.code == 2
    assert "rename monitors/second.yml to second.yaml" in said.err


def test_a_day_that_is_not_over_is_not_judged(
    watched: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half a day would page; a rehearsal looks at what is there."""
    early_on_the_13th(monkeypatch)
    said = watched("run", "--day", "2026-03-13")
    assert said.code == 2
    assert "2026-03-13 is not over: it ends at 2026-03-14 00:00 UTC" in said.err
    [status] = json.loads(watched("status", "--json").out)
    assert len(status["windows"]) == 1
    assert "not over" not in watched("run", "--day", "2026-03-13", "--dry-run").err


def test_a_rehearsal_without_a_day_is_of_the_last_one_alone(
    watched: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`--dry-run` catches nothing up, since it would record nothing of it."""
    early_on_the_13th(monkeypatch)
    said = json.loads(watched("run", "--dry-run", "--json").out)
    assert (said["window"], said["missed"]) == ("2026-03-12", [])


def test_a_backfill_past_a_busy_day_is_told_apart(
    watched: Command, tmp_path: Path
) -> None:
    """Two days are judged, one is another worker's, and 75 says to come again."""
    with wiring.open_ledger("orders", root=tmp_path) as ledger:
        ledger.acquire("orders", "2026-03-08", "worker-2", wiring.now())
    said = watched("backfill", "orders", "--from", "2026-03-07", "--to", "2026-03-09")
    assert said.code == 75
    assert [line[:10] for line in said.out.splitlines()] == ["2026-03-07", "2026-03-09"]
    assert "not judged here: orders 2026-03-08 is held by worker-2" in said.err
    assert watched("run", "orders", "--day", "2026-03-08").code == 75


def test_a_day_that_could_not_be_judged_shows_why(watched: Command) -> None:
    """`--breached` of a cannot-tell day is not empty: the unknown is its reason."""
    ran = watched("run", "--day", "2026-03-20")
    assert ran.code == 2
    assert "the rows of orders end on 2026-03-1" in ran.out
    assert "end on" not in watched("run", "--day", "2026-03-09").out
    said = watched("findings", "--day", "2026-03-20", "--breached")
    assert "cannot-tell" in said.out
    assert "too_few_rows" in said.out
    assert said.out.splitlines()[1].split() == list(filter(None, HEADINGS))


def test_empty_days_in_a_row_are_one_line(
    watched: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The day that has rows is said by itself, before the span of those that have none."""
    clock = FixedClock(datetime(2026, 3, 16, 4, tzinfo=UTC))
    monkeypatch.setattr(wiring, "open_job", partial(wiring.open_job, clock=clock))
    ran = watched("run")
    told = [line for line in ran.out.splitlines() if line.startswith("orders ")]
    assert [line.partition(":")[0] for line in told] == [
        "orders 2026-03-11",
        "orders 2026-03-12",
        "orders 2026-03-13 to 2026-03-15",
    ]
    assert ran.out.count("the slice has no rows") == 1
    assert "report of the last: " in ran.out


def test_a_reference_that_cannot_judge_says_what_would_mend_it() -> None:
    """Days that are too small, too few or without labels are said when it is built."""
    poor = reference(days=3, rows=9)
    small, few, blind = caveats(poor, "day", 20)
    assert "a usual day has 9 rows" in small
    assert "`every: week`" in small
    assert "from 8 on" in few
    assert "no labels" in blind


def test_a_dry_run_leaves_no_trace(watched: Command) -> None:
    """A rehearsal is judged and not recorded."""
    assert watched("run", "--day", "2026-03-09", "--dry-run").code == 0
    said = watched("findings", "--day", "2026-03-09")
    assert said.code == 2
    assert "driftline run orders --day 2026-03-09" in said.err


def test_a_day_is_judged_anew_only_where_it_is_named(watched: Command) -> None:
    """`--force` makes a second revision of the day, and is refused without one."""
    said = watched("run", "--day", "2026-03-10", "--force", "--json")
    assert said.code == 0
    assert (json.loads(said.out)["revision"], json.loads(said.out)["repeated"]) == (
        2,
        False,
    )
    unnamed = watched("run", "--force")
    assert unnamed.code == 2
    assert "name the day" in unnamed.err


def test_backfill_prints_a_line_per_day_and_no_bar_in_a_pipe(watched: Command) -> None:
    """Every day has its verdict; a progress bar is for terminals."""
    said = watched("backfill", "--from", "2026-03-08", "--to", "2026-03-10")
    assert said.code == 0
    days = [line.split()[0] for line in said.out.splitlines()]
    assert days == ["2026-03-08", "2026-03-09", "2026-03-10"]
    assert "windows" not in said.err


def test_days_in_the_wrong_order_are_refused(watched: Command) -> None:
    """An empty span is a mistake and not a success."""
    for words in (["backfill"], ["reference", "build"]):
        said = watched(*words, "--from", "2026-03-09", "--to", "2026-03-08")
        assert said.code == 2
        assert "swap them" in said.err


def test_a_monitor_may_be_given_as_its_file(watched: Command) -> None:
    """A path that the shell completes means the monitor in it."""
    assert "2026-03-10" in watched("findings", "monitors/orders.yaml").out
    assert "2026-03-10" in watched("status", "monitors/orders.yaml").out


def test_report_prints_where_the_page_is(watched: Command) -> None:
    """The last word of `driftline report` can be opened."""
    said = watched("report")
    assert Path(said.out.strip()).read_text().startswith("<!")


def test_retrain_without_a_trainer_names_the_key(watched: Command) -> None:
    """Nothing is trained where nobody said how."""
    said = watched("retrain")
    assert said.code == 2
    assert "retraining:" in said.err


def test_control_characters_never_reach_the_terminal(
    watched: Command, tmp_path: Path
) -> None:
    """A name with an escape sequence is shown defused, in errors too."""
    said = watched("init", "--data", "orders.parquet", *_columns("\x1b[2Jat"))
    assert said.code == 2
    assert "\x1b" not in said.err


def _columns(timestamp: str) -> list[str]:
    return ["--timestamp", timestamp, "--prediction", "score", "--name", "other"]


REFUSING = """
from pydantic import BaseModel

from driftline.errors import DeliveryFailed
from driftline.testing import RecordingNotifier


class Settings(BaseModel):
    pass


class Refusing(RecordingNotifier):
    def send(self, message, thread=""):
        raise DeliveryFailed("no such channel")


def build(settings, context):
    return Refusing()
"""


def test_a_backfill_says_why_it_ends_with_2(
    watched: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A message that nobody will get is named beside the day's verdict."""
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "refusing.py").write_text(REFUSING)
    monkeypatch.syspath_prepend(tmp_path)
    path = Path("monitors/orders.yaml")
    path.write_text(path.read_text().replace("  - console\n", "  - own.refusing\n"))
    late = pl.col("at").dt.date() == date(2026, 3, 9)
    spoilt = pl.when(late).then(pl.col("amount") * 1000).otherwise(pl.col("amount"))
    orders().with_columns(amount=spoilt).write_parquet("orders.parquet")
    said = watched("backfill", "--from", "2026-03-09", "--to", "2026-03-09")
    assert said.code == 2
    assert "not delivered: no such channel" in said.err


def test_a_day_that_has_not_begun_is_refused(watched: Command) -> None:
    """A year too many in --day leaves no verdict behind that would hide missed days."""
    said = watched("run", "orders", "--day", "2999-03-31")
    assert said.code == 2
    assert "2999-03-31 has not begun" in said.err
    assert "2999" not in watched("status", "orders").out
