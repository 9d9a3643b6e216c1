"""Rows as trees can be fitted on them."""

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]


def with_a_value(rows: Array) -> Array:
    """A column without any value has zeros: scikit-learn 1.9 fails on nothing but NaN.

    No tree splits on such a column, so that what is predicted of later rows stays.

    >>> with_a_value(np.array([[1.0, np.nan], [np.nan, np.nan]])).tolist()
    [[1.0, 0.0], [nan, 0.0]]
    """
    return np.where(np.isnan(rows).all(axis=0), 0.0, rows)
