"""The 10M-row file profiled by Spark on this machine, beside the local engine."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

from benchmarks.measuring import (
    Work,
    interleaved,
    median,
    ratio,
    raw,
    resident_mb,
    timed,
)
from benchmarks.recording import Figures, Row
from benchmarks.setting import ROLES, Setting, engine, plan
from benchmarks.workload import block
from driftline import wiring
from driftline.core.labels.realised import METRICS, measure, measure_tally
from driftline.core.labels.tally import Question
from driftline.core.slice import Slice
from driftline.ports import Context, Engine
from driftline.settings.monitor import Part

MASTER = "local[2]"
CONFIG = {"spark.ui.enabled": "false", "spark.log.level": "ERROR"}
LABELLED = replace(ROLES, label="n00", segments=("c2",))
"""Any column serves as a label where only cost is measured."""


def measured(setting: Setting) -> Figures:
    """One session for all runs; what it takes to start is said apart."""
    size = min(10_000_000, setting.most_rows)
    path = setting.table(size)
    here = wiring.open_file(path)
    spark = _engine()
    window = here.window
    start = timed(lambda: spark.from_table(block(10, (1, 0)), window, "memory"))
    there = _opened(here, path)
    same = spark.profile(there, plan()).digest == engine().profile(here, plan()).digest
    pairs: dict[str, tuple[Work, Work]] = {
        "profile": (_profile(engine(), here), _profile(spark, there)),
        "performance": (partial(_from_rows, here), partial(_from_counts, spark, there)),
    }
    rows: list[Row] = []
    kept: dict[str, object] = {"start-up": {"spark": [start.to_json()]}}
    for work, (local, remote) in pairs.items():
        costs = interleaved({"local": local, "spark": remote}, setting.repeats)
        kept[work] = raw(costs)
        said = (
            f"{median(costs['spark']):.1f} s against {median(costs['local']):.1f} s, "
            f"{ratio(costs['spark'], costs['local']):.1f} × wall"
        )
        title = f"{work} of {size:,} rows on Spark {MASTER}, start-up apart"
        rows.append(Row(title, "beside the local engine", said))
    peaks = dict(_peaks())
    kept["peak_mb"] = peaks
    said = ", ".join(f"{name} {mb:,.0f} MB" for name, mb in peaks.items())
    started = Row("Spark's start-up", "said apart", f"{start.wall_s:.1f} s")
    memory = Row("the largest each process became", "said", said)
    equal = Row("the same counts from both engines", "to the last one", "digests", same)
    return Figures([*rows, started, memory, equal], kept)


def _engine() -> Engine:
    part = Part(name="spark", settings={"master": MASTER, "config": CONFIG})
    found: Engine = wiring.build("engine", part, Context("b", ".", "UTC", ROLES))
    return found


def _opened(here: Slice, path: Path) -> Slice:
    from pyspark.sql import SparkSession

    session = SparkSession.active()
    return replace(here, data=session.read.parquet(str(path)))


def _profile(engine: Engine, rows: Slice) -> Work:
    return partial(engine.profile, rows, plan())


def _from_rows(rows: Slice) -> object:
    """As a day measures it: the columns that it needs, in memory."""
    names = Question(LABELLED, METRICS[LABELLED.task]).columns
    return measure(engine().table(rows, names), LABELLED)


def _from_counts(spark: Engine, rows: Slice) -> object:
    counted = spark.tally(rows, Question(LABELLED, METRICS[LABELLED.task]))
    assert counted is not None
    question, tally = counted
    return measure_tally(tally, question)


def _peaks() -> Iterator[tuple[str, float]]:
    """This process, the JVM, and Python's workers together: resident memory at its most."""
    yield "this process (both engines)", resident_mb("VmHWM")
    tree = _tree()
    for kind, name in (("java", "the JVM"), ("python", "its Python workers together")):
        found = [mb for command, mb in tree if command.startswith(kind)]
        yield name, sum(found)


def _tree() -> list[tuple[str, float]]:
    """Name and peak of every process that descends from this one."""
    import psutil

    found = []
    for child in psutil.Process().children(recursive=True):
        status = Path(f"/proc/{child.pid}/status").read_text(encoding="ascii")
        fields = dict(line.split(":", 1) for line in status.splitlines() if ":" in line)
        if "VmHWM" in fields:
            found.append((child.name(), int(fields["VmHWM"].split()[0]) / 1024))
    return found
