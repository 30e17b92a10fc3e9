"""A seeded sample without replacement: exact in size, the same in pieces, nested."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragon.core import seeded_sample
from dragon.core.seeded_sample import SeededSample, keys


def test_keys_are_the_generators_words_at_their_place():
    words = np.random.Philox(key=7).random_raw(50)
    for start, stop in ((0, 50), (3, 4), (4, 9), (13, 50), (5, 5)):
        assert keys(start, stop, 7).tolist() == words[start:stop].tolist()


@given(population=st.integers(0, 400), size=st.integers(0, 400), seed=st.integers(0, 2**32), cut=st.integers(0, 400))
def test_exactly_as_many_and_the_same_in_pieces(population, size, seed, cut):
    sample = SeededSample(population, size, seed)
    whole = sample.holds(0, population)
    assert whole.sum() == min(size, population)
    smallest = np.sort(np.argsort(keys(0, population, seed), kind="stable")[:size])
    assert np.flatnonzero(whole).tolist() == smallest.tolist()
    cut = min(cut, population)
    again = SeededSample(population, size, seed)
    assert np.concatenate([again.holds(0, cut), again.holds(cut, population)]).tolist() == whole.tolist()


@pytest.mark.parametrize("block", [4, 97, 10_000])
def test_blocks_do_not_matter_and_small_samples_are_among_large_ones(monkeypatch, block):
    monkeypatch.setattr(seeded_sample, "BLOCK", block)
    small, large = (SeededSample(5000, size, 3).holds(0, 5000) for size in (300, 1200))
    assert (small.sum(), large.sum()) == (300, 1200)
    assert (large | ~small).all()
    assert (SeededSample(5000, 300, 4).holds(0, 5000) != small).any()


def test_equal_keys_are_taken_in_their_order(monkeypatch):
    words = np.array([5, 9, 5, 5, 1, 5], dtype=np.uint64)
    monkeypatch.setattr(seeded_sample, "keys", lambda start, stop, seed: words[start:stop])
    for size, expected in ((1, [4]), (2, [0, 4]), (3, [0, 2, 4]), (5, [0, 2, 3, 4, 5])):
        assert np.flatnonzero(SeededSample(6, size, 0).holds(0, 6)).tolist() == expected
