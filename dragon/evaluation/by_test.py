"""Which test of a suite is measured with what, and suites whose tests are not all measured with the same."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from dragon.core import MetricTable
from dragon.core.metric_table import MEAN
from dragon.evaluation.measures import cutoff, mean, parse
from dragon.evaluation.suites import Test, evaluate_suite
from dragon.registry import unknown
from dragon.settings import Suite


def measures_of(suite: Suite, tests: Iterable[str], depth: int | None = None) -> dict[str, tuple[str, ...]]:
    """Test -> its measures; one that looks deeper than ``depth`` is left out: shorter lists say something else."""
    return {test: within(suite.measures_of(test), depth) for test in tests}


def within(measures: Sequence[str], depth: int | None) -> tuple[str, ...]:
    """Those of the measures that lists of this depth can answer, all where it is None; raises as ``parse`` does."""
    return tuple(name for name in measures if depth is None or (cutoff(name) or 0) <= depth)


def evaluate_tests(
    system: str,
    suite: str,
    tests: Mapping[str, Test],
    measures: Mapping[str, Sequence[str]],
    mean_of: Sequence[str],
    facts: Mapping[str, Any],
) -> MetricTable:
    """As :func:`~dragon.evaluation.suites.evaluate_suite`, each test with the measures that stand under its name.

    The row ``mean`` holds the measures that all tests of ``mean_of`` have, in the order of the first of them.

    Raises:
        ConfigError: an unknown measure, or ``mean_of`` names a test that the suite lacks; before any evaluation.
        ArtifactError: a run file is missing.
    """
    lists = list(dict.fromkeys(tuple(measures[test]) for test in tests))
    if len(lists) == 1:
        return evaluate_suite(system, suite, tests, lists[0], mean_of, facts)
    _check(suite, tests, lists, mean_of)
    groups = [{test: one for test, one in tests.items() if tuple(measures[test]) == names} for names in lists]
    tables = [
        evaluate_suite(system, suite, group, names, list(group), {}) for names, group in zip(lists, groups, strict=True)
    ]
    found = {test: row for table in tables for test, row in table.values.items() if test != MEAN}
    values = {test: found[test] for test in tests}
    shared = [name for name in values[mean_of[0]] if all(name in values[test] for test in mean_of)]
    values[MEAN] = {name: mean(values[test][name] for test in mean_of) for name in shared}
    return MetricTable(system, suite, values, {**facts, **_merged(tables, tests), "mean_of": list(mean_of)})


def _check(suite: str, tests: Mapping[str, Test], lists: Iterable[Sequence[str]], mean_of: Sequence[str]) -> None:
    for name in (name for names in lists for name in names):
        parse(name)
    for test in mean_of:
        if test not in tests:
            raise unknown(f"{suite}: mean_of", test, tests)


def _merged(tables: Iterable[MetricTable], tests: Iterable[str]) -> dict[str, dict[str, Any]]:
    """What the tables say by test, as one, in the order of the tests."""
    facts = [{key: value for key, value in table.facts.items() if key != "mean_of"} for table in tables]
    by_key = {key: {test: value for one in facts for test, value in one[key].items()} for key in facts[0]}
    return {key: {test: row[test] for test in tests} for key, row in by_key.items()}
