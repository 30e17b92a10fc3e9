"""How sure is one printed number? Bootstrap intervals over queries for every cell of every table at once.

Cells that are measured on the same queries are resampled together: one matrix of multinomial counts for each set of
queries, times the matrix of all systems' values. A mean over collections is stratified, each collection resampled
within itself, as the suite's mean is unweighted.
"""

import hashlib
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from dragon.errors import ArtifactError

PerQuery = Mapping[str, float]
Stratum = tuple[str, PerQuery]
"""(name of the values, ``query_id -> value``); the same name means the same values."""
Key = TypeVar("Key", bound=Hashable)
_CHUNK = 1000


@dataclass(frozen=True)
class Statistic:
    """What a cell shows: the unweighted mean of its strata's means, divided by the best of ``over`` if there is any.

    A stratum that stands twice has twice the say of one that stands once.
    """

    strata: Sequence[Stratum]
    over: Sequence[Sequence[Stratum]] = ()


@dataclass(frozen=True)
class Interval:
    """95 % percentile bootstrap interval over ``queries`` queries, in the unit of the values."""

    low: float
    high: float
    queries: int


def intervals(statistics: Mapping[Key, Statistic], samples: int, seed: int, level: float = 0.95) -> dict[Key, Interval]:
    """An interval for every statistic; the same values, samples and seed give the same intervals everywhere.

    Raises:
        ArtifactError: a stratum has no queries.
    """
    means = _sample_means(statistics.values(), samples, seed)
    tails = [(1 - level) / 2, (1 + level) / 2]
    found = {}
    for key, one in statistics.items():
        drawn = _mean(one.strata, means)
        if one.over:
            best = np.max([_mean(other, means) for other in one.over], axis=0)
            drawn = np.divide(drawn, best, out=np.zeros_like(drawn), where=best > 0)
        low, high = np.quantile(drawn, tails)
        found[key] = Interval(float(low), float(high), sum(map(len, dict(one.strata).values())))
    return found


def counts(queries: int, samples: int, generator: np.random.Generator) -> np.ndarray:
    """How often each query is drawn in each sample: float64 ``[samples, queries]``, rows summing to ``queries``."""
    drawn = generator.integers(0, queries, (samples, queries)) + queries * np.arange(samples)[:, None]
    return np.bincount(drawn.ravel(), minlength=samples * queries).reshape(samples, queries).astype(np.float64)


def _mean(strata: Sequence[Stratum], means: Mapping[str, np.ndarray]) -> np.ndarray:
    return sum(means[name] for name, _ in strata) / len(strata)


def _sample_means(statistics: Iterable[Statistic], samples: int, seed: int) -> dict[str, np.ndarray]:
    """Name of the values -> the mean of every bootstrap sample, float64 ``[samples]``."""
    sets: dict[tuple[str, ...], dict[str, PerQuery]] = {}
    for name, values in _strata(statistics).items():
        if not values:
            raise ArtifactError(f"{name}: no per-query values; allowed: at least one query")
        sets.setdefault(tuple(sorted(values)), {})[name] = values
    means: dict[str, np.ndarray] = {}
    for ids, columns in sets.items():
        values_QM = np.array([[values[query] for values in columns.values()] for query in ids])
        drawn_SM = _resampled(values_QM, samples, _generator(seed, ids))
        means |= dict(zip(columns, drawn_SM.T, strict=True))
    return means


def _strata(statistics: Iterable[Statistic]) -> dict[str, PerQuery]:
    groups = (group for one in statistics for group in (one.strata, *one.over))
    return {name: values for group in groups for name, values in group}


def _resampled(values_QM: np.ndarray, samples: int, generator: np.random.Generator) -> np.ndarray:
    """Means of bootstrap samples, float64 ``[samples, M]``, for M systems on the same Q queries."""
    sizes = [min(_CHUNK, samples - first) for first in range(0, samples, _CHUNK)]
    return np.concatenate([counts(len(values_QM), size, generator) @ values_QM for size in sizes]) / len(values_QM)


def _generator(seed: int, ids: Sequence[str]) -> np.random.Generator:
    """A stream of its own for each set of queries, whatever else is asked for."""
    stream = int.from_bytes(hashlib.sha256("\n".join(ids).encode()).digest()[:8], "big")
    return np.random.Generator(np.random.Philox(key=np.array([seed, stream], dtype=np.uint64)))
