"""Tests that count as one: CQADupStack is the unweighted mean of its 12 forums, then one of BEIR's collections."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from dragon.core import MetricTable
from dragon.core.metric_table import MEAN
from dragon.evaluation.measures import mean


def with_groups(
    table: MetricTable, groups: Mapping[str, Sequence[str]], absent: Mapping[str, str] | None = None
) -> MetricTable:
    """The table with a row for every group whose tests it has, before the row ``mean``.

    ``facts`` gain ``groups``, the groups' judged queries under ``num_queries``, and ``absent`` (test -> why); a suite
    without groups whose collections are all there keeps the table that it had.
    """
    known = {name: list(tests) for name, tests in groups.items() if all(test in table.values for test in tests)}
    facts: dict[str, Any] = {"absent": dict(absent)} if absent else {}
    if not known:
        return replace(table, facts={**table.facts, **facts}) if facts else table
    rows = {test: row for test, row in table.values.items() if test != MEAN}
    rows |= {name: _mean(rows, tests) for name, tests in known.items()}
    counts = table.facts["num_queries"]
    facts["num_queries"] = {**counts, **{name: sum(counts[test] for test in tests) for name, tests in known.items()}}
    values = {**rows, **{name: row for name, row in table.values.items() if name == MEAN}}
    return replace(table, values=values, facts={**table.facts, **facts, "groups": known})


def _mean(rows: Mapping[str, Mapping[str, float]], tests: Sequence[str]) -> dict[str, float]:
    return {measure: mean(rows[test][measure] for test in tests) for measure in rows[tests[0]]}
