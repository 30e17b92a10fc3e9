"""Numbers behind cells: read from metric and quality files, or the reason why there is none."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dragon import artifacts
from dragon.artifacts import Layout
from dragon.config import Scale, Suite
from dragon.core import MetricTable
from dragon.core.metric_table import MEAN
from dragon.reporting.cell_spec import CellSpec

LACKS = "scale {} has no "
"""Opens the reason for a suite or a test that the scale in force does not have."""


class MissingNumberError(LookupError):
    """Why a cell has no number, in a few words."""


class AbsentError(MissingNumberError):
    """Why a collection is not there that only the user can bring; no system has a number."""


@dataclass(frozen=True)
class Numbers:
    """Reads each file once."""

    layout: Layout
    scale: Scale
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
        self._check_scale(spec)
        if spec.quality:
            return self._quality(spec)
        if spec.fact:
            return self._fact(spec)
        self._check_measure(spec)
        value = self._metric(spec.system, spec)
        if not spec.relative_to:
            return value
        best = max(self._metric(system, spec) for system in spec.relative_to)
        if best == 0:
            raise MissingNumberError("nothing to divide by")
        return value / best

    def covers(self, spec: CellSpec) -> str:
        """``9 of 11`` for an average that lacks some of its tests, else empty."""
        found = len(self._averaged(spec.system, spec))
        return f"{found} of {len(spec.average)}" if 0 < found < len(spec.average) else ""

    def queries(self, suite: str, test: str) -> int | None:
        """Judged queries of a test, or of all that a mean is over, as the metric files say."""
        for table in self._tables.values():
            if table is not None and table.suite == suite:
                counts = table.facts.get("num_queries", {})
                names = table.facts.get("mean_of", ()) if test == MEAN else (test,)
                if names and all(name in counts for name in names):
                    return sum(counts[name] for name in names)
        return None

    def has(self, suite: str, test: str) -> bool:
        """Whether the scale in force has this test or group of tests, or this suite for its mean."""
        return suite in self.scale.suites and test in (MEAN, *self.scale.suites[suite].named)

    def _check_scale(self, spec: CellSpec) -> None:
        """What the scale lacks is the reason, before any file that could have held it."""
        lacks = LACKS.format(self.layout.scale)
        if spec.suite and spec.suite not in self.scale.suites:
            raise MissingNumberError(f"{lacks}{spec.suite}")
        if spec.test and not spec.average and spec.suite and not self.has(spec.suite, spec.test):
            raise MissingNumberError(f"{lacks}{spec.test}")
        if spec.average and not any(self.has(spec.suite, test) for test in spec.average):
            raise MissingNumberError(f"{lacks.strip()}ne of these {len(spec.average)} collections")

    def _check_measure(self, spec: CellSpec) -> None:
        """What a test is not measured with is one reason for all systems."""
        if not spec.average and lacks_measure(self.scale.suites[spec.suite], spec.test, spec.measure):
            lacks = LACKS.format(self.layout.scale)
            raise MissingNumberError(f"{lacks}{spec.measure} on {spec.suite} {spec.test}")

    def _metric(self, system: str, spec: CellSpec) -> float:
        table = self._existing(system, spec.suite)
        if spec.average:
            return self._mean(system, spec)
        if spec.test in table.facts.get("absent", {}):
            raise AbsentError(table.facts["absent"][spec.test])
        if spec.measure not in table.values.get(spec.test, {}):
            raise MissingNumberError(f"no {spec.measure} of {system} on {spec.suite} {spec.test}")
        return table.values[spec.test][spec.measure]

    def _mean(self, system: str, spec: CellSpec) -> float:
        values = self._averaged(system, spec)
        if not values:
            raise MissingNumberError(f"no {spec.measure} of {system} on any of these collections")
        return sum(values) / len(values)

    def _averaged(self, system: str, spec: CellSpec) -> list[float]:
        """Values of those of the averaged tests that the metric file has."""
        table = self.table(system, spec.suite) if spec.average else None
        found = (table.values.get(test, {}) for test in spec.average) if table else ()
        return [values[spec.measure] for values in found if spec.measure in values]

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
        whole = artifacts.read_json(path)
        value = _at(whole, spec.key)
        if value is None or (spec.unless and _at(whole, spec.unless) is not None):
            raise MissingNumberError(spec.absent or f"no {' '.join(spec.key)} in {spec.quality}")
        return value


def lacks_measure(suite: Suite, test: str, measure: str) -> bool:
    """Whether a test, or the suite's mean, is without a measure since the suite's tests have lists of their own."""
    found = suite.shared_measures if test == MEAN else suite.measures_of(test)
    return bool(suite.test_measures) and measure not in found


def _at(found: Any, key: tuple[str, ...]) -> Any:
    """What stands under a path of keys, or None."""
    for part in key:
        if not isinstance(found, Mapping):
            return None
        found = found.get(part)
    return found
