"""What imported systems are worth together on one test: their fusions, and how much every three of them differ."""

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

from dragon.core import Qrels, RankedLists, Run
from dragon.evaluation.by_test import within
from dragon.evaluation.measures import mean, per_query
from dragon.progress import progress
from dragon.supervision.fusion import fuse, spread
from dragon.supervision.quality import UniformMerge
from dragon.teachers.imported import imported

TOP, SIZE = 10, 3
"""Passages of each list that a union takes, and systems of a combination: as many as the paper's pilot has teachers."""


def together(runs: Mapping[str, Run], qrels: Qrels, measures: Sequence[str]) -> dict[str, Any]:
    """Values of the fusion of all systems and of every three, and the mean size of the union of three top tens.

    Lists are as deep as the shallowest system's deepest; a measure that looks deeper is left out. In a fusion a
    system's scores are divided by the mean distance between its first and its last, so that all have an equal say.

    Args:
        runs: two or more systems on one test.
        qrels: its judgments; queries without any are left out.
        measures: what the test is measured with.
    """
    systems, query_ids = list(runs), list(qrels.grades)
    depth = min(max(map(len, found.results.values())) for found in runs.values())
    doc_ids = sorted({doc for found in runs.values() for hits in found.results.values() for doc, _ in hits})
    lists = {name: imported(found, query_ids, doc_ids, depth)[0] for name, found in runs.items()}
    kept = within(measures, depth)

    def fused(names: Sequence[str]) -> dict[str, float]:
        merged = _equal_say([lists[name] for name in names], depth)
        values = per_query(Run.from_rows(query_ids, doc_ids, merged.docs_QK, merged.scores_QK), qrels, kept)
        return {measure: mean(by_query.values()) for measure, by_query in values.items()}

    threes = list(itertools.combinations(systems, SIZE))
    return {
        "systems": systems,
        "queries": len(query_ids),
        "depth": depth,
        "fusion_of_all": fused(systems),
        "threes": {" + ".join(names): _union(lists, names) | fused(names) for names in progress(threes, "threes")},
    }


def _equal_say(lists: Sequence[RankedLists], depth: int) -> RankedLists:
    return fuse(lists, [1 / (spread(one) or 1.0) for one in lists], depth)


def _union(lists: Mapping[str, RankedLists], names: Sequence[str]) -> dict[str, float]:
    sizes = UniformMerge([lists[name] for name in names], TOP).union_sizes()
    return {f"union_at_{TOP}": float(sizes.mean())}
