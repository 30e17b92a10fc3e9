"""Sign-flip tests against hand-worked cases, scipy, a plain loop, and their error rate."""

import numpy as np
import pytest
from scipy import stats

from dragon.evaluation.permutation import _coins, p_values


def random(seed):
    return np.random.Generator(np.random.Philox(seed))


def reciprocal_ranks(seed, comparisons, queries):
    """Differences of RR@10 with their many zeros and ties."""
    ranks = 1 / random(seed).integers(1, 6, (2, comparisons, queries))
    return ranks[0] - ranks[1]


@pytest.mark.parametrize(
    ("differences", "expected"),
    [
        ([1, 1, 1], 2 / 8),  # +++ and ---
        ([4, 3, -1], 4 / 8),  # |sum| >= 6: +++, ++- and their mirrors
        ([1, 0, 0, 0], 1),  # zeros do not move: + and -
        ([0, 0], 1),
        ([1 / 2, 1 / 3, 1 / 6, -1], 1),  # the sum is 0
        ([1 / 2, -1 / 3, -1 / 6, 1], 10 / 16),  # in sixths 3, 2, 1, 6: sums 12, 10, 8, 6, 6 and mirrors reach 6
    ],
)
def test_by_hand(differences, expected):
    assert p_values(np.array([differences], dtype=float), 100, 1).tolist() == [expected]


@pytest.mark.parametrize("queries", [3, 6, 9, 12])
def test_all_patterns_as_scipy_enumerates_them(queries):
    differences_CQ = reciprocal_ranks(queries, 8, queries)
    found = p_values(differences_CQ, 2**12, 1)
    expected = [
        stats.permutation_test(
            (row, np.zeros(queries)), lambda x, y: np.mean(x - y), permutation_type="samples", n_resamples=np.inf
        ).pvalue
        for row in differences_CQ
    ]
    assert found == pytest.approx(expected, abs=1e-12)


def test_drawn_patterns_counted_in_a_plain_loop():
    differences_CQ = reciprocal_ranks(5, 3, 40)
    signs = [2 * coins - 1 for chunk in _coins(40, 2500, 7) for coins in chunk]
    assert len(signs) == 2500
    for row, found in zip(differences_CQ, p_values(differences_CQ, 2500, 7), strict=True):
        extreme = sum(abs((row * sign).sum()) >= abs(row.sum()) - 1e-12 for sign in signs)
        assert found == (extreme + 1) / 2501


def test_coins_are_fair_and_independent():
    coins_SQ = np.concatenate(list(_coins(65, 4000, 3)))
    assert np.unique(coins_SQ).tolist() == [0, 1]
    assert np.abs(coins_SQ.mean(axis=0) - 0.5).max() < 4.5 * 0.5 / np.sqrt(4000)
    correlations = np.corrcoef(coins_SQ.T)[np.triu_indices(65, 1)]
    assert np.abs(correlations).max() < 5 / np.sqrt(4000)


def test_comparisons_that_share_coins_have_the_values_they_have_alone():
    differences_CQ = reciprocal_ranks(2, 5, 70)
    together = p_values(differences_CQ, 3000, 1)
    alone = [p_values(row[None], 3000, 1)[0] for row in differences_CQ]
    assert together.tolist() == alone
    assert p_values(-1e-9 * differences_CQ, 3000, 1).tolist() == alone
    assert p_values(differences_CQ, 3000, 2).tolist() != alone


def test_p_is_never_below_what_the_number_of_patterns_allows():
    assert p_values(np.ones((1, 200)), 999, 1).tolist() == [1 / 1000]


def test_true_hypotheses_are_rejected_as_often_as_said():
    """1,000 symmetric samples: about 50 below .05, standard error 7."""
    found = p_values(random(11).laplace(0, 1, (1000, 40)), 2000, 4)
    assert 0.03 < (found < 0.05).mean() < 0.07
    assert 0.45 < found.mean() < 0.55


def test_real_differences_are_found():
    found = p_values(random(12).normal(0.5, 1, (200, 60)), 2000, 4)
    assert (found < 0.05).mean() > 0.9
