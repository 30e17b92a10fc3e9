"""Are two systems different? Paired tests and intervals over per-query values.

Several test sets are strata: the difference is the unweighted mean of their mean differences, as the suite's mean
is; signs are flipped, and queries resampled, within each. Random numbers come from Philox generators, so the same
values and seed give the same p value and interval everywhere.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dragon import artifacts
from dragon.errors import ArtifactError
from dragon.evaluation.intervals import of_mean, of_strata
from dragon.evaluation.permutation import p_values
from dragon.progress import progress
from dragon.registry import unknown

PerQuery = Mapping[str, float]
Pair = tuple[Sequence[PerQuery], Sequence[PerQuery]]
"""Left and right, each one mapping ``query_id -> value`` per test set."""


@dataclass(frozen=True)
class Comparison:
    """Left minus right, in the values' unit.

    low, high  95 % bootstrap interval of the difference: BCa for one test set, stratified percentile for several
    p_value    two-sided, paired sign-flip randomisation test
    queries    number of pairs
    """

    difference: float
    low: float
    high: float
    p_value: float
    queries: int


def compare(
    left: Sequence[PerQuery], right: Sequence[PerQuery], samples: int, seed: int, resamples: int | None = None
) -> Comparison:
    """Compare two systems by ``samples`` sign patterns and ``resamples`` bootstrap draws (as many unless said).

    Raises:
        ArtifactError: the two do not cover the same queries.
    """
    return compare_all([(left, right)], samples, seed, samples if resamples is None else resamples)[0]


def compare_all(pairs: Sequence[Pair], samples: int, seed: int, resamples: int) -> list[Comparison]:
    """Compare many pairs; those over the same queries share sign patterns and draws, which changes no result.

    Raises:
        ArtifactError: a pair does not cover the same queries.
    """
    groups: dict[tuple[tuple[str, ...], ...], list[int]] = {}
    for number, (left, right) in enumerate(pairs):
        groups.setdefault(_queries(left, right), []).append(number)
    found: dict[int, Comparison] = {}
    for queries, numbers in progress(groups.items(), "comparing", "set of queries", len(groups)):
        strata = [_differences(ids, [pairs[n] for n in numbers], place) for place, ids in enumerate(queries)]
        found |= zip(numbers, _compare(strata, samples, seed, resamples), strict=True)
    return [found[number] for number in range(len(pairs))]


def read_values(path: Path, measure: str) -> PerQuery:
    """One measure's values by query, from ``<test>.per_query.json``."""
    found = artifacts.read_json(path)
    if measure not in found:
        raise unknown(f"{path}: measure", measure, found)
    return found[measure]


def _queries(left: Sequence[PerQuery], right: Sequence[PerQuery]) -> tuple[tuple[str, ...], ...]:
    """Query ids of every test set, sorted: what the order of a file says must not matter."""
    for one, other in zip(left, right, strict=True):
        if one.keys() != other.keys() or not one:
            raise ArtifactError(
                f"comparison: {len(one)} and {len(other)} queries; allowed: the same queries, at least one"
            )
    return tuple(tuple(sorted(one)) for one in left)


def _differences(queries: Sequence[str], pairs: Sequence[Pair], place: int) -> np.ndarray:
    """Left minus right on one test set, float64 ``[C, Q]``."""
    sides = [[[side[place][query] for query in queries] for side in pair] for pair in pairs]
    left_right = np.asarray(sides, dtype=np.float64)
    return left_right[:, 0] - left_right[:, 1]


def _compare(strata: Sequence[np.ndarray], samples: int, seed: int, resamples: int) -> list[Comparison]:
    summands_CQ = np.concatenate([one / (len(strata) * one.shape[1]) for one in strata], axis=1)
    intervals = of_mean(strata[0], resamples, seed) if len(strata) == 1 else of_strata(strata, resamples, seed)
    tested = p_values(summands_CQ, samples, seed)
    queries = summands_CQ.shape[1]
    return [
        Comparison(float(total), float(low), float(high), float(p), queries)
        for total, (low, high), p in zip(summands_CQ.sum(axis=1), intervals, tested, strict=True)
    ]
