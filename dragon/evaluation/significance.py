"""Are two systems different? Paired tests over per-query values (Smucker et al., CIKM 2007).

Several test sets are strata: the difference is the unweighted mean of their mean differences, as the suite's mean
is; signs are flipped, and queries resampled, within each. Random numbers come from a Philox generator, so the
same values and seed give the same interval everywhere.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dragon import artifacts
from dragon.errors import ArtifactError
from dragon.registry import unknown

PerQuery = Mapping[str, float]
_CHUNK = 500
_LEVEL = 0.95


@dataclass(frozen=True)
class Comparison:
    """Left minus right, in fractions.

    low, high  95 % percentile bootstrap interval of the difference
    p_value    two-sided, paired randomisation test
    queries    number of pairs
    """

    difference: float
    low: float
    high: float
    p_value: float
    queries: int


def compare(left: Sequence[PerQuery], right: Sequence[PerQuery], samples: int, seed: int) -> Comparison:
    """Compare two systems, one mapping ``query_id -> value`` per test set.

    Raises:
        ArtifactError: the two do not cover the same queries.
    """
    strata = [_differences(one, other) for one, other in zip(left, right, strict=True)]
    weighted = np.concatenate([stratum / (len(strata) * len(stratum)) for stratum in strata])
    low, high = _interval(strata, samples, seed)
    return Comparison(float(weighted.sum()), low, high, _p_value(weighted, samples, seed), len(weighted))


def read_values(path: Path, measure: str) -> PerQuery:
    """One measure's values by query, from ``<test>.per_query.json``."""
    found = artifacts.read_json(path)
    if measure not in found:
        raise unknown(f"{path}: measure", measure, found)
    return found[measure]


def _differences(left: PerQuery, right: PerQuery) -> np.ndarray:
    """Left minus right by query, float64 ``[Q]``."""
    if left.keys() != right.keys() or not left:
        raise ArtifactError(
            f"comparison: {len(left)} and {len(right)} queries; allowed: the same queries, at least one"
        )
    return np.asarray([left[query] - right[query] for query in sorted(left)])


def _p_value(weighted: np.ndarray, samples: int, seed: int) -> float:
    """Share of sign patterns at least as far from 0 as what was observed: all of them when they are few."""
    observed = abs(weighted.sum()) - 1e-12
    if 2 ** min(len(weighted), 63) <= samples:
        patterns = np.arange(2 ** len(weighted))[:, None] >> np.arange(len(weighted)) & 1
        return float((abs((2.0 * patterns - 1.0) @ weighted) >= observed).mean())
    random, extreme = _generator(seed, 0), 0
    for size in _chunks(samples):
        signs = random.integers(0, 2, (size, len(weighted)), dtype=np.int8)
        extreme += int((abs((2.0 * signs - 1.0) @ weighted) >= observed).sum())
    return (extreme + 1) / (samples + 1)


def _interval(strata: Sequence[np.ndarray], samples: int, seed: int) -> tuple[float, float]:
    means = np.zeros(samples)
    for number, stratum in enumerate(strata, 1):
        random, count = _generator(seed, number), len(stratum)
        chunks = [stratum[random.integers(0, count, (size, count))].mean(axis=1) for size in _chunks(samples)]
        means += np.concatenate(chunks) / len(strata)
    low, high = np.quantile(means, [(1 - _LEVEL) / 2, (1 + _LEVEL) / 2])
    return float(low), float(high)


def _generator(seed: int, stream: int) -> np.random.Generator:
    return np.random.Generator(np.random.Philox(key=np.array([seed, stream], dtype=np.uint64)))


def _chunks(samples: int) -> list[int]:
    return [min(_CHUNK, samples - first) for first in range(0, samples, _CHUNK)]
