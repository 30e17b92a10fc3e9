"""A mixture by coin is trained on in epochs as long as one of its sets."""

import dataclasses

from dragon import artifacts
from dragon.settings import Iteration
from dragon.store import Store
from dragon.training.batches import schedule
from dragon.training.iterations import iteration_key, sampler_of, walk

FIRST = Iteration(number=1, sources=("unicoil",))


def test_rows_that_are_alternatives_are_one_visit(tiny, tmp_path):
    """64 rows, two and two of them alternatives: 2 steps of 16 an epoch, where 64 queries of their own make 4."""
    coin = dataclasses.replace(tiny, labels=dataclasses.replace(tiny.labels, alternatives=2))
    assert (tiny.training_queries, coin.training_queries) == (64, 32)
    rows = [row for _, batch in schedule(sampler_of(coin, FIRST), coin.experiment.training) for row in batch.tolist()]
    assert sorted(row % 32 for row in rows) == list(range(32))
    assert max(rows) >= 32 > min(rows)
    assert iteration_key(coin, coin.init, FIRST) != iteration_key(tiny, tiny.init, FIRST)
    finished = walk(coin, Store(tmp_path / "s"), upto=1, announce=lambda line: None)[0].checkpoint
    facts = artifacts.read_json(finished.folder / "facts.json")
    assert (facts["steps"], facts["queries_seen"], facts["sampler"]["queries"]) == (2, 32, 32)
