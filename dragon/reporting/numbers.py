"""Numbers behind cells: read from metric and quality files, or the reason why there is none."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dragon import artifacts
from dragon.artifacts import Layout
from dragon.core import MetricTable
from dragon.core.metric_table import MEAN
from dragon.reporting.spec import CellSpec


class MissingNumberError(LookupError):
    """Why a cell has no number, in a few words."""


@dataclass(frozen=True)
class Numbers:
    """Reads each file once."""

    layout: Layout
    _tables: dict[Path, MetricTable | None] = field(default_factory=dict)

    def table(self, system: str, suite: str) -> MetricTable | None:
        """A metric file, or None where there is none."""
        path = self.layout.metrics(system, suite)
        if path not in self._tables:
            self._tables[path] = MetricTable.read(path) if path.exists() else None
        return self._tables[path]

    def of(self, spec: CellSpec) -> Any:
        """What fills the cell: a number (fractions for effectiveness), a mapping or a text.

        Raises:
            MissingNumberError: it has not been measured.
        """
        if spec.text:
            return spec.text
        if spec.quality:
            return self._quality(spec)
        if spec.fact:
            return self._fact(spec)
        value = self._metric(spec.system, spec)
        if not spec.relative_to:
            return value
        best = max(self._metric(system, spec) for system in spec.relative_to)
        if best == 0:
            raise MissingNumberError("nothing to divide by")
        return value / best

    def queries(self, suite: str, test: str) -> int | None:
        """Judged queries of a test, or of all that a mean is over, as the metric files say."""
        for table in self._tables.values():
            if table is not None and table.suite == suite:
                counts = table.facts.get("num_queries", {})
                names = table.facts.get("mean_of", ()) if test == MEAN else (test,)
                if names and all(name in counts for name in names):
                    return sum(counts[name] for name in names)
        return None

    def _metric(self, system: str, spec: CellSpec) -> float:
        table = self._existing(system, spec.suite)
        if spec.measure not in table.values.get(spec.test, {}):
            raise MissingNumberError(f"no {spec.measure} of {system} on {spec.suite} {spec.test}")
        return table.values[spec.test][spec.measure]

    def _fact(self, spec: CellSpec) -> str:
        facts = self._existing(spec.system, spec.suite).facts
        if not facts.get(spec.fact):
            raise MissingNumberError(f"{spec.system} says nothing")
        return str(facts[spec.fact])

    def _existing(self, system: str, suite: str) -> MetricTable:
        table = self.table(system, suite)
        if table is None:
            raise MissingNumberError(f"{system} not evaluated on {suite}")
        return table

    def _quality(self, spec: CellSpec) -> Any:
        path = self.layout.quality(spec.quality)
        if not path.exists():
            raise MissingNumberError(f"{spec.quality} not measured")
        found = artifacts.read_json(path)
        for key in spec.key:
            if not isinstance(found, Mapping) or key not in found:
                raise MissingNumberError(f"no {' '.join(spec.key)} in {spec.quality}")
            found = found[key]
        return found
