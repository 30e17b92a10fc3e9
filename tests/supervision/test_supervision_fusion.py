import numpy as np
import pytest

from dragon.core import RankedLists
from dragon.supervision.fusion import fuse, score_matrix, spread, tune


def lists(docs, scores):
    return RankedLists(np.array(docs, dtype=np.int32), np.array(scores, dtype=np.float32))


@pytest.fixture
def pair():
    one = lists([[4, 7, 9], [1, -1, -1]], [[3.0, 2.0, 1.0], [5.0, -np.inf, -np.inf]])
    other = lists([[7, 8, 4], [-1, -1, -1]], [[0.9, 0.5, 0.1], [-np.inf] * 3])
    return one, other


def test_missing_passages_take_the_lists_minimum(pair):
    union, matrix = score_matrix(pair, 0)
    assert union.tolist() == [4, 7, 8, 9]
    assert matrix[0].tolist() == [3.0, 2.0, 1.0, 1.0]
    assert np.allclose(matrix[1], [0.1, 0.9, 0.5, 0.1])


def test_fused_lists_by_hand(pair):
    # weights 1 and 2: 4 -> 3.2, 7 -> 3.8, 8 -> 2.0, 9 -> 1.2
    fused = fuse(pair, (1.0, 2.0), depth=3)
    assert fused.docs_QK.tolist() == [[7, 4, 8], [1, -1, -1]]
    assert np.allclose(fused.scores_QK[0], [3.8, 3.2, 2.0])


def test_ties_go_to_the_lower_row(pair):
    fused = fuse(pair, (0.0, 0.0), depth=4)
    assert fused.docs_QK[0].tolist() == [4, 7, 8, 9]


def test_spread_is_the_mean_range(pair):
    assert spread(pair[0]) == pytest.approx(2.0)
    assert spread(pair[1]) == pytest.approx(0.8)


def test_tuning_takes_the_best_setting_and_grid_one_means_equal_say(pair):
    def evaluate(fused):
        return float(fused.docs_QK[0, 0] == 7)

    weights, value = tune(pair, (0.01, 1.0, 2.0), 3, evaluate)
    assert value == 1.0
    assert weights == pytest.approx((1.0, 2.0 / 0.8))
