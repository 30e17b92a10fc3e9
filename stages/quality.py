"""Accuracy and diversity of supervision (Table 9, Appendix A.2): `python -m stages.quality crop/all`."""

import itertools

import numpy as np

from dragon import artifacts
from dragon.config import Params
from dragon.core import LabelStore
from dragon.evaluation.measures import mean_over
from dragon.supervision.quality import UniformMerge, overlap
from dragon.supervision.schedule import iterations
from stages.entry import run
from stages.sources import as_run, dev_lists, dev_qrels, dev_queries

MEASURE = "RR@10"


def main(labels: str) -> None:
    params = Params.load()
    store = LabelStore.open(params.layout.labels(labels))
    names = ("uniform", "progressive")
    report = {
        name: {str(i.number): _supervision(params, store, i.sources) for i in _units(params, name)} for name in names
    }
    artifacts.write_json(params.layout.quality("supervision"), report)
    artifacts.write_json(params.layout.quality("diversity"), _diversity(store))


def _units(params: Params, name: str):
    return iterations(params.experiment(name))


def _supervision(params: Params, store: LabelStore, sources: tuple[str, ...]) -> dict[str, float]:
    """RR@10 of the merged positives on dev, and their mean number on the labelled queries."""
    positives = params.experiment("uniform").training.positives
    merged = UniformMerge(dev_lists(params, sources), positives).ranked()
    accuracy = mean_over(as_run(params, merged), dev_qrels(params), MEASURE, list(dev_queries(params).ids))
    sizes = UniformMerge(store.select(sources), positives).union_sizes()
    return {MEASURE: accuracy, "avg_rel": float(sizes.mean())}


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
