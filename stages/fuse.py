"""Fuse the pilot pool's lists, weights tuned on a held-out half of dev: `python -m stages.fuse crop`."""

import numpy as np

from dragon import artifacts
from dragon.config import Params
from dragon.core import LabelStore, RankedLists
from dragon.evaluation.measures import mean_over
from dragon.supervision.counter import order
from dragon.supervision.fusion import fuse, tune
from stages.entry import run
from stages.sources import as_run, dev_lists, dev_qrels, dev_queries


def main(query_set: str) -> None:
    params = Params.load()
    fusion = params.scale.fusion
    teachers = params.pools[fusion.pool].teachers
    for teacher in teachers:
        what = f"fuse: the score fusion of {teacher}'s lists"
        RankedLists.open(params.layout.ranking(query_set, teacher)).require_whole(what)
    dev, qrels, ids = dev_lists(params, teachers), dev_qrels(params), list(dev_queries(params).ids)
    halves = np.array_split(order(len(ids), fusion.seed), 2)

    def value(lists: RankedLists, rows: np.ndarray) -> float:
        return mean_over(as_run(params, lists, rows), qrels, fusion.measure, [ids[row] for row in rows])

    tuning = [RankedLists(one.docs_QK[halves[0]], one.scores_QK[halves[0]]) for one in dev]
    weights, _ = tune(tuning, fusion.weights, fusion.depth, lambda lists: value(lists, halves[0]))
    fused = fuse(dev, weights, fusion.depth)
    rows = {"tuned_half": halves[0], "held_out_half": halves[1], "all": np.arange(len(ids))}
    report = {name: _half(fused, at, value, fusion.measure) for name, at in rows.items()}
    artifacts.write_json(
        params.layout.quality("fusion"), {"weights": dict(zip(teachers, weights, strict=True)), **report}
    )
    labels = LabelStore.open(params.layout.labels(f"{query_set}/{fusion.pool}")).select(teachers)
    fuse(labels, weights, params.scale.label_depth).write(params.layout.ranking(query_set, "fused"), teacher="fused")
    print(f"fused {query_set}: weights {weights}, {report}")


def _half(fused: RankedLists, at: np.ndarray, value, measure: str) -> dict[str, float]:
    chosen = RankedLists(fused.docs_QK[at], fused.scores_QK[at])
    return {measure: value(chosen, at), "queries": len(at)}


if __name__ == "__main__":
    run(main)
