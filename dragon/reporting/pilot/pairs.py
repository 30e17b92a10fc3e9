"""Pairs of systems at every place: values by query, averaged over seeds, and the difference with each seed."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from dragon.reporting import seeds
from dragon.reporting.pilot.spec import PairSpec
from dragon.reporting.pilot.values import AbsentError, Place, Reader
from dragon.reporting.seeds import PerQuery

ABOVE, BELOW, UNDECIDED = "above", "below", "undecided"
_NOISE = 1e-12
"""What means of equal values may differ by."""


@dataclass(frozen=True)
class Prepared:
    """What is to be compared; ``strata`` (left, right) is None where ``reason`` says why not."""

    pair: PairSpec
    place: Place
    right: str = ""
    strata: tuple[list[PerQuery], list[PerQuery]] | None = None
    by_seed: Mapping[int, float] | None = None
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class PairResult:
    """Left minus right as fractions, with a 95 % interval over queries.

    right    the system that was compared with, of several the best at this place
    by_seed  the difference with each seed that both were evaluated with
    verdict  above or below where the interval leaves 0 out, else undecided; empty where nothing was compared
    """

    pair: PairSpec
    place: Place
    right: str
    by_seed: Mapping[int, float]
    difference: float | None = None
    low: float | None = None
    high: float | None = None
    p_value: float | None = None
    queries: int | None = None
    reason: str = ""

    @classmethod
    def of(cls, one: Prepared, statistics: Mapping[str, Any]) -> "PairResult":
        """From what was prepared and ``difference``, ``low``, ``high``, ``p_value`` and ``queries``, if any."""
        known = {"right": one.right, "by_seed": one.by_seed or {}, "reason": one.reason}
        return cls(pair=one.pair, place=one.place, **known, **statistics)

    @property
    def verdict(self) -> str:
        if self.low is None or self.high is None:
            return ""
        return ABOVE if self.low > _NOISE else BELOW if self.high < -_NOISE else UNDECIDED


def prepared(pairs: Sequence[PairSpec], places: Sequence[Place], reader: Reader) -> list[Prepared]:
    """Every pair at every place."""
    return [_prepare(pair, place, reader) for pair in pairs for place in places]


def _prepare(pair: PairSpec, place: Place, reader: Reader) -> Prepared:
    try:
        tables = [reader.table(system, place.suite) for system in (pair.left, *pair.right)]
        with_seeds = seeds.shared(tables, reader.params)
        left, *others = (list(_by_seed(name, place, with_seeds, reader)) for name in (pair.left, *pair.right))
    except AbsentError as error:
        return Prepared(pair, place, reason=str(error))
    best = max(range(len(others)), key=lambda number: fmean(map(_value, others[number])))
    right = others[best]
    by_seed = {seed: _value(a) - _value(b) for seed, a, b in zip(with_seeds, left, right, strict=True)}
    return Prepared(pair, place, pair.right[best], (_averaged(left), _averaged(right)), by_seed)


def _by_seed(system: str, place: Place, with_seeds: Sequence[int], reader: Reader) -> Iterator[list[PerQuery]]:
    return (reader.strata(system, place, seed) for seed in with_seeds)


def _averaged(found: Sequence[list[PerQuery]]) -> list[PerQuery]:
    return [seeds.averaged(stratum) for stratum in zip(*found, strict=True)]


def _value(strata: Sequence[PerQuery]) -> float:
    """The unweighted mean over strata."""
    return fmean(fmean(stratum.values()) for stratum in strata)
