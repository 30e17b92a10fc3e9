"""Shards: computed once, resumed after a kill, repaired when damaged, never wrong."""

import numpy as np
import pytest

from dragon.errors import ConfigError
from dragon.store import Store
from dragon.teachers.shards import KIND, rank_in_shards, which_part

DEPTH = 3
KEY = {"stages": ["a teacher"], "corpus": "a corpus"}
QUERIES = [f"query {i}" for i in range(10)]


class Counting:
    """A searcher whose list for ``query i`` is i, i + 1, i + 2; it counts what it was asked and can be killed."""

    def __init__(self, die_at=None):
        self.opened, self.asked, self.die_at = 0, [], die_at

    def open(self):
        self.opened += 1
        return self

    def search(self, queries, depth):
        if len(self.asked) == self.die_at:
            raise KeyboardInterrupt
        self.asked.append(list(queries))
        rows = np.array([int(query.split()[1]) for query in queries], dtype=np.int32)
        docs = rows[:, None] + np.arange(depth, dtype=np.int32)
        return docs, np.broadcast_to(-np.arange(depth, dtype=np.float32), docs.shape)


def _rank(store, searcher, only=None, queries=QUERIES, depth=DEPTH, key=KEY):
    return rank_in_shards(searcher.open, queries, depth, store, key, 4, only)


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "store")


def test_shards_are_joined_in_query_order(store):
    searcher = Counting()
    lists = _rank(store, searcher)
    assert lists.docs_QK.tolist() == [[i, i + 1, i + 2] for i in range(10)]
    assert lists.scores_QK.tolist() == [[0.0, -1.0, -2.0]] * 10
    assert [len(texts) for texts in searcher.asked] == [4, 4, 2]
    assert searcher.opened == 1


def test_shards_are_computed_once_and_the_searcher_stays_closed(store):
    first = _rank(store, Counting())
    again = Counting()
    np.testing.assert_array_equal(_rank(store, again).docs_QK, first.docs_QK)
    assert (again.opened, again.asked) == (0, [])


def test_a_killed_ranking_goes_on_where_it_was(store):
    killed = Counting(die_at=2)
    with pytest.raises(KeyboardInterrupt):
        _rank(store, killed)
    resumed = Counting()
    assert _rank(store, resumed).docs_QK[:, 0].tolist() == list(range(10))
    assert resumed.asked == [QUERIES[8:]]


def test_a_damaged_shard_is_named_and_computed_again(store, capsys):
    _rank(store, Counting())
    victim = sorted((store.root / KIND).glob("[0-9a-f]*/docs.npy"))[0]
    victim.write_bytes(victim.read_bytes()[:-4] + b"\x07\x07\x07\x07")
    again = Counting()
    assert _rank(store, again).docs_QK[:, 0].tolist() == list(range(10))
    assert len(again.asked) == 1
    assert victim.parent.name in capsys.readouterr().out


@pytest.mark.parametrize(
    "change",
    [{"key": {**KEY, "corpus": "another"}}, {"depth": 2}, {"queries": [f"query {i + 100}" for i in range(10)]}],
)
def test_whatever_decides_a_list_is_in_its_key(store, change):
    _rank(store, Counting())
    other = Counting()
    _rank(store, other, **change)
    assert len(other.asked) == 3


def test_a_changed_query_costs_only_its_shard(store):
    _rank(store, Counting())
    other = Counting()
    _rank(store, other, queries=[*QUERIES[:9], "query 77"])
    assert other.asked == [["query 8", "query 77"]]


def test_only_computes_every_nth_shard_and_the_last_part_joins(store):
    first, second = Counting(), Counting()
    assert _rank(store, first, only=(0, 2)) is None
    assert first.asked == [QUERIES[:4], QUERIES[8:]]
    lists = _rank(store, second, only=(1, 2))
    assert second.asked == [QUERIES[4:8]]
    assert lists.docs_QK[:, 0].tolist() == list(range(10))


def test_a_part_without_shards_computes_nothing(store):
    searcher = Counting()
    assert _rank(store, searcher, only=(7, 9)) is None
    assert searcher.opened == 0


@pytest.mark.parametrize("only", [(2, 2), (-1, 3), (0, 0)])
def test_an_impossible_part_is_an_error(store, only):
    with pytest.raises(ConfigError, match="allowed: i/n"):
        _rank(store, Counting(), only=only)


def test_no_queries_make_empty_lists(store):
    assert _rank(store, Counting(), queries=[]).docs_QK.shape == (0, DEPTH)


def test_which_part_reads_i_of_n():
    assert which_part("3/12") == (3, 12)
    for wrong in ("3", "/", "a/4", "-1/4", "1/2/3", ""):
        with pytest.raises(ConfigError, match="shards: found"):
            which_part(wrong)
