"""Sums and products of a row do not depend on the rows beside it."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import pytest
import threadpoolctl
from hypothesis import given
from hypothesis import strategies as st

import newsflag
from newsflag._exact import UNIT, Running, grouped, one_thread, product, whole

SHAPES = [(280, 192), (466, 192), (192, 12), (25, 24), (11, 13), (40, 1)]
"""Of matrices such as the models hold."""


def drawn(shape: tuple[int, int]) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    draw = np.random.default_rng(0)
    rows = np.clip(draw.normal(size=(163, shape[0])) * 2, -4, 4).astype(np.float32)
    return rows, (draw.normal(size=shape) / 3).astype(np.float32)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_a_product_is_what_it_should_be(shape: tuple[int, int]) -> None:
    rows, matrix = drawn(shape)
    found = product(rows, matrix)
    assert found.dtype == np.float32
    assert np.abs(found - rows.astype(np.float64) @ matrix.astype(np.float64)).max() < 2e-4


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_a_product_of_rows_is_the_same_wherever_they_stand(shape: tuple[int, int]) -> None:
    rows, matrix = drawn(shape)
    together = product(rows, matrix)
    for first, last in ((0, 1), (1, 2), (31, 33), (7, 71), (3, len(rows)), (len(rows) - 1, None)):
        assert np.array_equal(product(rows[first:last], matrix), together[first:last])


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_a_product_does_not_depend_on_the_order_of_its_sums(shape: tuple[int, int]) -> None:
    rows, matrix = drawn(shape)
    for order in (slice(None, None, -1), np.random.default_rng(1).permutation(shape[0])):
        assert np.array_equal(product(rows[:, order], matrix[order]), product(rows, matrix))


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_a_product_does_not_depend_on_the_number_of_threads(shape: tuple[int, int]) -> None:
    rows, matrix = drawn(shape)
    found = []
    for number in (1, 2, 3):
        with threadpoolctl.threadpool_limits(number, user_api="blas"):
            found.append(product(rows, matrix))
    assert np.array_equal(found[0], found[1])
    assert np.array_equal(found[0], found[2])


def test_a_product_of_no_rows_has_none() -> None:
    assert product(np.zeros((0, 3), np.float32), np.ones((3, 2), np.float32)).shape == (0, 2)


def test_columns_are_summed_up_by_group() -> None:
    rows, _ = drawn((280, 192))
    groups = np.zeros((280, 20))
    groups[np.arange(280), np.arange(280) % 20] = 1
    assert np.allclose(grouped(rows, groups), rows.astype(np.float64) @ groups, atol=1e-6)
    assert np.array_equal(grouped(rows[5:9], groups), grouped(rows, groups)[5:9])


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


def blas_threads() -> set[int]:
    return {library["num_threads"] for library in threadpoolctl.threadpool_info() if library["user_api"] == "blas"}


def test_products_take_one_thread_and_give_the_others_back() -> None:
    with threadpoolctl.threadpool_limits(2, user_api="blas"):
        if blas_threads() != {2}:
            pytest.skip("numpy's matrix products have no threads here")
        with one_thread():
            assert blas_threads() == {1}
            with one_thread():
                assert blas_threads() == {1}
            assert blas_threads() == {1}
        assert blas_threads() == {2}
        with pytest.raises(ZeroDivisionError), one_thread():
            raise ZeroDivisionError
        assert blas_threads() == {2}


def test_only_the_main_thread_sets_the_limit() -> None:
    seen: list[set[int]] = []

    def look() -> None:
        with one_thread():
            seen.append(blas_threads())

    before = blas_threads()
    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    assert seen == [before]
    assert blas_threads() == before


def test_flagging_leaves_the_limit_as_it_was() -> None:
    before = blas_threads()
    newsflag.flag("The council met on Monday.")
    newsflag.clean("The council met on Monday.")
    assert blas_threads() == before
