"""Paired sign-flip randomisation tests, many at once (Smucker et al., CIKM 2007).

Under the hypothesis that two systems do not differ, the sign of every query's difference is a coin's. Comparisons
over the same queries share the coins, so that testing C of them costs one matrix product a chunk.
"""

from collections.abc import Iterator

import numpy as np

_CHUNK = 1000
_UNITS = 2.0**48


def p_values(differences_CQ: np.ndarray, samples: int, seed: int) -> np.ndarray:
    """Two-sided p values, float64 ``[C]``, of C sums over the same Q queries.

    ``differences_CQ`` are float64 summands: a stratum's differences divided by its size, so that their sum is what is
    tested. Where all sign patterns of the differences that are not 0 are at most ``samples``, they are enumerated and
    p is exact; else ``samples`` patterns are drawn and p = (extreme + 1) / (samples + 1).

    Summands become whole numbers below 2**53, whose sums are exact in any order: p does not depend on the number of
    threads, nor on which other comparisons are tested with it.
    """
    units_CQ = _whole(differences_CQ)
    slack = units_CQ.shape[1]  # each summand is off by half a unit at most, on either side of the comparison
    least_C = np.abs(units_CQ.sum(axis=1)) - slack
    few_C = np.minimum(np.count_nonzero(units_CQ, axis=1), 63) <= np.log2(samples)
    found_C = np.ones(len(units_CQ))
    for row in np.flatnonzero(few_C):
        found_C[row] = _exact(units_CQ[row], least_C[row])
    many_C = ~few_C
    if many_C.any():
        extreme_C = _extreme(units_CQ[many_C], least_C[many_C], samples, seed)
        found_C[many_C] = (extreme_C + 1) / (samples + 1)
    return found_C


def _whole(differences_CQ: np.ndarray) -> np.ndarray:
    """Each comparison in units of its own, about 2**48 of them in all; float64 without a fraction."""
    total_C1 = np.abs(differences_CQ).sum(axis=1, keepdims=True)
    return np.rint(differences_CQ * (_UNITS / np.where(total_C1 > 0, total_C1, 1.0)))


def _exact(units_Q: np.ndarray, least: float) -> float:
    """Share of all sign patterns whose sum is as extreme."""
    moved = units_Q[units_Q != 0]
    bits = np.arange(2 ** len(moved))[:, None] >> np.arange(len(moved)) & 1
    return float((np.abs(2 * (bits @ moved) - moved.sum()) >= least).mean())


def _extreme(units_CQ: np.ndarray, least_C: np.ndarray, samples: int, seed: int) -> np.ndarray:
    """Number of drawn sign patterns, int ``[C]``, whose sum is as extreme."""
    counts_C, total_C = np.zeros(len(units_CQ), dtype=np.int64), units_CQ.sum(axis=1)
    for heads_SQ in _coins(units_CQ.shape[1], samples, seed):
        sums_SC = 2 * (heads_SQ @ units_CQ.T) - total_C
        counts_C += (np.abs(sums_SC) >= least_C).sum(axis=0)
    return counts_C


def _coins(queries: int, samples: int, seed: int) -> Iterator[np.ndarray]:
    """Coins of Philox, float64 ``[<= 1000, Q]`` of 0 and 1; sample s has the same coins whatever the chunk."""
    random = np.random.Generator(np.random.Philox(key=np.array([seed, 0], dtype=np.uint64)))
    words = -(-queries // 64)
    for first in range(0, samples, _CHUNK):
        drawn = random.integers(0, 2**64, (min(_CHUNK, samples - first), words), dtype=np.uint64)
        bits = np.unpackbits(drawn.astype("<u8").view(np.uint8), axis=1, count=queries)
        yield bits.astype(np.float64)
