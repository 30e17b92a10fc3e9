"""How much teachers differ in what they take for relevant: `python -m stages.diversity crop/all`."""

import itertools

import numpy as np

from dragon import artifacts
from dragon.config import Params
from dragon.core import LabelStore
from dragon.supervision.quality import UniformMerge, overlap
from stages.entry import run


def main(labels: str) -> None:
    params = Params.load()
    store = LabelStore.open(params.layout.labels(labels))
    artifacts.write_json(params.layout.quality("diversity"), _diversity(store))


def _diversity(store: LabelStore) -> dict[str, object]:
    """Shared passages in the top 10 of every two teachers, the union's size of every three, and short lists."""
    pairs = {" + ".join(pair): overlap(*store.select(pair), 10) for pair in itertools.combinations(store.members, 2)}
    triples = {
        " + ".join(three): float(np.mean(UniformMerge(store.select(three), 10).union_sizes()))
        for three in itertools.combinations(store.members, 3)
    }
    lists = {name: one.facts() for name, one in store.members.items()}
    return {"queries": len(store), "lists": lists, "overlap_at_10": pairs, "union_of_three_at_10": triples}


if __name__ == "__main__":
    run(main)
