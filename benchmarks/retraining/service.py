"""One monitor through the year, with the decisions of the project's own code."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import polars as pl

from benchmarks.retraining.year import (
    COOL_DOWN,
    FIRST,
    HELD,
    LATE,
    METRIC,
    ROLES,
    SEED,
    STEP,
    Known,
    Year,
    on_day,
    performance_of,
    reference,
    rows_of,
    scores_of,
)
from driftline.core.bounds.spread import inflation, spread_of
from driftline.core.finding import Finding
from driftline.core.labels.harm import HarmPolicy, judge_performance
from driftline.core.reference import Measured
from driftline.core.retraining.contest import SURE
from driftline.core.retraining.economics import (
    Costs,
    Record,
    Shortfall,
    Waiting,
    balance,
    price_of,
)
from driftline.core.retraining.promotion import (
    SURE_AGAIN,
    Promotion,
    PromotionRule,
    decide_promotion,
)
from driftline.core.retraining.request import (
    RetrainingPolicy,
    Situation,
    decide_retraining,
)
from driftline.core.retraining.watch_window import Promise, Promoted, judge_watch


class Service:
    """One monitor through the year: which candidate serves, and why another is trained."""

    def __init__(
        self, year: Year, costs: Costs, shadow: int = 0, first: int = 0
    ) -> None:
        self.year, self.costs, self.shadow = year, costs, shadow
        self.runs: list[int] = []
        self.helped: list[bool] = []
        self.champion, self.since, self.before = first, first * STEP, first
        self.challenger: tuple[int, int] | None = None
        self.promise: Promise | None = None
        self.asked, self.last = False, -10_000
        self.swaps = self.harmful = 0

    def serve(self, day: int) -> int:
        """The candidate of the day; a request of an evening before is carried out first."""
        if self.asked and day % STEP == 0:
            self._retrain(day)
        self._watch_shadow(day)
        today = self.champion
        self._judge(day)
        return today

    def _judge(self, day: int) -> None:
        days = [d for d in range(self.since, day - LATE + 1) if self.year.flights[d]]
        if not days or self.asked:
            return
        history = [on_day(self.year, self.champion, d) for d in days]
        known = reference(self.year, self.champion)
        if self._watch(day, history, known) or self.challenger is not None:
            return
        findings = self._findings(days, history, known)
        situation = Situation(
            tuple(findings),
            labelled=100_000,
            days_since_last=day - self.last,
            helped=tuple(self.helped),
            balance=self._balance(days, history, known, findings, day),
        )
        self.asked = decide_retraining(
            situation, RetrainingPolicy(cool_down_days=COOL_DOWN)
        ).requested

    def _findings(
        self, days: Sequence[int], history: Sequence[Measured], known: Known
    ) -> list[Finding]:
        """The same for every price, so they are kept."""
        key = ("findings", self.champion, days[0], days[-1])
        if key not in self.year.kept:
            performance = performance_of(self.year, days[-1], history[-1])
            self.year.kept[key] = judge_performance(
                performance,
                known,  # type: ignore[arg-type]  # as much of a history as is read
                METRIC,
                history[:-1],
                HarmPolicy(),
            )
        found: list[Finding] = self.year.kept[key]
        return found

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
        days = range(max(self.since - 7, 0), self.since)
        old = tuple(on_day(self.year, self.before, d) for d in days)
        promise = replace(self.promise, before=old)
        promoted = judge_watch(promise, history, spread, 7).promoted
        if promoted is Promoted.WATCHED:
            return False
        self.promise = None
        if promoted is Promoted.KEPT:
            return False
        self.champion, self.since, self.last = self.before, day + 1, day
        self.helped[-1], self.harmful = False, self.harmful + 1
        if self.challenger is not None:  # it was compared with a version that is gone
            self.challenger = None
            self.helped.append(False)
        return True

    def _retrain(self, day: int) -> None:
        challenger = day // STEP
        self.asked, self.last = False, day
        self.runs.append(challenger)
        held = [d for d in range(day - LATE - HELD + 1, day - LATE + 1) if d >= 0]
        found = self._contest(challenger, held, SURE)
        if found.unsure and self.shadow:
            self.challenger = (challenger, day - LATE + 1)
        else:
            self._settle(challenger, found, day)

    def _watch_shadow(self, day: int) -> None:
        """The challenger in shadow is decided on once enough later days have labels."""
        if self.challenger is None:
            return
        challenger, first = self.challenger
        days = [d for d in range(first, day - LATE + 1) if self.year.flights[d]]
        if len(days) >= self.shadow:
            self.challenger, self.last = None, day
            found = self._contest(challenger, days, SURE_AGAIN)
            self._settle(challenger, found, day)

    def _contest(self, challenger: int, days: Sequence[int], sure: float) -> Promotion:
        rows = rows_of(self.year, days)
        old, new = (
            np.concatenate([scores_of(self.year, k, d) for d in days])
            for k in (self.champion, challenger)
        )
        table = rows.with_columns(score=pl.Series(old)).with_columns(
            called=(pl.col("score") >= 0.3).cast(pl.Int32)
        )
        return decide_promotion(
            table,
            ROLES,
            pl.Series(new),
            PromotionRule(METRIC, sure=sure),
            np.random.default_rng(SEED),
            rows["day"],
        )

    def _settle(self, challenger: int, found: Promotion, day: int) -> None:
        self.helped.append(found.promote)
        if found.promote and found.contest:
            self.before, self.champion, self.since = self.champion, challenger, day
            self.swaps += 1
            contest = found.contest
            self.promise = Promise(METRIC, contest.challenger, contest.gain)
