"""Evaluate the fused pilot teachers with the tuned weights (Table 2, column 3): `python -m stages.evaluate_fused`."""

import numpy as np

from dragon import artifacts
from dragon.config import Params
from dragon.core import Corpus, Queries, RankedLists, Run
from dragon.supervision.fusion import fuse
from stages.entry import run
from stages.scoring import score_system
from stages.systems import MAIN_SUITES


def main() -> None:
    params = Params.load()
    fusion, layout = artifacts.read_json(params.layout.quality("fusion")), params.layout
    weights = fusion["weights"]

    for suite in MAIN_SUITES:

        def search(dataset: str, split: str, queries: Queries, suite: str = suite) -> tuple[np.ndarray, np.ndarray]:
            test = next(name for name, place in params.suite(suite).tests.items() if place == f"{dataset}/{split}")
            row_of = {i: row for row, i in enumerate(Corpus.open(layout.dataset(suite, dataset) / "corpus").ids)}
            runs = [Run.read(layout.runs(f"teacher-{name}", suite) / f"{test}.trec.gz") for name in weights]
            depth = params.scale.teacher_run_depth
            lists = [RankedLists(*one.to_rows(list(queries.ids), row_of, depth)) for one in runs]
            fused = fuse(lists, list(weights.values()), depth)
            return fused.docs_QK, fused.scores_QK

        facts = {"weights": weights, "stands_for": "linear fusion of " + ", ".join(weights)}
        score_system(params, "teacher-fused", suite, search, facts, params.scale.teacher_run_depth)


if __name__ == "__main__":
    run(main)
