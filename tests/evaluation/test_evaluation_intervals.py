"""Bootstrap intervals against scipy, a plain loop and the normal theory, and how often they cover the truth."""

import numpy as np
import pytest
from scipy import stats

from dragon.evaluation import intervals
from dragon.evaluation.intervals import of_mean, of_strata


def random(seed):
    return np.random.Generator(np.random.Philox(seed))


def skewed(seed, rows, queries):
    """Differences as retrieval has them: half are 0, the rest are skewed; their true mean is 0.1."""
    moved = random(seed).random((rows, queries)) < 0.5
    return np.where(moved, random(seed + 1).exponential(0.6, (rows, queries)) - 0.4, 0.0)


def test_one_collection_is_scipys_bca():
    differences_CQ = skewed(1, 3, 60)
    found = of_mean(differences_CQ, 999, 5)
    for row, (low, high) in zip(differences_CQ, found, strict=True):
        key = np.array([5, 1], dtype=np.uint64)
        expected = stats.bootstrap(
            (row,), np.mean, n_resamples=999, method="BCa", rng=np.random.Generator(np.random.Philox(key=key))
        ).confidence_interval
        assert (low, high) == pytest.approx(tuple(expected), abs=1e-12)


def test_what_has_no_spread_is_a_point():
    found = of_mean(np.array([[0.0, 0, 0], [0.25, 0.25, 0.25], [0.1, 0.2, 0.9]]), 500, 1)
    assert found[:2].tolist() == [[0, 0], [0.25, 0.25]]
    assert found[2, 0] < 0.4 < found[2, 1]
    assert of_mean(np.array([[0.5]]), 500, 1).tolist() == [[0.5, 0.5]]


def test_draws_that_fall_on_one_side_give_percentiles():
    """Three draws, all above the mean by chance: BCa does not exist there."""
    row = np.array([[1.0, 2, 0, 0, 5]])
    seeds = range(60)
    found = np.array([of_mean(row, 3, seed)[0] for seed in seeds])
    assert np.isfinite(found).all()
    assert (found[:, 0] <= found[:, 1]).all()


def test_strata_in_a_plain_loop():
    strata = [skewed(2, 1, 5), skewed(4, 1, 9)]
    generators = [np.random.Generator(np.random.Philox(key=np.array([3, s], dtype=np.uint64))) for s in (1, 2)]
    means = []
    for _ in range(300):
        drawn = [g.integers(0, one.shape[1], one.shape[1]) for g, one in zip(generators, strata, strict=True)]
        means.append(np.mean([one[0, rows].mean() for one, rows in zip(strata, drawn, strict=True)]))
    assert of_strata(strata, 300, 3)[0] == pytest.approx(np.quantile(means, [0.025, 0.975]), abs=1e-12)


def test_strata_as_scipys_several_samples():
    strata = [skewed(2, 1, 50) + 0.3, skewed(4, 1, 90)]
    expected = stats.bootstrap(
        [one[0] for one in strata],
        lambda x, y, axis: (x.mean(axis=axis) + y.mean(axis=axis)) / 2,
        n_resamples=20_000,
        method="percentile",
        rng=random(9),
    ).confidence_interval
    assert of_strata(strata, 20_000, 3)[0] == pytest.approx(tuple(expected), abs=0.004)
    assert expected.high - expected.low > 0.1


def test_comparisons_together_are_as_alone():
    strata = [skewed(6, 4, 20), skewed(8, 4, 30)]
    together, one = of_strata(strata, 400, 1), of_mean(strata[0], 400, 1)
    for row in range(4):
        assert of_strata([s[row : row + 1] for s in strata], 400, 1)[0] == pytest.approx(together[row])
        assert of_mean(strata[0][row : row + 1], 400, 1)[0] == pytest.approx(one[row])


def test_results_do_not_depend_on_how_much_is_drawn_at_a_time(monkeypatch):
    strata = [skewed(6, 4, 20), skewed(8, 4, 31)]
    of_all, of_one = of_strata(strata, 400, 1), of_mean(strata[1], 400, 1)
    monkeypatch.setattr(intervals, "_CHUNK", 700)
    assert of_strata(strata, 400, 1) == pytest.approx(of_all)
    assert of_mean(strata[1], 400, 1) == pytest.approx(of_one)


def test_the_truth_is_covered_as_often_as_said_one_collection():
    """1,000 samples of 80 queries: 95 % would be 950, standard error 7."""
    found = of_mean(skewed(20, 1000, 80), 1000, 1)
    covered = ((found[:, 0] <= 0.1) & (found[:, 1] >= 0.1)).mean()
    assert 0.92 < covered < 0.97
    missed_low, missed_high = (found[:, 0] > 0.1).mean(), (found[:, 1] < 0.1).mean()
    assert max(missed_low, missed_high) < 0.05


def test_the_truth_is_covered_as_often_as_said_means_over_collections():
    """Three collections of 60, 120 and 300 queries that differ in mean: pooled queries would miss the truth.

    Percentiles of small skewed samples are a little short.
    """
    truth = np.array([0.5, 0.0, -0.2])
    strata = [skewed(30 + 2 * i, 1000, n) - 0.1 + m for i, (n, m) in enumerate(zip((60, 120, 300), truth, strict=True))]
    found = of_strata(strata, 1000, 1)
    covered = ((found[:, 0] <= truth.mean()) & (found[:, 1] >= truth.mean())).mean()
    assert 0.915 < covered < 0.97
    pooled = of_strata([np.concatenate(strata, axis=1)], 1000, 1)
    assert ((pooled[:, 0] <= truth.mean()) & (pooled[:, 1] >= truth.mean())).mean() < 0.5


def test_the_same_seed_gives_the_same_interval_and_another_does_not():
    differences_CQ = skewed(3, 2, 50)
    assert (of_mean(differences_CQ, 500, 1) == of_mean(differences_CQ, 500, 1)).all()
    assert (of_mean(differences_CQ, 500, 1) != of_mean(differences_CQ, 500, 2)).any()
