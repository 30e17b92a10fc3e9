"""What the stage `imported` does with one system: its runs against judgments, and what neither side knows."""

from collections.abc import Collection
from pathlib import Path
from typing import Any

from dragon import artifacts
from dragon.config import Params
from dragon.core import Corpus, MetricTable, Qrels, Run
from dragon.datasets.beir_lines import Lines
from dragon.datasets.beir_qrels import read_qrels
from dragon.evaluation.by_test import evaluate_tests, within
from dragon.evaluation.groups import with_groups
from dragon.evaluation.suites import Test
from dragon.imports import NAME, PREFIX, user_file
from dragon.progress import progress
from stages.fusions import TOP


def where(params: Params) -> str:
    """The key that holds the entries."""
    return f"scales/{params.scale_name}.yaml: {NAME}"


def imported_table(params: Params, name: str, suite_name: str) -> MetricTable:
    """Values of the tests that have a run; their mean is over the suite's, or over all of them if it names none."""
    entry, suite = params.scale.imported[name], params.suite(suite_name)
    tests: dict[str, Test] = {}
    facts: dict[str, Any] = {"about": entry.about, "imported": {}, "judgments": {}, "ids": {}}
    for test in (test for test in suite.tests if f"{suite_name}/{test}" in entry.runs):
        path, judged = entry.runs[f"{suite_name}/{test}"], judgments(params, name, suite_name, test)
        facts["imported"][test], facts["judgments"][test] = _file(path, params), _file(judged, params)
        found, target = Run.read(_place(path, params)), params.layout.runs(PREFIX + name, suite_name)
        found.write(target / f"{test}.trec.gz", NAME)
        tests[test] = found, qrels_of(judged, params), target / f"{test}.trec.gz"
        facts["ids"][test] = _ids(tests[test], params.layout.dataset(suite_name, suite.tests[test].split("/")[0]))
    measures = {test: within(suite.measures_of(test), _depth(found)) for test, (found, _, _) in tests.items()}
    mean_of = [test for test in suite.mean_of if test in tests] or list(tests)
    return with_groups(evaluate_tests(PREFIX + name, suite_name, tests, measures, mean_of, facts), suite.groups)


def _depth(found: Run) -> int:
    return max(map(len, found.results.values()))


def judgments(params: Params, name: str, suite: str, test: str) -> str:
    """The file of judgments that the entry of a system names for a test, or the suite's own."""
    dataset, split = params.suite(suite).tests[test].split("/")
    own = str(params.layout.dataset(suite, dataset) / "qrels" / f"{split}.trec")
    return params.scale.imported[name].qrels.get(f"{suite}/{test}", own)


def _place(path: str, params: Params) -> Path:
    return user_file(path, where(params))


def _file(path: str, params: Params) -> dict[str, str]:
    """As it is named, and its digest."""
    return {"path": path, "sha256": artifacts.file_digest(_place(path, params))}


def qrels_of(path: str, params: Params) -> Qrels:
    """Judgments in BEIR's or TREC's form."""
    return Qrels(read_qrels(Lines(_place(path, params))).grades)


def _ids(test: Test, data: Path) -> dict[str, int]:
    """What the judgments do not know of the results of judged queries, and what the collection in ``data`` lacks.

    ``results`` and ``unjudged`` count pairs of query and document, ``outside`` counts documents, each once.
    """
    found, qrels, _ = test
    hits = {query: [doc for doc, _ in found.results.get(query, [])] for query in qrels.grades}
    unjudged = {query: [doc not in qrels.grades[query] for doc in docs] for query, docs in hits.items()}
    return {
        "results": sum(map(len, hits.values())),
        "unjudged": sum(map(sum, unjudged.values())),
        f"unjudged_at_{TOP}": sum(sum(one[:TOP]) for one in unjudged.values()),
        "outside": _outside({doc for docs in hits.values() for doc in docs}, data),
    }


def _outside(docs: Collection[str], data: Path) -> int:
    """How many of the documents the collection lacks; its ids are read one by one, never held."""
    ids = progress(Corpus.open(data / "corpus").ids, f"{data.name}: ids", "id")
    return len(docs) - sum(doc in docs for doc in ids)
