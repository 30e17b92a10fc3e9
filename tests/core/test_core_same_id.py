"""Results that are the query itself are dropped; a list is as long as was asked for."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragon.core.same_id import ruled_ids, without_same_id

DOCS = ["a", "b", "c", "d"]


def test_lists_worked_by_hand():
    docs = np.array([[1, 0, 2], [1, 0, 2], [2, 3, 1], [3, -1, -1], [-1, -1, -1]], dtype=np.int32)
    scores = np.array([[3, 2, 1], [3, 2, 1], [3, 2, 1], [3, -np.inf, -np.inf], [-np.inf] * 3], dtype=np.float32)
    kept, found = without_same_id(["b", "c", "x", "d", "a"], DOCS, docs, scores)
    assert kept.tolist() == [[0, 2], [1, 0], [2, 3], [-1, -1], [-1, -1]]
    assert found[:3].tolist() == [[2, 1], [3, 2], [3, 2]]
    assert np.isneginf(found[3:]).all()
    assert (kept.dtype, found.dtype) == (np.int32, np.float32)


def test_nothing_but_the_last_place_is_lost_where_no_rule_holds():
    docs, scores = np.array([[0, 1], [1, 0]]), np.array([[2.0, 1.0], [2.0, 1.0]])
    assert without_same_id(["", "b"], DOCS, docs, scores)[0].tolist() == [[0], [0]]


@pytest.mark.parametrize(
    ("rule", "expected"),
    [(True, ["a/1", "b/1"]), (False, ["", ""]), (["a/"], ["a/1", ""]), (["b/", "c/"], ["", "b/1"]), ([], ["", ""])],
)
def test_a_rule_holds_for_all_queries_or_by_prefix(rule, expected):
    assert ruled_ids(["a/1", "b/1"], rule) == expected


@given(st.lists(st.permutations(range(4)), min_size=1, max_size=6), st.data())
def test_it_is_what_filtering_each_list_gives(lists, data):
    queries = [data.draw(st.sampled_from([*DOCS, "q"])) for _ in lists]
    docs = np.array(lists, dtype=np.int32)
    scores = np.tile(np.arange(4, 0, -1, dtype=np.float32), (len(lists), 1))
    kept, found = without_same_id(queries, iter(DOCS), docs, scores)
    for row, query in enumerate(queries):
        pairs = [(doc, score) for doc, score in zip(docs[row], scores[row], strict=True) if DOCS[doc] != query][:3]
        assert list(zip(kept[row], found[row], strict=True)) == pairs
