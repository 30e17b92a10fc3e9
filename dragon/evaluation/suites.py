"""A suite: the same system on several test sets, with the unweighted mean over those that the suite names."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from dragon import artifacts
from dragon.core import MetricTable, Qrels, Run
from dragon.core.metric_table import MEAN
from dragon.errors import ArtifactError
from dragon.evaluation.measures import mean, parse, per_query
from dragon.registry import unknown

Test = tuple[Run, Qrels, Path]
"""(run, judgments, the run file that holds this run)."""


def evaluate_suite(
    system: str,
    suite: str,
    tests: Mapping[str, Test],
    measures: Sequence[str],
    mean_of: Sequence[str],
    facts: Mapping[str, Any],
) -> MetricTable:
    """Values of every test and their mean, and what leads back from them.

    Writes ``<test>.per_query.json``, ``{measure: {query_id: value}}``, beside each run file. To ``facts`` it adds,
    by test: ``num_queries`` (judged), ``without_results``, ``without_judgments`` and ``runs`` (path, sha256).

    Raises:
        ConfigError: an unknown measure, or ``mean_of`` names a test that the suite lacks; before any evaluation.
        ArtifactError: a run file is missing.
    """
    for name in measures:
        parse(name)
    for test in mean_of:
        if test not in tests:
            raise unknown(f"{suite}: mean_of", test, tests)
    values = {test: _values(one, measures) for test, one in tests.items()}
    values[MEAN] = {name: mean(values[test][name] for test in mean_of) for name in measures}
    return MetricTable(system, suite, values, {**facts, **_facts(tests), "mean_of": list(mean_of)})


def per_query_path(run_path: Path) -> Path:
    """Where the per-query values of a run file ``<test>.trec.gz`` lie."""
    return run_path.with_name(run_path.name.removesuffix(".gz").removesuffix(".trec") + ".per_query.json")


def _values(test: Test, measures: Sequence[str]) -> dict[str, float]:
    run, qrels, path = test
    values = per_query(run, qrels, measures)
    artifacts.write_json(per_query_path(path), values)
    return {name: mean(by_query.values()) for name, by_query in values.items()}


def _facts(tests: Mapping[str, Test]) -> dict[str, dict[str, Any]]:
    rows = {test: _counts(run, qrels) for test, (run, qrels, _) in tests.items()}
    counts = {key: {test: row[key] for test, row in rows.items()} for key in _COUNTS}
    return {**counts, "runs": {test: _file(path) for test, (_, _, path) in tests.items()}}


_COUNTS = ("num_queries", "without_results", "without_judgments")


def _counts(run: Run, qrels: Qrels) -> dict[str, int]:
    without_results = sum(not run.results.get(query) for query in qrels.grades)
    without_judgments = sum(query not in qrels.grades for query in run.results)
    return dict(zip(_COUNTS, (len(qrels), without_results, without_judgments), strict=True))


def _file(path: Path) -> dict[str, str]:
    if not path.exists():
        raise ArtifactError(f"{path}: not there; the run file is written before its values")
    return {"path": str(path), "sha256": artifacts.file_digest(path)}
