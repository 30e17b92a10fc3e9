"""Accuracy of supervision, number of positives (Table 9, A.2): `python -m stages.quality crop/pilot`."""

from dragon import artifacts
from dragon.config import Params
from dragon.core import LabelStore
from dragon.evaluation.measures import mean_over
from dragon.supervision.quality import UniformMerge
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


def _units(params: Params, name: str):
    return iterations(params.experiment(name))


def _supervision(params: Params, store: LabelStore, sources: tuple[str, ...]) -> dict[str, float]:
    """RR@10 of the merged positives on dev, and their mean number on the labelled queries."""
    positives = params.experiment("uniform").training.positives
    merged = UniformMerge(dev_lists(params, sources), positives).ranked()
    accuracy = mean_over(as_run(params, merged), dev_qrels(params), MEASURE, list(dev_queries(params).ids))
    sizes = UniformMerge(store.select(sources), positives).union_sizes()
    return {MEASURE: accuracy, "avg_rel": float(sizes.mean())}


if __name__ == "__main__":
    run(main)
