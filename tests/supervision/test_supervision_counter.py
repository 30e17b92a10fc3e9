import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragon.supervision.counter import below, bits, order


def splitmix(words: list[int]) -> int:
    """The same function in plain Python integers."""
    state = 0
    for word in words:
        z = (state + 0x9E3779B97F4A7C15 + word) % 2**64
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) % 2**64
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) % 2**64
        state = z ^ (z >> 31)
    return state


@given(st.lists(st.integers(0, 2**63 - 1), min_size=1, max_size=5))
def test_bits_equal_plain_integers(words):
    assert int(bits(*words)) == splitmix(words)


def test_broadcasting_changes_nothing():
    rows = np.arange(7)
    assert bits(3, rows, 2).tolist() == [int(bits(3, int(row), 2)) for row in rows]


@given(st.integers(1, 1000), st.integers(0, 10**6))
def test_below_stays_below(limit, seed):
    drawn = below(limit, seed, np.arange(50))
    assert drawn.min() >= 0
    assert drawn.max() < limit


def test_below_is_uniform():
    counts = np.bincount(below(10, 42, np.arange(100_000)), minlength=10)
    chi_squared = float(((counts - 10_000) ** 2 / 10_000).sum())
    assert chi_squared < 27.9  # 9 degrees of freedom, p = 0.001


@pytest.mark.parametrize("count", [0, 1, 2, 1000])
def test_order_is_a_permutation(count):
    assert sorted(order(count, 1, 2, 3)) == list(range(count))


def test_order_differs_between_epochs():
    assert (order(1000, 1, 1, 0) != order(1000, 1, 1, 1)).mean() > 0.99
