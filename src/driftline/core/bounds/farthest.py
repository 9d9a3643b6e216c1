"""How far beyond its farthest days a column goes: one dear thing sold is no broken price."""

import math

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]


def beyond_the_farthest(values: Array, lowest: float, rate: float) -> float:
    """What a day exceeds with probability `rate`, by how the farthest days thin out.

    Weissman's quantile (1978) with Hill's index (1975) of the days' distances from
    `lowest`, of as many days as the root of their number. Minus infinity where fewer
    than two are known, or none is above `lowest`.

    >>> calm = np.linspace(0.8, 1.0, 90)
    >>> amounts = 1 / np.arange(1.0, 91.0)
    >>> [round(beyond_the_farthest(x, 0.0, 0.001), 1) for x in (calm, amounts)]
    [1.0, 5.8]
    """
    far = np.sort(values - lowest)[::-1]
    count = math.isqrt(len(far))
    if not 0 < count < len(far) or far[count] <= 0:
        return -math.inf
    index = float(np.log(far[:count] / far[count]).mean())
    rarer = math.log(max(count / (len(far) * rate), 1.0))
    return float(far[count]) * math.exp(min(index * rarer, 700.0)) + lowest
