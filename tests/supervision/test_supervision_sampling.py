import json
from pathlib import Path

import numpy as np

from dragon.supervision.sampling import Sampler

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
