"""Trees on the features: few and shallow, since days differ more than rows do."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from driftline.core.one_thread import one_thread
from driftline.core.tree_rows import with_a_value

Vector = NDArray[np.float64]

GROWN: dict[str, Any] = {
    "max_iter": 40,
    "learning_rate": 0.1,
    "max_leaf_nodes": 8,
    "min_samples_leaf": 50,
    "l2_regularization": 1.0,
    "early_stopping": False,
    "random_state": 0,
}
"""Deep trees learn the days by heart."""


def grown_for_chance(matrix: Vector, hit: NDArray[np.bool_]) -> Any:
    """Trees whose `predict_proba` is the chance of a hit."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    with one_thread():
        return HistGradientBoostingClassifier(**GROWN).fit(with_a_value(matrix), hit)


def grown_for_size(matrix: Vector, size: Vector) -> Any:
    """Trees whose `predict` is the mean of a size that is not negative."""
    from sklearn.ensemble import HistGradientBoostingRegressor

    with one_thread():
        trees = HistGradientBoostingRegressor(loss="poisson", **GROWN)
        return trees.fit(with_a_value(matrix), size)
