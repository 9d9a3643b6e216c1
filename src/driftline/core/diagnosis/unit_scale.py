"""Numbers in another unit: kilometres for miles, cents for euros, °C for °F."""

import numpy as np

from driftline.core.diagnosis._best_fit import best_fit
from driftline.core.diagnosis._day import Day
from driftline.core.diagnosis._numbers import Array, Numbers, on_grid
from driftline.core.diagnosis._transform import DISTINCT, LUCK, Fit, Move, Transform
from driftline.core.diagnosis._undo import (
    Diagnosis,
    Facts,
    Subject,
    undo,
    undoing,
)
from driftline.core.wording import percent

FACTORS = {
    1000.0: "thousandths of the unit",
    0.001: "thousands of the unit",
    100.0: "hundredths of the unit",
    0.01: "hundreds of the unit",
    10.0: "tenths of the unit",
    0.1: "tens of the unit",
    1e6: "millionths of the unit",
    1e-6: "millions of the unit",
    1.609344: "kilometres for miles",
    1 / 1.609344: "miles for kilometres",
    60.0: "minutes for hours",
    1 / 60: "hours for minutes",
    3600.0: "seconds for hours",
    1 / 3600: "hours for seconds",
    24.0: "hours for days",
    1 / 24: "days for hours",
    0.3048: "metres for feet",
    1 / 0.3048: "feet for metres",
    0.45359237: "kilograms for pounds",
    1 / 0.45359237: "pounds for kilograms",
    2.54: "centimetres for inches",
    1 / 2.54: "inches for centimetres",
    1.852: "kilometres for nautical miles",
    1 / 1.852: "nautical miles for kilometres",
    1.15077945: "miles for nautical miles",
    1 / 1.15077945: "nautical miles for miles",
    3.6: "kilometres an hour for metres a second",
    1 / 3.6: "metres a second for kilometres an hour",
    3600 / 1609.344: "miles an hour for metres a second",
    1609.344 / 3600: "metres a second for miles an hour",
    3600 / 1852: "knots for metres a second",
    1852 / 3600: "metres a second for knots",
}
"""What today's number is of the reference's, by definition of the units."""

DIGITS = range(3, 8)
"""With so many digits people write a factor that has more."""

ROUNDED = {
    rounded: factor
    for factor in FACTORS
    for digits in DIGITS
    if (rounded := float(f"{factor:.{digits}g}")) not in FACTORS
} | {1.6: 1.609344, 2.2: 1 / 0.45359237}
"""Factors as people round them, and which they are."""

TENS = (1000.0, 100.0, 10.0)
"""Factors that leave the trace of a coarser grid."""

FAR = 10.0
"""From this factor on no world moves a column by it from one day to the next."""

_NEAR = np.array(
    [
        *(0.83, 0.85, 0.87, 0.89, 0.91, 0.93, 0.947, 0.96, 0.971, 0.983, 0.987, 0.991),
        *(
            1.013,
            1.017,
            1.021,
            1.033,
            1.047,
            1.063,
            1.083,
            1.107,
            1.13,
            1.157,
            1.19,
            1.23,
        ),
    ]
)
"""Neighbouring factors, none of them round: so many that three values of a day tell."""


def _scale(factor: float, words: str) -> Transform:
    def times(by: float) -> Move:
        return lambda values: np.asarray(values * by)

    def over(by: float) -> Move:
        return lambda values: np.asarray(values / by)

    near = tuple(over(factor * other) for other in _NEAR)
    far = max(factor, 1 / factor) >= FAR
    how = {"factor": round(factor, 9)}
    rivals = tuple(times(other) for other in _multiples(1 / factor))
    return Transform(words, times(factor), over(factor), near, how, far, rivals=rivals)


def _multiples(by: float) -> list[float]:
    """Whole numbers like this one, if it is one: any takes a grid to itself, as it does."""
    whole = round(by)
    if whole < 2 or abs(by - whole) > 1e-9 * by:
        return []
    return [float(whole + step) for step in (-3, -1, 1, 3) if whole + step > 1]


def _fahrenheit(values: Array) -> Array:
    return np.asarray(values * 1.8 + 32)


def _celsius(values: Array) -> Array:
    return np.asarray((values - 32) / 1.8)


def _degrees() -> list[Transform]:
    """Temperatures on another scale."""
    colder = tuple(_after(_fahrenheit, by) for by in _NEAR)
    warmer = tuple(_after(_celsius, by) for by in _NEAR)
    kelvin = tuple(lambda v, by=by: v - 273.15 * by for by in _NEAR)
    return [
        Transform("°C for °F", _celsius, _fahrenheit, colder, {"scale": "°F to °C"}),
        Transform("°F for °C", _fahrenheit, _celsius, warmer, {"scale": "°C to °F"}),
        Transform(
            "kelvin for °C",
            lambda v: v + 273.15,
            lambda v: v - 273.15,
            kelvin,
            {"scale": "°C to K"},
            far=True,
        ),
    ]


def _after(move: Move, by: float) -> Move:
    return lambda values: np.asarray(move(values * by))


TRANSFORMS = (
    *(_scale(factor, words) for factor, words in FACTORS.items()),
    *(_scale(factor, FACTORS[exact]) for factor, exact in ROUNDED.items()),
    *_degrees(),
)


@undo(
    Facts(
        subjects=frozenset({Subject.NUMBERS}),
        description="numbers in another unit",
        order=8,
    )
)
def unit_scale(day: Day, name: str) -> Diagnosis | None:
    """Some or all numbers are a known factor, or another scale of degrees, off."""
    fit = best_fit(day, name, TRANSFORMS) or _by_grid_alone(day.numbers(name))
    if fit is None:
        return None
    transform = fit.transform
    factor = transform.parameters.get("factor")
    by = "" if factor is None else f" (×{factor:.4g})"
    return Diagnosis(
        "unit_scale",
        fit.share,
        fit.explains,
        f"{percent(fit.share)} of {name} look like {transform.words}{by}"
        f"{undoing(fit.explains)}",
        f"divide by {factor:.7g}" if factor else f"undo {transform.words}",
        {**transform.parameters, "unit": transform.words},
    )


def _by_grid_alone(column: Numbers) -> Fit | None:
    """All values are on a grid as much coarser as they are larger: times ten, say.

    Nobody rounds a column that far from where it was, and divided they are a usual day.
    """
    if not column.usable or column.grid is None or column.one_value_days:
        return None
    values, far = np.unique(column.today), column.strayed > column.most_distance
    for transform in TRANSFORMS if far and len(values) >= DISTINCT else ():
        factor = float(transform.parameters.get("factor") or 0.0)
        if factor not in TENS:
            continue
        step, undone = column.grid * factor, transform.inverse(column.today)
        by_chance = float(on_grid(column.support, step, column.single).mean())
        told = by_chance ** len(values) <= LUCK
        if told and on_grid(values, step, column.single).all():
            left = column.distance(undone)
            if left <= column.most_distance:
                return Fit(transform, 1.0, column.explained(undone), left)
    return None
