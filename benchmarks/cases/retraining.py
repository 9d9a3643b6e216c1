"""What never, weekly, monthly and Driftline's retraining cost on a year of real flights.

The prices are stated: a nat of log loss on one flight costs 1, a run costs 50, 250 or
1,000. That is the loss of two days, of nine and of five weeks in which each of 900 flights
a day is predicted worse by 0.03. A run can start on every third day: weekly is every six
days, and both calendars promote whatever was trained. Every policy trains the same way: on
up to 112 days, without the last ten, whose labels are two days late. Excess is measured
from the best of all models that were trained by then, which no policy can know; hindsight
is the cheapest schedule of runs by dynamic programming over the same candidate days.
"""

from benchmarks.recording import Figures, Row
from benchmarks.retraining.policies import POLICIES, hindsight, needless_runs
from benchmarks.retraining.year import DAYS, year_of
from benchmarks.setting import Setting

PRICES = (50, 250, 1000)
BAR, NEEDLESS = 1.15, 1.0


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
