import json
from pathlib import Path

import numpy as np

from dragon.supervision.sampling import Sampler, subset

GOLDEN = Path(__file__).parents[1] / "golden" / "triplets.json"


def sampler(lists, **changes):
    return Sampler(lists, **{"positives": 10, "negatives": (46, 50), "seed": 42, "iteration": 2, **changes})


def visits(one, count=1000):
    """The first ``count`` visits of an iteration, epoch after epoch."""
    out = []
    for epoch in range(100):
        drawn = one.draw(one.visits(epoch), epoch)
        out += list(
            zip(*(getattr(drawn, n).tolist() for n in ("query", "source", "positive", "negative")), strict=True)
        )
        if len(out) >= count:
            return [list(visit) for visit in out[:count]]
    raise AssertionError("too few queries")


def test_golden_triplets(make_lists):
    """Any change here moves numbers: it must be meant, and the change log must say so."""
    lists = [make_lists(seed, short={3: 48, 5: 0, 9: 7}) for seed in (1, 2, 3)]
    assert visits(sampler(lists)) == json.loads(GOLDEN.read_text())


def test_ranks_and_sources_have_equal_shares(make_lists):
    lists = [make_lists(seed, queries=300) for seed in (1, 2, 3)]
    drawn = [sampler(lists).draw(np.arange(300), epoch) for epoch in range(100)]
    source = np.concatenate([one.source for one in drawn])
    assert np.allclose(np.bincount(source) / len(source), 1 / 3, atol=0.01)
    positive_rank, negative_rank = [], []
    for one in drawn:
        for n, each in enumerate(lists):
            at = one.source == n
            hit = each.docs_QK[one.query[at]]
            positive_rank.append(np.argmax(hit == one.positive[at, None], axis=1) + 1)
            negative_rank.append(np.argmax(hit == one.negative[at, None], axis=1) + 1)
    positive, negative = np.bincount(np.concatenate(positive_rank)), np.bincount(np.concatenate(negative_rank))
    assert np.flatnonzero(positive).tolist() == list(range(1, 11))
    assert np.flatnonzero(negative).tolist() == list(range(46, 51))
    assert np.allclose(positive[1:] / 30_000, 0.1, atol=0.01)
    assert np.allclose(negative[46:] / 30_000, 0.2, atol=0.01)


def test_draws_of_one_visit_are_independent(make_lists):
    lists = [make_lists(seed, queries=500) for seed in (1, 2)]
    drawn = sampler(lists).draw(np.arange(500), 0)
    ranks = [
        np.argmax(lists[s].docs_QK[q] == p) for q, s, p in zip(drawn.query, drawn.source, drawn.positive, strict=True)
    ]
    assert abs(np.corrcoef(drawn.source, ranks)[0, 1]) < 0.15


def test_batch_size_and_order_of_queries_change_nothing(make_lists):
    one = sampler([make_lists(seed) for seed in (1, 2, 3)])
    rows = np.arange(40)
    whole = one.draw(rows, 4)
    shuffled = np.random.Generator(np.random.Philox(0)).permutation(rows)
    pieces = [one.draw(shuffled[i : i + 7], 4) for i in range(0, 40, 7)]
    for name in ("source", "positive", "negative"):
        again = np.empty(40, dtype=np.int64)
        again[shuffled] = np.concatenate([getattr(piece, name) for piece in pieces])
        assert (again == getattr(whole, name)).all()


def test_seed_iteration_and_epoch_each_change_the_draws(make_lists):
    lists = [make_lists(seed) for seed in (1, 2, 3)]
    base = sampler(lists).draw(np.arange(40), 0).positive
    for other in (
        sampler(lists, seed=43).draw(np.arange(40), 0),
        sampler(lists, iteration=3).draw(np.arange(40), 0),
        sampler(lists).draw(np.arange(40), 1),
    ):
        assert (other.positive != base).mean() > 0.7


def test_an_empty_list_is_drawn_from_the_other_teachers(make_lists):
    lists = [make_lists(1, short={5: 0}), make_lists(2)]
    sources = {int(sampler(lists).draw(np.array([5]), epoch).source[0]) for epoch in range(50)}
    assert sources == {1}


def test_a_missing_negative_is_a_masked_dummy(make_lists):
    lists = [make_lists(1, short={5: 45, 6: 47})]
    drawn = [sampler(lists).draw(np.array([5, 6]), epoch) for epoch in range(30)]
    assert {int(one.negative[0]) for one in drawn} == {-1}
    assert {int(one.negative[1]) for one in drawn} == set(lists[0].docs_QK[6, 45:47].tolist())


def test_a_short_list_gives_positives_it_has(make_lists):
    lists = [make_lists(1, short={5: 3})]
    found = {int(sampler(lists).draw(np.array([5]), epoch).positive[0]) for epoch in range(60)}
    assert found == set(lists[0].docs_QK[5, :3].tolist())


def test_queries_that_nobody_labelled_are_left_out_and_counted(make_lists):
    one = sampler([make_lists(1, short={5: 0}), make_lists(2, short={5: 0, 8: 40})])
    assert sorted(one.visits(0)) == [row for row in range(40) if row != 5]
    assert one.facts() == {
        "queries": 40,
        "queries_without_lists": 1,
        "empty_lists": 2,
        "lists_without_negatives": 3,
    }


def test_lists_of_one_passage_have_no_negatives(make_lists):
    drawn = sampler([make_lists(1, depth=1)]).draw(np.arange(40), 0)
    assert (drawn.negative == -1).all()
    assert (drawn.positive == make_lists(1, depth=1).docs_QK[:, 0]).all()


def test_subsets_are_nested_and_seeded():
    small, medium = subset(500, 60, seed=1), subset(500, 200, seed=1)
    assert (small.sum(), medium.sum(), subset(500, 0, 1).sum(), subset(500, 900, 1).sum()) == (60, 200, 500, 500)
    assert (medium | ~small).all()
    assert (subset(500, 60, seed=2) != small).any()


def test_a_subset_is_visited_whole_and_draws_as_it_would_in_the_full_set(make_lists):
    lists = [make_lists(seed, queries=300) for seed in (1, 2)]
    full, part = sampler(lists), sampler(lists, limit=80)
    rows = np.flatnonzero(subset(300, 80, part.seed))
    assert part.queries == 80
    assert sorted(part.visits(3)) == rows.tolist()
    assert [row for row in full.visits(3) if row in rows] == part.visits(3).tolist()
    assert part.draw(rows, 3).positive.tolist() == full.draw(rows, 3).positive.tolist()


def test_soft_lists_hold_one_passage_of_each_stratum(make_lists):
    lists = [make_lists(seed, queries=200) for seed in (1, 2)]
    drawn = sampler(lists).draw_lists(np.arange(200), 0, 4)
    edges = [0, 12, 25, 37, 50]
    for m in range(4):
        assert set(drawn.ranks_BM[:, m]) == set(range(edges[m], edges[m + 1]))
    for row in range(200):
        one = lists[drawn.source[row]]
        assert drawn.docs_BM[row].tolist() == one.docs_QK[row][drawn.ranks_BM[row]].tolist()
        assert drawn.scores_BK[row].tolist() == one.scores_QK[row].tolist()
    assert drawn.source.tolist() == sampler(lists).draw(np.arange(200), 0).source.tolist()


def test_soft_lists_of_short_lists_are_padded(make_lists):
    lists = [make_lists(1, short={0: 1, 1: 3, 2: 6})]
    drawn = sampler(lists).draw_lists(np.arange(4), 0, 4)
    held = (drawn.docs_BM != -1).sum(axis=1)
    assert held.tolist() == [1, 3, 4, 4]
    assert all(len(set(row[row != -1])) == count for row, count in zip(drawn.docs_BM, held, strict=True))
