"""What claims compare, read from metric, per-query and quality files, or the reason why there is nothing to compare."""

import statistics
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dragon import artifacts
from dragon.config import Params
from dragon.core import MetricTable
from dragon.core.metric_table import MEAN
from dragon.reporting import seeds
from dragon.reporting.claims import ClaimSpec, ClaimsSpec, Place, Side
from dragon.reporting.numbers import lacks_measure
from dragon.reporting.seeds import PerQuery


class NotRunError(LookupError):
    """Why a comparison cannot be made, in a few words."""


@dataclass(frozen=True, kw_only=True)
class Measured:
    """One comparison of a claim.

    per_query   left and right, each ``{query_id: value}`` per test set, fractions; None for qualities
    difference  of qualities, in their unit; None for systems
    spread      standard deviation of the difference over seeds, a fraction; None with one seed
    reason      why there is nothing; empty otherwise
    """

    claim: ClaimSpec
    left: Side
    right: Side | None
    per_query: tuple[list[PerQuery], list[PerQuery]] | None = None
    difference: float | None = None
    spread: float | None = None
    reason: str = ""


def measured(spec: ClaimsSpec, params: Params, within: Collection[str] | None = None) -> list[Measured]:
    """Every comparison of every claim, in the order of the file, on the first seed as tables show it.

    With ``within`` no other systems are read, and the value of a query is the mean over the seeds that all systems of
    a comparison were evaluated with.
    """
    reader = _Reader(params, within)
    return [reader.pair(claim, pair, spec.places.get(claim.at)) for claim in spec.claims for pair in claim.pairs()]


@dataclass(frozen=True)
class _Reader:
    """Reads each file once."""

    params: Params
    within: Collection[str] | None = None
    _files: dict[Path, Any] = field(default_factory=dict)

    def pair(self, claim: ClaimSpec, pair: tuple[Side, Side | None], place: Place | None) -> Measured:
        left, right = pair
        try:
            if place is None:
                return Measured(
                    claim=claim, left=left, right=right, difference=self._quality(left) - self._other(right)
                )
            found = self._per_query(left, right, place)
        except NotRunError as error:
            return Measured(claim=claim, left=left, right=right, reason=str(error))
        spread = self._spread(left, right, place)
        return Measured(claim=claim, left=left, right=right, per_query=found, spread=spread)

    def _other(self, side: Side | None) -> float:
        return 0.0 if side is None else self._quality(side)

    def _quality(self, side: Side) -> float:
        return sum(self._entry(name, side.key) for name in side.quality)

    def _entry(self, name: str, key: tuple[str, ...]) -> float:
        found = self._read(self.params.layout.quality(name), f"{name} not measured")
        for part in key:
            found = found.get(part) if isinstance(found, Mapping) else None
        if not isinstance(found, int | float):
            raise NotRunError(f"no {' '.join(key)} in {name}")
        return found

    def _per_query(self, left: Side, right: Side | None, place: Place) -> tuple[list[PerQuery], list[PerQuery]]:
        self._check(place, absolute=right is None)
        systems = [*left.systems, *(right.systems if right else ())]
        tests, with_seeds = self._tests(systems, place), self._seeds(systems, place)
        ours = [self._side(left, place, test, with_seeds) for test in tests]
        theirs = [
            self._side(right, place, test, with_seeds) if right else dict.fromkeys(ours[i], 0.0)
            for i, test in enumerate(tests)
        ]
        if any(one.keys() != other.keys() for one, other in zip(ours, theirs, strict=True)):
            raise NotRunError(f"{left.name} and {right.name if right else ''} were evaluated on different queries")
        return ours, theirs

    def _check(self, place: Place, absolute: bool) -> None:
        suite = self.params.scale.suites.get(place.suite)
        if suite is None or place.test not in (MEAN, *suite.named):
            name = place.suite if suite is None else place.test
            raise NotRunError(f"scale {self.params.scale_name} has no {name}")
        if lacks_measure(suite, place.test, place.measure):
            raise NotRunError(f"scale {self.params.scale_name} has no {place.measure} on {place.suite} {place.test}")
        if absolute and not self.params.scale.comparable:
            raise NotRunError("an absolute value; only for a scale that is comparable with the paper")

    def _tests(self, systems: list[str], place: Place) -> list[str]:
        """Test sets that the place stands for: those of the systems' means, or itself."""
        means = {tuple(self._table(system, place).facts["mean_of"]) for system in systems}
        if place.test != MEAN:
            return list(self.params.suite(place.suite).parts_of(place.test))
        if len(means) > 1:
            raise NotRunError(f"means over different collections: {' and '.join(dict.fromkeys(systems))}")
        return list(means.pop())

    def _seeds(self, systems: list[str], place: Place) -> tuple[int, ...]:
        """Whose values are averaged."""
        if self.within is None:
            return self.params.seeds[:1]
        return seeds.shared([self._table(system, place) for system in systems], self.params)

    def _side(self, side: Side, place: Place, test: str, with_seeds: tuple[int, ...]) -> PerQuery:
        values = self._mean(side.system, place, test, with_seeds)
        if not side.minus:
            return values
        other = self._mean(side.minus, place, test, with_seeds)
        if values.keys() != other.keys():
            raise NotRunError(f"{side.system} and {side.minus} were evaluated on different queries")
        return {query: value - other[query] for query, value in values.items()}

    def _mean(self, system: str, place: Place, test: str, with_seeds: tuple[int, ...]) -> PerQuery:
        return seeds.averaged([self._values(system, place, test, seed) for seed in with_seeds])

    def _values(self, system: str, place: Place, test: str, seed: int) -> PerQuery:
        path = seeds.folder(self.params, system, place.suite, seed) / f"{test}.per_query.json"
        found = self._read(path, f"no per-query values of {system} on {test}")
        if place.measure not in found:
            raise NotRunError(f"no {place.measure} of {system} on {test}")
        return found[place.measure]

    def _table(self, system: str, place: Place) -> MetricTable:
        if self.within is not None and system not in self.within:
            raise NotRunError(f"{system} is not among the systems compared here")
        path = self.params.layout.metrics(system, place.suite)
        if path not in self._files and path.exists():
            self._files[path] = MetricTable.read(path)
        if path not in self._files:
            raise NotRunError(f"{system} not evaluated on {place.suite}")
        return self._files[path]

    def _read(self, path: Path, otherwise: str) -> Any:
        if path not in self._files:
            if not path.exists():
                raise NotRunError(otherwise)
            self._files[path] = artifacts.read_json(path)
        return self._files[path]

    def _spread(self, left: Side, right: Side | None, place: Place) -> float | None:
        """Over all seeds; None when there is one, when nothing was trained, or when a student lacks one of them."""
        students = [name for side in (left, right) if side for name in side.systems if seeds.trained(name, self.params)]
        if len(self.params.seeds) < 2 or not students:
            return None
        values = [self._at(left, place, seed) for seed in self.params.seeds]
        others = [self._at(right, place, seed) if right else 0.0 for seed in self.params.seeds]
        if None in values or None in others:
            return None
        return statistics.stdev(one - other for one, other in zip(values, others, strict=True))

    def _at(self, side: Side, place: Place, seed: int) -> float | None:
        """A side's value with one seed; what was not trained has the same value with each."""
        found = [self._of_seed(name, place, seed) for name in side.systems]
        return None if None in found else found[0] - sum(found[1:])

    def _of_seed(self, system: str, place: Place, seed: int) -> float | None:
        found = seeds.values(self._table(system, place), self.params, seed) or {}
        return found.get(place.test, {}).get(place.measure)
