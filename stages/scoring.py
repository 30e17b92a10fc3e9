"""What every evaluation stage does alike: search each test of a suite, write runs, per-query values and metrics."""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from dragon import artifacts
from dragon.config import Params
from dragon.core import Corpus, MetricTable, Qrels, Queries, Run
from dragon.core.absent import absent_tests, mean_there, without
from dragon.core.ranked_lists import PAD
from dragon.core.same_id import ruled_ids, without_same_id
from dragon.datasets.checks import check_use
from dragon.evaluation.by_test import evaluate_tests, measures_of
from dragon.evaluation.groups import with_groups

Search = Callable[[str, str, Queries], tuple[np.ndarray, np.ndarray]]
"""(dataset, split, queries) -> docs int32 and scores float32 ``[Q, K]``."""


def score_system(params: Params, system: str, suite: str, search: Search, facts: Mapping[str, Any], depth: int) -> None:
    """Evaluate a system whose lists are at most ``depth`` long on one suite, and write its runs and metrics."""
    table = score(params, system, suite, search, facts, params.layout.runs(system, suite), depth)
    table.write(params.layout.metrics(system, suite))
    print(line(table))


def at_depth(
    data: Path, queries: Queries, depth: int, fetch: Callable[[int], tuple[np.ndarray, np.ndarray]]
) -> tuple[np.ndarray, np.ndarray]:
    """What ``fetch`` finds at a depth: docs int32 and scores float32 ``[Q, depth]``.

    Where the collection in ``data`` says ``drop_same_id``, one more is fetched and the document that is the query
    itself is dropped.
    """
    rule = artifacts.read_meta(data).get("drop_same_id")
    if not rule:
        return fetch(depth)
    docs_QK, scores_QK = fetch(depth + 1)
    if docs_QK.shape[1] <= depth:  # the whole collection, one place more
        last = ((0, 0), (0, 1))
        docs_QK, scores_QK = (
            np.pad(docs_QK, last, constant_values=PAD),
            np.pad(scores_QK, last, constant_values=-np.inf),
        )
    return without_same_id(ruled_ids(queries.ids, rule), Corpus.open(data / "corpus").ids, docs_QK, scores_QK)


def line(table: MetricTable) -> str:
    return f"{table.system} {table.suite}: " + ", ".join(f"{k} {v:.4f}" for k, v in table.values["mean"].items())


def score(
    params: Params,
    system: str,
    suite_name: str,
    search: Search,
    facts: Mapping[str, Any],
    folder: Path,
    depth: int | None = None,
) -> MetricTable:
    """Evaluate one system on one suite into ``folder``; returns its table, which is not written.

    Tests whose collection is absent are left out, and named under ``absent`` in the facts.
    A measure that looks deeper than ``depth`` is left out: of shorter lists it would say something else.
    """
    suite, layout = params.suite(suite_name), params.layout
    absent = absent_tests(suite, layout.dataset(suite_name, ""))
    places, mean_of = without(suite.tests, absent), mean_there(suite, absent, suite_name)
    measures, tests, written = measures_of(suite, places, depth), {}, []
    with ThreadPoolExecutor(1) as writer:  # compression goes on beside the next search
        for test, place in places.items():
            dataset, split = place.split("/")
            check_use(data := layout.dataset(suite_name, dataset))
            queries, corpus = Queries.open(data / "queries" / split), Corpus.open(data / "corpus")
            run = Run.from_rows(list(queries.ids), list(corpus.ids), *search(dataset, split, queries))
            path = folder / f"{test}.trec.gz"
            written.append(writer.submit(run.write, path, system))
            tests[test] = (run, Qrels.read(data / "qrels" / f"{split}.trec"), path)
    for one in written:
        one.result()
    return with_groups(evaluate_tests(system, suite_name, tests, measures, mean_of, facts), suite.groups, absent)
