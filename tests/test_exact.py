"""Sums and products of a row do not depend on the rows beside it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsflag._exact import ROWS, UNIT, Running, product, whole

SHAPES = [(280, 192), (466, 192), (192, 12), (25, 24), (11, 13), (40, 1)]
"""Of matrices such as the models hold."""


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_a_product_of_rows_is_the_same_wherever_they_stand(shape: tuple[int, int], kind: type[np.floating]) -> None:
    draw = np.random.default_rng(0)
    rows = draw.normal(size=(5 * ROWS + 3, shape[0])).astype(kind)
    matrix = draw.normal(size=shape).astype(kind)
    whole_product = product(rows, matrix)
    assert np.allclose(whole_product, rows @ matrix, atol=1e-3 if kind is np.float32 else 1e-9)
    for first, last in ((0, 1), (1, 2), (ROWS - 1, ROWS + 1), (7, 7 + 2 * ROWS), (3, len(rows)), (len(rows) - 1, None)):
        assert np.array_equal(product(rows[first:last], matrix), whole_product[first:last])


def test_a_product_with_a_turned_matrix_is_the_same_too() -> None:
    draw = np.random.default_rng(1)
    rows, matrix = draw.normal(size=(70, 12)).astype(np.float32), draw.normal(size=(192, 12)).astype(np.float32)
    assert np.array_equal(product(rows[40:], matrix.T), product(rows, matrix.T)[40:])


def test_a_product_of_no_rows_has_none() -> None:
    assert product(np.zeros((0, 3), np.float32), np.ones((3, 2), np.float32)).shape == (0, 2)


@given(
    st.lists(st.floats(-1e4, 1e4, width=32), max_size=20),
    st.lists(st.floats(-100, 100, width=32), min_size=1, max_size=9),
)
def test_running_sums_do_not_depend_on_what_came_before(before: list[float], values: list[float]) -> None:
    low, high = np.array([0, 0, 1]), np.array([len(values), 1, len(values)])
    alone = Running(np.array(values)).between(low, high)
    after = Running(np.array(before + values)).between(low + len(before), high + len(before))
    assert alone.tolist() == after.tolist()
    assert alone[0] == pytest.approx(sum(values), abs=len(values) / UNIT)


def test_whole_numbers_add_up_in_any_order() -> None:
    values = whole(np.random.default_rng(2).normal(size=1000))
    assert values.sum() == values[::-1].sum() == sum(values.tolist())
