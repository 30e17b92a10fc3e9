"""Which per-query values stand behind a cell, so that a stage can say how sure the cell's number is."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from dragon.artifacts import Layout
from dragon.config import Params
from dragon.core import MetricTable
from dragon.core.metric_table import MEAN
from dragon.reporting.cell_spec import CellSpec
from dragon.reporting.numbers import Numbers


@dataclass(frozen=True)
class Source:
    """One measure of one run file's per-query values, ``{measure: {query_id: value}}``."""

    path: Path
    measure: str


@dataclass(frozen=True)
class Behind:
    """A cell's number: the mean over ``sources`` of their means, each as often as it stands there, divided by the
    best of ``over`` if there is any."""

    sources: tuple[Source, ...]
    over: tuple[tuple[Source, ...], ...] = ()


def behind(cells: Iterable[CellSpec], params: Params) -> dict[CellSpec, Behind]:
    """What to resample for each cell; cells that are no mean over queries, or not measured, are left out."""
    numbers, found = Numbers(params.layout, params.scale), {}
    for cell in cells:
        sources = _sources(cell.system, cell, numbers)
        over = [_sources(system, cell, numbers) for system in cell.relative_to]
        if sources and all(over):
            found[cell] = Behind(sources, tuple(over))
    return found


def per_query(layout: Layout, system: str, suite: str, test: str) -> Path:
    """Where a system's per-query values of one test lie."""
    return layout.runs(system, suite) / f"{test}.per_query.json"


def shared_tests(layout: Layout, left: str, right: str, suite: str, measure: str) -> list[str]:
    """The tests that the means of both systems are over.

    Nothing where they differ, one was not evaluated, or a mean lacks the measure, as not all of its tests have it.
    """
    paths = [layout.metrics(system, suite) for system in (left, right)]
    if not all(path.exists() for path in paths):
        return []
    tables = [MetricTable.read(path) for path in paths]
    found, other = (list(table.facts.get("mean_of", ())) for table in tables)
    return found if found == other and all(measure in table.values.get(MEAN, {}) for table in tables) else []


def tests(cell: CellSpec, table: MetricTable) -> tuple[str, ...]:
    """The tests, or groups of them, that a cell of this metric file averages, or the one that it shows."""
    if cell.average:
        return tuple(test for test in cell.average if cell.measure in table.values.get(test, {}))
    return tuple(table.facts.get("mean_of", ())) if cell.test == MEAN else (cell.test,)


def _sources(system: str, cell: CellSpec, numbers: Numbers) -> tuple[Source, ...]:
    """A test stands as often as its say asks for: beside a group of 12, a test of its own stands 12 times."""
    table = numbers.table(system, cell.suite) if cell.measure and cell.systems() else None
    if table is None:
        return ()
    parts = [table.facts.get("groups", {}).get(name, [name]) for name in tests(cell, table)]
    most = math.lcm(*map(len, parts))
    found = [test for group in parts for test in group for _ in range(most // len(group))]
    measured = all(cell.measure in table.values.get(test, {}) for test in found)
    sources = [Source(per_query(numbers.layout, system, cell.suite, test), cell.measure) for test in found]
    return tuple(sources) if measured and all(one.path.exists() for one in sources) else ()
