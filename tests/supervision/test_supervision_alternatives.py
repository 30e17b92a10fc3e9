"""A coin at every visit: one of two rows, as the official code draws between two kinds of query."""

import numpy as np
import pytest

from dragon.core import LabelStore, RankedLists
from dragon.errors import ArtifactError
from dragon.supervision.sampling import Sampler, subset

ROWS = 200


@pytest.fixture
def lists(make_lists):
    return [make_lists(seed, queries=2 * ROWS) for seed in (1, 2)]


def sampler(lists, **changes):
    return Sampler(
        lists, **{"positives": 10, "negatives": (46, 50), "seed": 5, "iteration": 1, "alternatives": 2, **changes}
    )


def test_an_epoch_visits_one_of_every_two(lists):
    one = sampler(lists)
    assert (one.queries, one.all_queries) == (ROWS, ROWS)
    sides = []
    for epoch in range(60):
        rows = one.visits(epoch)
        assert sorted((rows % ROWS).tolist()) == list(range(ROWS))
        sides.append((rows >= ROWS)[np.argsort(rows % ROWS)])
    sides = np.array(sides)
    assert abs(sides.mean() - 0.5) < 0.02
    assert np.abs(sides.mean(axis=0) - 0.5).max() < 0.35  # every row meets both
    assert abs(np.corrcoef(sides[:-1].ravel(), sides[1:].ravel())[0, 1]) < 0.05


def test_the_order_of_visits_is_that_of_one_set(lists):
    """The coin is a draw of its own: it takes the order, the sources and the ranks of other draws as they are."""
    by_coin = sampler(lists).visits(4)
    alone = sampler([RankedLists(one.docs_QK[:ROWS], one.scores_QK[:ROWS]) for one in lists], alternatives=1)
    assert (by_coin % ROWS).tolist() == alone.visits(4).tolist()
    left = by_coin < ROWS
    drawn, expected = sampler(lists).draw(by_coin, 4), alone.draw(by_coin[left], 4)
    assert drawn.positive[left].tolist() == expected.positive.tolist()
    assert drawn.source[left].tolist() == expected.source.tolist()


@pytest.mark.parametrize("change", [{"seed": 6}, {"iteration": 2}])
def test_seed_iteration_and_epoch_each_throw_again(lists, change):
    def sides(one, epoch):
        rows = one.visits(epoch)
        return (rows >= ROWS)[np.argsort(rows % ROWS)]

    first = sides(sampler(lists), 0)
    assert (sides(sampler(lists), 0) == first).all()
    for other in (sides(sampler(lists, **change), 0), sides(sampler(lists), 1)):
        assert 0.3 < (other != first).mean() < 0.7


def test_a_subset_limits_visits_and_not_rows(lists):
    one = sampler(lists, limit=50)
    assert one.queries == 50
    held = np.flatnonzero(subset(ROWS, 50, 5))
    for epoch in range(5):
        assert sorted((one.visits(epoch) % ROWS).tolist()) == held.tolist()


def test_a_row_without_lists_is_left_out_when_it_is_drawn(make_lists):
    one = sampler([make_lists(1, queries=2 * ROWS, short={7: 0})])
    for epoch in range(20):
        rows = one.visits(epoch)
        assert 7 not in rows
        assert len(rows) == ROWS - (7 + ROWS not in rows)


def test_the_manifest_says_so(make_lists, tmp_path):
    folders = {"t": tmp_path / "t"}
    make_lists(1, queries=6).write(folders["t"])
    plain = LabelStore.write(tmp_path / "plain.json", "mix", folders)
    store = LabelStore.write(tmp_path / "coin.json", "mix", folders, alternatives=2)
    assert (len(plain), plain.visits, plain.alternatives) == (6, 6, 1)
    assert (len(store), store.visits, store.alternatives) == (6, 3, 2)
    assert "alternatives" not in (tmp_path / "plain.json").read_text()
    with pytest.raises(ArtifactError, match="found 6 rows, allowed: a multiple of 4"):
        LabelStore.write(tmp_path / "odd.json", "mix", folders, alternatives=4)
