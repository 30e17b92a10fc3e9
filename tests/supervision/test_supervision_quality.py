import numpy as np

from dragon.core import RankedLists
from dragon.supervision.quality import UniformMerge, overlap


def lists(*rows):
    docs = np.array(rows, dtype=np.int32)
    return RankedLists(docs, np.where(docs < 0, -np.inf, -np.arange(docs.shape[1])).astype(np.float32))


def test_votes_first_then_reciprocal_ranks_then_row():
    # top 2 of three teachers: 5 has three votes; 6 two (1 + 1/2); 9 has one at rank 2
    pool = [lists([5, 6, 1]), lists([6, 5, 2]), lists([5, 9, 3])]
    merged = UniformMerge(pool, positives=2).ranked()
    assert merged.docs_QK.tolist() == [[5, 6, 9, -1, -1, -1]]


def test_equal_votes_are_ordered_by_the_sum_of_reciprocal_ranks():
    pool = [lists([8, 3]), lists([8, 4])]  # 8: 2 votes; 3 and 4: one vote at rank 2 each, tie by row
    assert UniformMerge(pool, positives=2).ranked().docs_QK[0, :3].tolist() == [8, 3, 4]
    pool = [lists([3, 7]), lists([4, 7])]  # 7: 2 votes; then 3 and 4 at rank 1, tie by row
    assert UniformMerge(pool, positives=2).ranked().docs_QK[0, :3].tolist() == [7, 3, 4]


def test_union_sizes_ignore_padding_and_lower_ranks():
    pool = [lists([1, 2, 3], [4, -1, -1]), lists([2, 9, 1], [-1, -1, -1])]
    assert UniformMerge(pool, positives=2).union_sizes().tolist() == [3, 1]


def test_overlap_counts_shared_passages():
    assert overlap(lists([1, 2, 3], [4, 5, -1]), lists([3, 2, 9], [-1, -1, -1]), 3) == 1.0
    assert overlap(lists([1, 2, 3]), lists([3, 2, 9]), 2) == 1.0


def test_union_against_python_sets(make_lists):
    pool = [make_lists(seed, passages=60) for seed in (1, 2, 3)]
    expected = [len({int(d) for one in pool for d in one.docs_QK[q, :10]}) for q in range(40)]
    assert UniformMerge(pool, 10).union_sizes().tolist() == expected
