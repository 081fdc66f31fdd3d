"""Sums and products of a row that are the same, to the bit, wherever and beside whatever they are computed.

An article must come out of a batch of a thousand as it comes out alone, on one core as on sixty, here as on a cluster.
Floating-point sums depend on their order, and that on the shape of a matrix, the number of threads and the make of the
processor. Sums of whole numbers don't, as long as they stay below 2 ** 53, which a double holds exactly: so what is
summed is rounded to whole parts first, and the product of matrices is one of whole numbers. (The idea of Demmel and
Nguyen 2013, "Fast Reproducible Floating-Point Summation", with one bin that is fixed beforehand.)
"""

from __future__ import annotations

import contextlib
import functools
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from newsflag._text import Doubles, Ints

if TYPE_CHECKING:
    from threadpoolctl import ThreadpoolController

UNIT: Final = 2.0**32
"""Running sums are in parts of ``1 / UNIT``: exact up to sums of two thousand million."""

ROW_UNIT: Final = 2.0**19
MATRIX_UNIT: Final = 2.0**20
"""Parts in which products take their inputs and their weights. Together they leave 14 bits, for sums of up to 16,384,
where those of the networks are below 200, and are off by some 0.00002, where single precision is by 0.000004."""


def product(rows: npt.NDArray[Any], matrix: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """``rows @ matrix`` of rounded numbers, as exact as the rounding.

    Parameters
    ----------
    rows : float array, shape (n, k)
    matrix : float array, shape (k, m)

    Returns
    -------
    float array, shape (n, m)
        Of the type of ``rows``.

    Examples
    --------
    >>> rows = np.arange(6.0).reshape(3, 2)
    >>> product(rows, np.eye(2)).tolist()
    [[0.0, 1.0], [2.0, 3.0], [4.0, 5.0]]
    """
    found = whole(rows, ROW_UNIT) @ whole(matrix, MATRIX_UNIT)
    return np.multiply(found, 1 / (ROW_UNIT * MATRIX_UNIT), out=np.empty(found.shape, rows.dtype), casting="same_kind")


def grouped(rows: npt.NDArray[Any], groups: npt.NDArray[Any]) -> Doubles:
    """Sums of columns by group: ``rows @ groups`` for a matrix of zeros and ones.

    Examples
    --------
    >>> grouped(np.array([[0.5, 0.25, 4.0]]), np.array([[1, 0], [1, 0], [0, 1]])).tolist()
    [[0.75, 4.0]]
    """
    return np.asarray(whole(rows) @ groups / UNIT, np.float64)


def whole(values: npt.NDArray[Any], unit: float = UNIT) -> Doubles:
    """Values in whole numbers of ``1 / unit``; sums of them are exact in any order, up to 2 ** 53."""
    scaled: Doubles = np.multiply(values, unit, dtype=np.float64)
    np.rint(scaled, out=scaled)
    return scaled


@contextlib.contextmanager
def one_thread() -> Iterator[None]:
    """Keep matrix products to one thread while the context lasts.

    The products here are too small to be shared out. Where the cores are busy, or a container may use fewer of them
    than it sees, threads that wait for each other were seen to take thirty times as long. The limit is one of the
    process, so only its main thread sets it: threads that set it in turns could not give it back.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    with _libraries().limit(limits=1, user_api="blas"):
        yield


@functools.cache
def _libraries() -> ThreadpoolController:
    from threadpoolctl import ThreadpoolController  # scikit-learn brings it

    return ThreadpoolController()


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


__all__ = ["MATRIX_UNIT", "ROW_UNIT", "UNIT", "Running", "grouped", "one_thread", "product", "whole"]
