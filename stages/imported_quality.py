"""Fusions of imported runs, and how much every three differ: `python -m stages.imported_quality in-domain`."""

import itertools
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from dragon import artifacts
from dragon.config import Params
from dragon.core import MetricTable, Qrels, RankedLists, Run
from dragon.datasets.beir_lines import Lines
from dragon.datasets.beir_qrels import read_qrels
from dragon.errors import ConfigError
from dragon.evaluation.measures import cutoff, mean, per_query
from dragon.imports import PREFIX, user_file
from dragon.progress import progress
from dragon.supervision.fusion import fuse, spread
from dragon.supervision.quality import UniformMerge
from dragon.teachers.imported import imported
from stages.entry import run

TOP = 10


def main(*suites: str) -> None:
    params = Params.load()
    report: dict[str, dict[str, Any]] = {suite: {} for suite in suites}
    for suite in suites:
        for test in params.suite(suite).tests:
            systems = [name for name, entry in params.scale.imported.items() if f"{suite}/{test}" in entry.runs]
            if systems:
                report[suite][test] = _quality(params, suite, test, systems)
                print(f"{suite}/{test}: fusion of {len(systems)}: {report[suite][test]['fusion_of_all']}")
    artifacts.write_json(params.layout.quality("imported"), report)


def _quality(params: Params, suite: str, test: str, systems: Sequence[str]) -> dict[str, Any]:
    """What the systems are worth together on one test."""
    runs = {name: Run.read(params.layout.runs(PREFIX + name, suite) / f"{test}.trec.gz") for name in systems}
    qrels = Qrels(read_qrels(Lines(_judged(params, suite, test, systems))).grades)
    depth = min(max(map(len, found.results.values())) for found in runs.values())
    measures = [measure for measure in params.suite(suite).measures if (cutoff(measure) or 0) <= depth]
    doc_ids = sorted({doc for found in runs.values() for hits in found.results.values() for doc, _ in hits})
    query_ids = list(qrels.grades)
    lists = {name: imported(found, query_ids, doc_ids, depth)[0] for name, found in runs.items()}

    def fused(names: Sequence[str]) -> dict[str, float]:
        merged = _equal_say([lists[name] for name in names], depth)
        values = per_query(Run.from_rows(query_ids, doc_ids, merged.docs_QK, merged.scores_QK), qrels, measures)
        return {measure: mean(by_query.values()) for measure, by_query in values.items()}

    threes = list(itertools.combinations(systems, 3))
    return {
        "systems": list(systems),
        "queries": len(query_ids),
        "depth": depth,
        "fusion_of_all": fused(systems),
        "threes": {" + ".join(names): _three(lists, names) | fused(names) for names in progress(threes, "threes")},
    }


def _equal_say(lists: Sequence[RankedLists], depth: int) -> RankedLists:
    """Scores of each system divided by the mean distance between its first and its last."""
    return fuse(lists, [1 / (spread(one) or 1.0) for one in lists], depth)


def _three(lists: Mapping[str, RankedLists], names: Sequence[str]) -> dict[str, float]:
    sizes = UniformMerge([lists[name] for name in names], TOP).union_sizes()
    return {f"union_at_{TOP}": float(sizes.mean())}


def _judged(params: Params, suite: str, test: str, systems: Sequence[str]) -> Path:
    """The judgments that all systems were evaluated with."""
    tables = [MetricTable.read(params.layout.metrics(PREFIX + name, suite)) for name in systems]
    paths = {table.facts["judgments"][test]["path"] for table in tables}
    if len(paths) > 1:
        raise ConfigError(
            f"imported: {suite}/{test}: found judgments {sorted(paths)}, allowed: the same for all systems"
        )
    return user_file(paths.pop(), f"imported: judgments of {suite}/{test}")


if __name__ == "__main__":
    run(main)
