"""Places where systems are compared, and every system's value there: the mean over seeds, and each seed's."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean
from typing import Any

from dragon import artifacts
from dragon.config import Params
from dragon.core import MetricTable
from dragon.reporting import seeds
from dragon.reporting.pilot.spec import PilotSpec
from dragon.reporting.seeds import PerQuery


class AbsentError(LookupError):
    """Why there is no number, in a few words."""


@dataclass(frozen=True)
class Place:
    """A measure on one test, or on several: their unweighted mean, or with ``pooled`` all queries as one sample."""

    title: str
    suite: str
    tests: tuple[str, ...]
    measure: str
    pooled: bool = False


@dataclass(frozen=True)
class Score:
    """Fractions: the mean over the seeds of ``by_seed``, where what is not trained has one entry."""

    mean: float
    by_seed: Mapping[int, float]

    @property
    def range(self) -> tuple[float, float] | None:
        """Lowest and highest of several seeds."""
        found = self.by_seed.values()
        return (min(found), max(found)) if len(found) > 1 else None


def in_domain(spec: PilotSpec, params: Params) -> list[Place]:
    """Every test, each on the first measure that it lists."""
    name, suite = spec.in_domain.suite, params.suite(spec.in_domain.suite)
    firsts = [(test, suite.measures_of(test)[0]) for test in suite.tests]
    return [Place(f"{test} {measure}", name, (test,), measure) for test, measure in firsts]


def pooled(spec: PilotSpec, params: Params) -> list[Place]:
    """The in-domain tests with graded judgments together, where there are several."""
    graded = [place for place in in_domain(spec, params) if place.measure == spec.in_domain.graded]
    tests = tuple(test for place in graded for test in place.tests)
    title = f"{' and '.join(tests)} pooled {spec.in_domain.graded}"
    return [Place(title, spec.in_domain.suite, tests, spec.in_domain.graded, pooled=True)] if len(tests) > 1 else []


def zero_shot_mean(spec: PilotSpec, params: Params) -> Place:
    """The suite's own mean."""
    name, measure = spec.zero_shot.suite, spec.zero_shot.measure
    return Place(f"{params.scale.labels.get(name, name)}, mean {measure}", name, params.suite(name).mean_of, measure)


def collections(spec: PilotSpec, params: Params) -> list[Place]:
    """Every zero-shot test by itself, a group of tests as one."""
    name, measure = spec.zero_shot.suite, spec.zero_shot.measure
    suite = params.suite(name)
    return [Place(test, name, suite.parts_of(test), measure) for test in suite.shown]


@dataclass(frozen=True)
class Reader:
    """Reads each file once."""

    params: Params
    _files: dict[Path, Any] = field(default_factory=dict)

    def table(self, system: str, suite: str) -> MetricTable:
        """Raises AbsentError where the system was not evaluated on the suite."""
        path = self.params.layout.metrics(system, suite)
        if path not in self._files:
            if not path.exists():
                raise AbsentError(f"{system} not evaluated on {suite}")
            self._files[path] = MetricTable.read(path)
        return self._files[path]

    def score(self, system: str, place: Place) -> Score | None:
        """None where the system was not evaluated there, or not on that measure."""
        try:
            table = self.table(system, place.suite)
        except AbsentError:
            return None
        by_seed = {}
        for seed in seeds.shared([table], self.params):
            values = seeds.values(table, self.params, seed) or {}
            found = [values.get(test, {}).get(place.measure) for test in place.tests]
            if None in found:
                return None
            by_seed[seed] = fmean(found)
        return Score(fmean(by_seed.values()), by_seed)

    def strata(self, system: str, place: Place, seed: int) -> list[PerQuery]:
        """Values by query, made with one seed: a stratum for each test, or one for all of them.

        Raises:
            AbsentError: the system was not evaluated there, or not on that measure.
        """
        found = [self._by_query(system, place, test, seed) for test in place.tests]
        if not place.pooled:
            return found
        return [dict(_named(place.tests, found))]

    def _by_query(self, system: str, place: Place, test: str, seed: int) -> PerQuery:
        path = seeds.folder(self.params, system, place.suite, seed) / f"{test}.per_query.json"
        if path not in self._files:
            if not path.exists():
                raise AbsentError(f"no per-query values of {system} on {test}")
            self._files[path] = artifacts.read_json(path)
        if place.measure not in self._files[path]:
            raise AbsentError(f"no {place.measure} of {system} on {test}")
        return self._files[path][place.measure]


def _named(tests: Sequence[str], found: Sequence[PerQuery]) -> Iterator[tuple[str, float]]:
    """Queries of several tests may have equal ids."""
    for test, values in zip(tests, found, strict=True):
        yield from ((f"{test}/{query}", value) for query, value in values.items())
