"""Sums and products of a row that are the same, to the bit, whatever other rows stand beside it.

An article must come out of a batch of a thousand as it comes out alone. Floating-point sums depend on their order, so
what runs through a whole batch needs care in two places: matrix products, whose libraries choose their order by the
shape of the matrix, and running sums, which carry the rounding of all rows before.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from newsflag._text import Doubles, Ints

ROWS: Final = 32
"""Rows of a matrix that are multiplied in one go: enough to lose little time, and a multiple of the 4, 8 or 16 that
kernels take at once, so that no row is treated as the odd one at the end. The tests hold what is claimed here."""

UNIT: Final = 2.0**32
"""Running sums are kept in whole numbers of ``1 / UNIT``: exact, with room for sums up to two thousand million."""


def product(rows: npt.NDArray[Any], matrix: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """``rows @ matrix``, in blocks of always the same shape.

    Parameters
    ----------
    rows : float array, shape (n, k)
    matrix : float array, shape (k, m)

    Returns
    -------
    float array, shape (n, m)

    Examples
    --------
    >>> rows = np.arange(6.0).reshape(3, 2)
    >>> product(rows, np.eye(2)).tolist()
    [[0.0, 1.0], [2.0, 3.0], [4.0, 5.0]]
    """
    n, k = rows.shape
    blocks = -(-n // ROWS)
    padded = rows
    if blocks * ROWS != n or not rows.flags.c_contiguous:
        padded = np.zeros((blocks * ROWS, k), rows.dtype)
        padded[:n] = rows
    found = np.matmul(padded.reshape(blocks, ROWS, k), matrix)
    return np.asarray(found.reshape(blocks * ROWS, matrix.shape[1])[:n])


def whole(values: npt.NDArray[Any]) -> Doubles:
    """Values in whole numbers of ``1 / UNIT``; sums of them are exact in any order, up to 2 ** 53."""
    return np.rint(values * UNIT)


class Running:
    """Sums of values between any two places of a row, exact but for the rounding of each value to ``1 / UNIT``.

    Parameters
    ----------
    values : array, shape (n,)

    Examples
    --------
    >>> Running(np.array([0.5, 0.25, 0.125])).between(np.array([0, 1]), np.array([2, 3])).tolist()
    [0.75, 0.375]
    """

    def __init__(self, values: npt.NDArray[Any]) -> None:
        self._total = np.zeros(len(values) + 1, np.int64)
        np.cumsum(whole(values).astype(np.int64), out=self._total[1:])

    def between(self, low: Ints, high: Ints) -> Doubles:
        """Sums of the values from ``low`` up to, but not with, ``high``."""
        return np.asarray((self._total[high] - self._total[low]) / UNIT)


__all__ = ["ROWS", "UNIT", "Running", "product", "whole"]
