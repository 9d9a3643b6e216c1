"""A number that moves beside others: told as it begins and as it lasts, and when it is over."""

import numpy as np
import polars as pl
import pytest

from driftline.app.build_reference import profile_windows
from driftline.app.digest import compose
from driftline.core.bounds.familiar import OVER
from driftline.core.reference import Reference
from driftline.core.verdict import Word
from driftline.core.window import spanning
from tests.app.world import World, enlist, rows_of, window

DAYS, OFF = range(23), range(2, 7)


def measured(number: int, more: float = 0.0) -> pl.DataFrame:
    """A parcel's volume follows its weight; some days bring heavy ones."""
    rng = np.random.default_rng([9, number + 1000])
    rows = rows_of(number).with_columns(pl.col("weight") + rng.gamma(4, 5))
    noise = pl.Series(rng.normal(0, 8, rows.height))
    return rows.with_columns(volume=pl.col("weight") * 2 + noise + more)


def reference_of(world: World) -> Reference:
    """The forty days before, with the volume."""
    numbers = range(-40, 0)
    table = world.job.engine.from_table
    slices = [(window(n), table(measured(n), window(n), "rows")) for n in numbers]
    whole = spanning(window(numbers[0]), window(numbers[-1]))
    rows = table(pl.concat([measured(n) for n in numbers]), whole, "rows")
    return profile_windows(world.job, rows, slices, len(slices))


@pytest.fixture(scope="module")
def told():
    """Every day as it is judged: on five of them the volume is a tenth of a deviation off."""
    world = World(pl.concat([measured(n, 4.0 * (n in OFF)) for n in DAYS]))
    enlist(world.job, reference_of(world))
    reports = {number: world.judge(number) for number in DAYS}
    world.clock.moment = window(8).end
    return reports, {
        k: compose([world.job], None, k).summary for k in ("slack", "mail")
    }


def test_it_is_told_as_it_begins_and_as_it_lasts(told):
    """By what it stands beside, and with nothing said of the weight, which is as ever."""
    reports, _ = told
    news = {
        number: [f for f in report.verdict.reasons if f.subject in ("volume", "weight")]
        for number, report in reports.items()
        if report.verdict.word is Word.WATCH
    }
    first, second = (news[number][0] for number in (2, 3))

    assert first.statistic == "given_others"
    assert first.message.startswith("given weight, volume is above the reference in")
    assert second.statistic == "given_others_lasting"
    assert second.message.startswith("given weight, volume has been higher than on")
    assert {f.subject for found in news.values() for f in found} == {"volume"}


def test_the_digest_says_beside_what(told):
    """In every place where it is read."""
    _, digests = told

    assert all("volume on 2 days: given weight, volume" in d for d in digests.values())


def test_its_end_is_told(told):
    """After two digests' time without it."""
    reports, _ = told
    [over] = [f for r in reports.values() for f in r.findings if f.statistic == OVER]

    assert over.message.startswith("volume beside others is as on usual days again")
