"""What never, weekly, monthly and Driftline's retraining cost on a year of real flights.

The prices are stated: a nat of log loss on one flight costs 1, a run costs 50, 250 or
1,000. That is the loss of a day, of a week and of a month and a half in which each of the
year's 900 flights a day is predicted worse by 0.03. Every policy trains the same way: on
up to 112 days, without the last ten, whose labels are two days late. Excess is measured
from the best of all models that were trained by then, which no policy can know; hindsight
is the cheapest schedule of runs by dynamic programming over the same candidate days.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from benchmarks.recording import Figures, Row
from benchmarks.setting import Setting
from driftline.core.economics import (
    Costs,
    Record,
    Shortfall,
    Waiting,
    balance,
    price_of,
)
from driftline.core.finding import Finding
from driftline.core.harm import HarmPolicy, judge_performance
from driftline.core.promotion import PromotionRule, decide_promotion
from driftline.core.realised import Performance, measure
from driftline.core.reference import Measured
from driftline.core.retraining import RetrainingPolicy, Situation, decide_retraining
from driftline.core.roles import Roles, Task
from driftline.core.spread import inflation, spread_of
from driftline.core.watch_window import Promise, Standing, judge_watch
from driftline.demo import classifier
from driftline.demo import flights as data

FIRST, LAST = date(2013, 4, 1), date(2013, 12, 31)
DAYS = (LAST - FIRST).days + 1
STEP, TRAIN, HELD, LATE = 3, 112, 10, 2
"""A run can be started every third day; days trained on, held out, and until labels come."""

MOST_ROWS = 30_000
PRICES = (50, 250, 1000)
BAR, NEEDLESS = 1.15, 1.0
METRIC = "log_loss"
ROLES = Roles(Task.BINARY, data.TIMESTAMP, "called", score="score", label=data.LABEL)
SEED = 0


@dataclass(frozen=True)
class Known:
    """The performance of a model's own reference days, as `judge_performance` asks for it."""

    days: tuple[Measured, ...]

    def metric(self, name: str) -> list[Measured]:
        """The deciding metric; nothing else is judged here."""
        return list(self.days) if name == METRIC else []


@dataclass(frozen=True)
class Year:
    """Labelled flights by day, and the losses of every candidate model on every day.

    `losses[k, t]` is the sum of log losses on day `t` of the model of candidate `k`; the
    model that is in service at first is candidate 0.
    """

    rows: pl.DataFrame
    losses: np.ndarray
    scores: tuple[np.ndarray, ...]
    flights: np.ndarray
    places: tuple[np.ndarray, ...]
    labelled: pl.DataFrame
    kept: dict[Any, Any] = field(default_factory=dict)

    @property
    def floor(self) -> np.ndarray:
        """Per day the loss of the best model that was trained by then."""
        ready = np.arange(len(self.losses))[:, None] * STEP <= np.arange(DAYS)[None, :]
        return np.where(ready, self.losses, np.inf).min(axis=0)

    def cost(self, runs: Sequence[int], serves: Sequence[int], price: float) -> float:
        """Excess over the floor, and the runs. `serves` names each day's candidate."""
        days = np.arange(DAYS)
        return float(
            (self.losses[list(serves), days] - self.floor).sum()
        ) + price * len(runs)


def measured(setting: Setting) -> Figures:
    """The table of policies at three prices."""
    year = year_of(setting.data)
    rows, raw = [], {}
    for price in PRICES:
        found = {name: policy(year, price) for name, policy in POLICIES.items()}
        best = hindsight(year, price)
        costs = {name: year.cost(*schedule, price) for name, schedule in found.items()}
        optimum = year.cost(*best, price)
        needless = needless_runs(year, *found["driftline"], price) * 100 / DAYS
        ratio = costs["driftline"] / optimum
        others = ", ".join(f"{n} {c / optimum:.2f}" for n, c in costs.items())
        work = f"retraining on flights, a run at {price}: total cost against hindsight"
        said = f"{ratio:.2f} × ({others}); {needless:.2f} needless runs per 100 days"
        bar = f"≤ {BAR:g} × hindsight, ≤ {NEEDLESS:g} needless run per 100 days"
        rows.append(Row(work, bar, said, ratio <= BAR and needless <= NEEDLESS))
        raw[str(price)] = {
            "costs": costs,
            "hindsight": optimum,
            "runs": {n: list(map(int, s[0])) for n, s in found.items()},
            "hindsight_runs": list(best[0]),
            "needless_per_100_days": needless,
        }
    return Figures(rows, raw)


Schedule = tuple[list[int], list[int]]
"""Candidates that were trained, and the candidate that serves each day."""


def every(days: int) -> Callable[[Year, float], Schedule]:
    """A run every so many days, promoted whatever it is worth."""

    def policy(year: Year, price: float) -> Schedule:
        wanted = [k for k in range(1, len(year.losses)) if (k * STEP) % days < STEP]
        return wanted, serving(wanted)

    return policy


def serving(promoted: Sequence[int]) -> list[int]:
    """The candidate in service on each day when these are promoted at once."""
    return [max([0, *(k for k in promoted if k * STEP <= t)]) for t in range(DAYS)]


def never(year: Year, price: float) -> Schedule:
    """The first model serves all year."""
    return [], serving([])


def hindsight(year: Year, price: float) -> Schedule:
    """The cheapest schedule of all, by dynamic programming over the last run."""
    count = len(year.losses)
    summed = np.concatenate(
        [np.zeros((count, 1)), np.cumsum(year.losses - year.floor, axis=1)], axis=1
    )
    until = np.minimum(np.arange(count + 1) * STEP, DAYS)
    best, before = np.zeros(count), np.zeros(count, dtype=int)
    for k in range(1, count):
        costs = [
            best[j] + summed[j, until[k]] - summed[j, until[j]] + price
            for j in range(k)
        ]
        before[k] = int(np.argmin(costs))
        best[k] = costs[before[k]]
    ends = [best[k] + summed[k, DAYS] - summed[k, until[k]] for k in range(count)]
    runs, k = [], int(np.argmin(ends))
    while k:
        runs, k = [k, *runs], int(before[k])
    return runs, serving(runs)


def driftline(year: Year, price: float) -> Schedule:
    """The decisions of the project's own code, with the labels known on each evening."""
    state = Service(year, Costs(Decimal(1), "units", run=Decimal(price)))
    return state.runs, [state.serve(day) for day in range(DAYS)]


POLICIES: dict[str, Callable[[Year, float], Schedule]] = {
    "never": never,
    "weekly": every(6),
    "monthly": every(30),
    "driftline": driftline,
}


class Service:
    """One monitor through the year: which candidate serves, and why another is trained."""

    def __init__(self, year: Year, costs: Costs) -> None:
        self.year, self.costs = year, costs
        self.runs: list[int] = []
        self.helped: list[bool] = []
        self.champion, self.since, self.before = 0, 0, 0
        self.promise: Promise | None = None
        self.asked, self.last = False, -10_000
        self.swaps = self.harmful = 0

    def serve(self, day: int) -> int:
        """The candidate of the day; a request of an evening before is carried out first."""
        if self.asked and day % STEP == 0:
            self._retrain(day)
        today = self.champion
        self._judge(day)
        return today

    def _judge(self, day: int) -> None:
        days = [d for d in range(self.since, day - LATE + 1) if self.year.flights[d]]
        if not days or self.asked:
            return
        history = [_on(self.year, self.champion, d) for d in days]
        known = reference(self.year, self.champion)
        if self._watch(day, history, known):
            return
        performance = _performance(self.year, days[-1], history[-1])
        findings = judge_performance(
            performance,
            known,
            METRIC,
            history[:-1],
            HarmPolicy(),  # type: ignore[arg-type]
        )
        situation = Situation(
            tuple(findings),
            labelled=100_000,
            days_since_last=day - self.last,
            helped=tuple(self.helped),
            balance=self._balance(days, history, known, findings, day),
        )
        self.asked = decide_retraining(
            situation, RetrainingPolicy(cool_down_days=7)
        ).requested

    def _balance(
        self,
        days: Sequence[int],
        history: Sequence[Measured],
        known: Known,
        findings: Sequence[Finding],
        today: int,
    ) -> Any:
        harm = next((f for f in findings if f.statistic == "cusum"), None)
        spread = spread_of(known.metric(METRIC))
        if harm is None or spread is None or not harm.evidence["windows"]:
            return None
        lasting = list(zip(days, history, strict=True))[-harm.evidence["windows"] :]
        weight = [Decimal(int(n)) for n in self.year.flights]
        waiting = Waiting(
            tuple(
                Shortfall(
                    FIRST + timedelta(days=d),
                    m.value - spread.centre,
                    spread.deviation(m.rows) * inflation(spread.correlation),
                    weight[d],
                )
                for d, m in lasting
            ),
            tuple(weight[d] for d in range(days[-1] + 1, today + 1)),
            spread.unsure,
        )
        record = Record(swaps=self.swaps, harmful=self.harmful)
        return balance(waiting, price_of(self.costs, record))

    def _watch(self, day: int, history: Sequence[Measured], known: Known) -> bool:
        spread = spread_of(known.metric(METRIC))
        if self.promise is None or spread is None:
            return False
        standing = judge_watch(self.promise, history, spread, 7).standing
        if standing is Standing.WATCHED:
            return False
        self.promise = None
        if standing is Standing.KEPT:
            return False
        self.champion, self.since, self.last = self.before, day + 1, day
        self.helped[-1], self.harmful = False, self.harmful + 1
        return True

    def _retrain(self, day: int) -> None:
        challenger = day // STEP
        self.asked, self.last = False, day
        self.runs.append(challenger)
        held = [d for d in range(day - LATE - HELD + 1, day - LATE + 1) if d >= 0]
        rows = _days(self.year, held)
        old, new = (
            np.concatenate([_scores(self.year, k, d) for d in held])
            for k in (self.champion, challenger)
        )
        table = rows.with_columns(score=pl.Series(old)).with_columns(
            called=(pl.col("score") >= 0.3).cast(pl.Int32)
        )
        found = decide_promotion(
            table,
            ROLES,
            pl.Series(new),
            PromotionRule(METRIC),
            np.random.default_rng(SEED),
            rows["day"],
        )
        self.helped.append(found.promote)
        if found.promote and found.contest:
            self.before, self.champion, self.since = self.champion, challenger, day
            self.swaps += 1
            contest = found.contest
            self.promise = Promise(METRIC, contest.challenger, contest.gain)


def needless_runs(
    year: Year, runs: Sequence[int], serves: Sequence[int], price: float
) -> int:
    """Runs without which the year would have been cheaper, each left out by itself."""
    whole = year.cost(runs, serves, price)
    needless = 0
    for run in runs:
        fewer = [r for r in runs if r != run]
        before = max([0, *(k for k in serves if k < run)])
        without = [before if k == run else k for k in serves]
        needless += year.cost(fewer, without, price) < whole
    return needless


def year_of(folder: Path) -> Year:
    """Every candidate trained and scored on all days after it; kept for the next run."""
    folder.mkdir(parents=True, exist_ok=True)
    labelled = data.prepared(folder).filter(pl.col(data.LABEL).is_not_null())
    rows = labelled.filter(pl.col("day").is_between(FIRST, LAST))
    number = (rows["day"] - FIRST).dt.total_days().to_numpy()
    truth = rows[data.LABEL].to_numpy().astype(float)
    path = folder / "retraining-scores.npz"
    scores = dict(np.load(path)) if path.exists() else {}
    for k in range(DAYS // STEP + 1):
        if str(k) not in scores:
            model = _trained(labelled, k)
            after = number >= k * STEP - HELD - LATE
            full = np.full(len(rows), np.nan, dtype=np.float32)
            full[after] = classifier.scorer(model)(rows.filter(pl.Series(after)))
            scores[str(k)] = full
            np.savez(path, **scores)
            print(f"candidate {k} trained", flush=True)
    every_score = tuple(scores[str(k)] for k in range(DAYS // STEP + 1))
    losses = np.array([_by_day(truth, score, number) for score in every_score])
    flights = np.bincount(number, minlength=DAYS)
    return Year(rows, losses, every_score, flights, _places(rows), labelled)


def _trained(labelled: pl.DataFrame, k: int) -> Any:
    rows = _training(labelled, k)
    return classifier._fitted(
        classifier.as_inputs(rows), rows[data.LABEL].cast(pl.Float64).to_numpy(), SEED
    )


def _training(labelled: pl.DataFrame, k: int) -> pl.DataFrame:
    last = FIRST + timedelta(days=k * STEP - LATE - HELD - 1)
    rows = data.days_between(labelled, last - timedelta(days=TRAIN - 1), last)
    return rows.gather_every(-(-rows.height // MOST_ROWS))


def _by_day(truth: np.ndarray, score: np.ndarray, number: np.ndarray) -> np.ndarray:
    clipped = np.clip(score.astype(float), 1e-6, 1 - 1e-6)
    loss = -(truth * np.log(clipped) + (1 - truth) * np.log(1 - clipped))
    return np.bincount(number, np.nan_to_num(loss, nan=1e9), minlength=DAYS)


def _places(rows: pl.DataFrame) -> tuple[np.ndarray, ...]:
    number = (rows["day"] - FIRST).dt.total_days().to_numpy()
    return tuple(np.flatnonzero(number == day) for day in range(DAYS))


def _days(year: Year, days: Sequence[int]) -> pl.DataFrame:
    return year.rows[np.concatenate([year.places[day] for day in days])]


def _scores(year: Year, k: int, day: int) -> np.ndarray:
    return year.scores[k][year.places[day]].astype(float)


def _on(year: Year, k: int, day: int) -> Measured:
    """The candidate's metric on a day."""
    if (k, day) not in year.kept:
        rows = _days(year, [day])
        year.kept[k, day] = _measured(rows, _scores(year, k, day))
    found: Measured = year.kept[k, day]
    return found


def _measured(rows: pl.DataFrame, scores: np.ndarray) -> Measured:
    called = pl.Series(scores >= 0.3).cast(pl.Int32)
    table = rows.with_columns(score=pl.Series(scores), called=called)
    return measure(table, ROLES, [METRIC]).measured[METRIC]


def _performance(year: Year, day: int, today: Measured) -> Performance:
    count = int(year.flights[day])
    return Performance(count, count, measured={METRIC: today})


def reference(year: Year, k: int) -> Known:
    """The model's days out of fold, as the trainer leaves them in the registry."""
    if k not in year.kept:
        rows = _training(year.labelled, k)
        truth = rows[data.LABEL].cast(pl.Float64).to_numpy()
        day = rows["day"].to_physical().to_numpy()
        inputs = classifier.as_inputs(rows)
        honest = classifier._out_of_fold(inputs, truth, day, SEED)
        parts = rows.with_columns(honest=pl.Series(honest)).partition_by("day")
        year.kept[k] = Known(
            tuple(_measured(p.drop("honest"), p["honest"].to_numpy()) for p in parts)
        )
    known: Known = year.kept[k]
    return known
