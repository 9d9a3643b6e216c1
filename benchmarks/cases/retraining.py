"""What never, weekly, monthly, alarms and Driftline's retraining cost on a year of flights.

The prices are stated: a nat of log loss on one flight costs 1, a run costs 50, 250 or
1,000. That is the loss of two days, of nine and of five weeks in which each of 900 flights
a day is predicted worse by 0.03. A run can start on every third day: weekly is every six
days. Calendars and the alarms of other tools promote whatever was trained; an alarm asks
for a run at most once a week. Every policy trains the same way: on up to 112 days, without
the last ten, whose labels are two days late. Excess is measured from the best of all models
that were trained by then, which no policy can know; hindsight is the cheapest schedule of
runs by dynamic programming over the same candidate days.

Driftline is as shipped: a challenger whose gain may be chance stays in shadow for a week,
for which these models need no registry that is `trusted`. Without shadow it is thrown
away, as is one that cannot be loaded. Two more rows say how much of a ratio is luck: what
hindsight's own runs cost three days earlier or later, and Driftline from eight later
starts of the year.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.recording import FOLDER, Figures, Row
from benchmarks.retraining.peers import ALARMS, peers_of
from benchmarks.retraining.picture import drawn
from benchmarks.retraining.policies import (
    Schedule,
    alarmed,
    driftline,
    every,
    hindsight,
    moved,
    needless_runs,
    never,
)
from benchmarks.retraining.year import DAYS, STEP, Year, year_of
from benchmarks.setting import Setting

PRICES = (50, 250, 1000)
SHADOWS = (7, 8, 10, 14)
STARTS = (0, 4, 8, 12, 16, 20, 24, 30, 40)
BAR, NEEDLESS = 1.15, 1.0
PYTHONS = Path(".driftline/peers")
"""Where each tool has an environment of its own, for alarms that are not kept yet."""


def measured(setting: Setting) -> Figures:
    """The table of policies at three prices."""
    year = year_of(setting.data)
    alarms = _alarmed(year, setting.data)
    rows, raw = [], {}
    for price in PRICES:
        found = {
            "never": never(),
            "weekly": every(6),
            "monthly": every(30),
            **alarms,
            "driftline without shadow": driftline(year, price, shadow=0),
            "driftline": driftline(year, price),
        }
        best = hindsight(year, price)
        row, figures = _compared(year, price, found, best)
        rows.append(row)
        raw[str(price)] = figures
        path = FOLDER / f"retraining-a-run-at-{price}.svg"
        drawn(year, {**found, "hindsight": best}, price, path)
    more, figures = _luck(year)
    return Figures([*rows, *more], {**raw, "other_starts": figures})


def _alarmed(year: Year, folder: Path) -> dict[str, Schedule]:
    """The schedules of other tools' alarms: they know no price."""
    with peers_of(year, folder, PYTHONS) as peers:
        return {
            f"{name}'s alarms": alarmed(peer, name)
            for peer in peers
            for name in ALARMS[peer.tool]
        }


def _compared(
    year: Year, price: float, found: Mapping[str, Schedule], best: Schedule
) -> tuple[Row, dict[str, Any]]:
    optimum = year.cost(*best, price)
    costs = {name: year.cost(*schedule, price) for name, schedule in found.items()}
    needless = needless_runs(year, *found["driftline"], price) * 100 / DAYS
    ratio = costs["driftline"] / optimum
    others = ", ".join(f"{name} {cost / optimum:.2f}" for name, cost in costs.items())
    shifted = [year.cost(*moved(best, by), price) / optimum for by in (-1, 1)]
    row = Row(
        work=f"retraining on flights, a run at {price}: total cost against hindsight",
        bar=f"≤ {BAR:g} × hindsight, ≤ {NEEDLESS:g} needless run per 100 days",
        measured=f"{ratio:.2f} × ({others}); {needless:.2f} needless runs per 100 days; "
        f"hindsight's runs 3 days off: {min(shifted):.2f} to {max(shifted):.2f}",
        holds=ratio <= BAR and needless <= NEEDLESS,
    )
    figures = {
        "costs": costs,
        "hindsight": optimum,
        "runs": {name: list(map(int, runs)) for name, (runs, _) in found.items()},
        "hindsight_runs": list(best[0]),
        "hindsight_three_days_off": shifted,
        "needless_per_100_days": needless,
        "by_days_in_shadow": {
            days: year.cost(*driftline(year, price, days), price) / optimum
            for days in SHADOWS
        },
    }
    return row, figures


def _luck(year: Year) -> tuple[list[Row], dict[str, Any]]:
    """Driftline's total against hindsight's over years that begin on other days."""
    rows, raw = [], {}
    for price in PRICES:
        pairs, runs, days = [], 0, 0
        for first in STARTS:
            ours = driftline(year, price, first=first)
            best = year.cost(*hindsight(year, price, first), price)
            pairs.append((year.cost(*ours, price), best))
            runs += needless_runs(year, *ours, price)
            days += DAYS - first * STEP
        ratios = [ours / best for ours, best in pairs]
        pooled = sum(ours for ours, _ in pairs) / sum(best for _, best in pairs)
        said = (
            f"{pooled:.2f} × pooled, {min(ratios):.2f} to {max(ratios):.2f}; "
            f"{runs * 100 / days:.2f} needless runs per 100 days"
        )
        work = f"the same from {len(STARTS)} starts of the year, a run at {price}"
        rows.append(Row(work, f"≤ {BAR:g} × hindsight", said, pooled <= BAR))
        raw[str(price)] = {"starts": [s * STEP for s in STARTS], "ratios": ratios}
    return rows, raw
