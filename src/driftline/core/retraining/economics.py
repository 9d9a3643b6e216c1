"""Whether retraining pays yet: what waiting has cost against what a run costs.

Waiting costs a little more each day, a run costs once, and nobody knows how long the
trouble would have lasted: that is the ski-rental problem. Renting until the rent paid
has reached the price of buying, and buying then, never costs more than twice what
hindsight would have paid, plus one window's loss, and no rule without a look into the
future is sure of less (Karlin, Manasse, Rudolph and Sleator, "Competitive snoopy
caching", Algorithmica 3, 1988).
"""

import math
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from driftline.core.bounds.tails import normal_quantile

BAND = 0.90
"""How sure the band around a loss is."""

SWAPS_KNOWN = 10
"""The earlier swaps that the chance of a harmful one starts from."""

SWAPS_HARMFUL = 0.5
"""How many of these did harm: one swap in twenty, until one's own record says more."""

Lines = tuple[tuple[str, Decimal], ...]
"""A sum as its parts, each with its name."""


@dataclass(frozen=True, slots=True)
class Costs:
    """What the owner says that things cost, all in one currency.

    `error` is what one prediction costs that is worse by 1 in `metric`: for accuracy,
    one wrong prediction. `run` is one retraining whatever it computes, `compute_hour`
    the price of one hour of it, `labelling` the labels that it takes, `harmful_swap`
    what a bad model costs until it is rolled back. A run that costs more than
    `approve_above` waits for a person.
    """

    error: Decimal
    currency: str
    run: Decimal = Decimal(0)
    compute_hour: Decimal = Decimal(0)
    labelling: Decimal = Decimal(0)
    harmful_swap: Decimal = Decimal(0)
    metric: str | None = None
    approve_above: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Record:
    """What earlier runs took and came to. `hours` is their mean; 0 before the first."""

    hours: float = 0.0
    swaps: int = 0
    harmful: int = 0

    @property
    def chance_of_harm(self) -> float:
        """The chance that the next swap does harm.

        >>> Record().chance_of_harm, Record(swaps=10, harmful=2).chance_of_harm
        (0.05, 0.125)
        """
        return (self.harmful + SWAPS_HARMFUL) / (self.swaps + SWAPS_KNOWN)


@dataclass(frozen=True, slots=True)
class Price:
    """What one run costs, as its parts. `unit` is a currency, or points of a metric."""

    lines: Lines
    unit: str

    @property
    def total(self) -> Decimal:
        """The sum of the parts."""
        return sum((amount for _, amount in self.lines), Decimal(0))


def price_of(costs: Costs, record: Record) -> Price:
    """One run in money: compute × price, labelling, and the risk of a swap."""
    chance = _exact(record.chance_of_harm)
    lines = (
        ("a run", costs.run),
        ("compute", costs.compute_hour * _exact(record.hours)),
        ("labelling", costs.labelling),
        ("risk of a swap", costs.harmful_swap * chance),
    )
    return Price(tuple(line for line in lines if line[1]), costs.currency)


def price_in_points(metric: str, margin: float, windows: float) -> Price:
    """One run where no money is stated.

    It is worth the gain that a challenger has to show (`margin`), over the windows for
    which the run holds up the next one. Without a margin it costs nothing.
    """
    price = _exact(margin) * _exact(windows)
    lines = (("the margin over a cool-down", price),) if price else ()
    return Price(lines, f"points of {metric}")


@dataclass(frozen=True, slots=True)
class Shortfall:
    """How much worse one window was than its reference, in the metric's unit.

    Negative where it was better. `deviation` is how far a window of an unchanged model
    strays, and `weight` what one point costs in this window: error cost × rows, or 1
    where no money is stated.
    """

    day: date
    points: float
    deviation: float
    weight: Decimal


@dataclass(frozen=True, slots=True)
class Waiting:
    """What is known of a shortfall, from its first window on, oldest first.

    `unseen` are the weights of later windows whose labels have not arrived: they are
    expected to fall short as the others did. `unsure` is the standard error of the
    reference's centre, which all windows share; `step` the length of a window.
    """

    shortfalls: tuple[Shortfall, ...]
    unseen: tuple[Decimal, ...] = ()
    unsure: float = 0.0
    step: timedelta = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Balance:
    """The arithmetic of one decision.

    `loss` is expected since `since`, `lower` to `upper` its 90 % band, `rate` the loss
    of one more window, and `break_even` the day on which the loss reaches the price:
    None where it would never.
    """

    since: date
    windows: int
    unseen: int
    loss: Decimal
    lower: Decimal
    upper: Decimal
    rate: Decimal
    price: Price
    break_even: date | None = field(default=None)

    @property
    def pays(self) -> bool:
        """Whether waiting has cost as much as a run does."""
        return self.loss >= self.price.total

    @property
    def sentence(self) -> str:
        """The whole sum in words."""
        unit, parts = self.price.unit, self.price.lines
        listed = " + ".join(f"{name} {_shown(amount)}" for name, amount in parts)
        waits = f", {self.unseen} of them not labelled yet" if self.unseen else ""
        return (
            f"waiting has cost {_shown(self.loss)} {unit} ({_shown(self.lower)} to "
            f"{_shown(self.upper)}) over {self.windows + self.unseen} windows since "
            f"{self.since}{waits}; a run costs {_shown(self.price.total)} {unit}"
            f"{f' ({listed})' if len(parts) > 1 else ''}; {self._when}"
        )

    @property
    def _when(self) -> str:
        each = f"{_shown(self.rate)} a window"
        if self.break_even is None:
            return f"at {each} it would never pay"
        verb = "broke" if self.pays else "breaks"
        return f"at {each} it {verb} even on {self.break_even}"

    def to_json(self) -> dict[str, Any]:
        """Plain values; money as text, which keeps every digit."""
        return {
            "since": self.since.isoformat(),
            "windows": self.windows,
            "unseen": self.unseen,
            "loss": str(self.loss),
            "lower": str(self.lower),
            "upper": str(self.upper),
            "rate": str(self.rate),
            "price": str(self.price.total),
            "parts": {name: str(amount) for name, amount in self.price.lines},
            "unit": self.price.unit,
            "break_even": self.break_even.isoformat() if self.break_even else None,
            "pays": self.pays,
        }


def balance(waiting: Waiting, price: Price) -> Balance:
    """The loss of a shortfall that has lasted for one window or more, against a price.

    Windows stray independently of each other, and with the centre together.

    >>> lost = Shortfall(date(2026, 3, 1), 0.1, 0.0, Decimal(100))
    >>> found = balance(Waiting((lost, lost)), Price((("a run", Decimal(50)),), "USD"))
    >>> found.loss, found.break_even.isoformat(), found.pays
    (Decimal('20.0'), '2026-03-04', False)
    """
    seen = waiting.shortfalls
    known = sum((s.weight * _exact(s.points) for s in seen), Decimal(0))
    weight = sum((s.weight for s in seen), Decimal(0))
    later = sum(waiting.unseen, Decimal(0))
    share = later / weight if weight else Decimal(0)
    loss = known * (1 + share)
    reach = _exact(normal_quantile((1 - BAND) / 2) * _error(waiting, float(share)))
    rate = loss / (len(seen) + len(waiting.unseen))
    return Balance(
        since=seen[0].day,
        windows=len(seen),
        unseen=len(waiting.unseen),
        loss=loss,
        lower=loss - reach,
        upper=loss + reach,
        rate=rate,
        price=price,
        break_even=_break_even(waiting, loss, rate, price.total),
    )


def _error(waiting: Waiting, share: float) -> float:
    """The standard error of the loss."""
    seen = [float(s.weight) for s in waiting.shortfalls]
    deviations = [s.deviation for s in waiting.shortfalls]
    unseen = [float(weight) for weight in waiting.unseen]
    strays = sum((w * d) ** 2 for w, d in zip(seen, deviations, strict=True))
    strays *= (1 + share) ** 2
    strays += sum((w * max(deviations)) ** 2 for w in unseen)
    return math.hypot(math.sqrt(strays), waiting.unsure * (sum(seen) + sum(unseen)))


def _break_even(
    waiting: Waiting, loss: Decimal, rate: Decimal, price: Decimal
) -> date | None:
    """The first day on which the loss has reached the price, or will at this rate."""
    seen, so_far = waiting.shortfalls, Decimal(0)
    for each in seen:
        so_far += each.weight * _exact(each.points)
        if so_far >= price:
            return each.day
    if rate <= 0:
        return None
    missing = math.ceil((price - so_far) / rate)
    return seen[-1].day + missing * waiting.step if missing < 10_000 else None


def _exact(number: float) -> Decimal:
    """Without the last digits of a float, which are nobody's money."""
    return Decimal(repr(round(float(number), 9)))


def _shown(amount: Decimal) -> str:
    """Two decimals, and more for what is smaller than one."""
    return f"{amount:,.2f}" if abs(amount) >= 1 or not amount else f"{amount:.3g}"
