"""Intervals of single cells against scipy's bootstrap, hand-worked cases, and their own coverage."""

import numpy as np
import pytest
from scipy import stats

from dragon.errors import ArtifactError
from dragon.evaluation.cell_intervals import Statistic, counts, intervals

SAMPLES = 4000


def generator(seed):
    return np.random.Generator(np.random.Philox(seed))


def values(seed, queries=120, prefix="q", shift=0.0):
    """Skewed, with ties at 0 and 1, as reciprocal ranks are."""
    drawn = np.clip(generator(seed).beta(0.4, 1.2, queries) + shift, 0, 1).round(2)
    return {f"{prefix}{i}": float(value) for i, value in enumerate(drawn)}


def scipys(columns, statistic=np.mean):
    found = stats.bootstrap(
        columns, statistic, n_resamples=SAMPLES, method="percentile", rng=generator(99), vectorized=False
    )
    return found.confidence_interval


def test_one_collection_agrees_with_scipy():
    one = values(1)
    found = intervals({"a": Statistic([("one", one)])}, SAMPLES, 42)["a"]
    expected = scipys([list(one.values())])
    assert (found.low, found.high) == pytest.approx(tuple(expected), abs=0.006)  # intervals are .11 wide
    assert found.queries == 120
    assert found.low < np.mean(list(one.values())) < found.high


def test_a_mean_over_collections_is_stratified_as_scipys_several_samples_are():
    one, other = values(2, 80, "a"), values(3, 40, "b", shift=0.4)
    found = intervals({"mean": Statistic([("one", one), ("other", other)])}, SAMPLES, 42)["mean"]
    columns = [list(one.values()), list(other.values())]
    expected = scipys(columns, lambda x, y: (np.mean(x) + np.mean(y)) / 2)
    assert (found.low, found.high) == pytest.approx(tuple(expected), abs=0.006)
    pooled = scipys([[value for column in columns for value in column]])
    assert abs(found.low - pooled.low) > 0.01  # what forgetting the strata would give
    assert found.queries == 120


def test_a_share_of_the_best_is_resampled_with_the_same_queries():
    one = values(4)
    half = {query: value / 2 for query, value in one.items()}
    share = Statistic([("half", half)], over=[[("one", one)], [("half", half)]])
    found = intervals({"share": share}, SAMPLES, 42)["share"]
    assert (found.low, found.high) == pytest.approx((0.5, 0.5))


def test_two_values_by_hand():
    """Means of samples of {0, 1} are 0, 1/2, 1 with chances 1/4, 1/2, 1/4, so both tails reach the ends."""
    found = intervals({"a": Statistic([("v", {"x": 0.0, "y": 1.0})])}, SAMPLES, 1)["a"]
    assert (found.low, found.high) == (0.0, 1.0)
    certain = intervals({"a": Statistic([("v", {"x": 0.25, "y": 0.25})])}, SAMPLES, 1)["a"]
    assert (certain.low, certain.high) == (0.25, 0.25)


def test_every_sample_draws_as_many_queries_as_there_are():
    drawn = counts(7, 5000, generator(5))
    assert drawn.shape == (5000, 7)
    assert (drawn.sum(axis=1) == 7).all()
    assert drawn.mean(axis=0) == pytest.approx(np.ones(7), abs=0.06)
    assert drawn.var(axis=0) == pytest.approx(np.full(7, 6 / 7), abs=0.1)  # multinomial: n p (1 - p)


def test_an_interval_does_not_depend_on_what_else_is_asked_for():
    one, other = values(6), values(7, 50, "z")
    alone = intervals({"a": Statistic([("one", one)])}, SAMPLES, 42)["a"]
    both = {"b": Statistic([("other", other)]), "a": Statistic([("one", one)])}
    together = intervals(both, SAMPLES, 42)["a"]
    assert (together.low, together.high) == pytest.approx((alone.low, alone.high), abs=1e-12)
    assert intervals({"a": Statistic([("one", one)])}, SAMPLES, 43)["a"] != alone


def test_ninety_five_per_cent_of_intervals_hold_the_truth():
    """400 draws of 100 queries from a population of known mean; between 92 and 97.5 % for the percentile method."""
    population = generator(8).beta(0.6, 1.4, 100_000)
    draws = [generator(1000 + i).choice(population, 100) for i in range(400)]
    asked = {i: Statistic([(str(i), {f"q{j}": v for j, v in enumerate(drawn)})]) for i, drawn in enumerate(draws)}
    found = intervals(asked, 1000, 42).values()
    held = np.mean([one.low <= population.mean() <= one.high for one in found])
    assert 0.92 <= held <= 0.975


def test_no_queries_is_an_error():
    with pytest.raises(ArtifactError, match="dev of x: no per-query values; allowed: at least one query"):
        intervals({"a": Statistic([("dev of x", {})])}, SAMPLES, 1)
