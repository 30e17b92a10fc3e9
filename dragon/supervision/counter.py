"""Randomness as a function: a counter-based generator over (seed, iteration, epoch, query row, draw).

The same arguments give the same number whatever the batch size, the order of queries, the number of workers or
devices, and however often a run was resumed. SplitMix64's finaliser mixes one word into the next.
"""

import numpy as np

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)


def bits(*counters: int | np.ndarray) -> np.ndarray:
    """64 random bits (uint64) for every element of the broadcast counters (whole numbers >= 0)."""
    state = np.zeros((), dtype=np.uint64)
    with np.errstate(over="ignore"):
        for counter in counters:
            state = _mix(state + _GOLDEN + np.asarray(counter).astype(np.uint64))
    return state


def below(limit: int | np.ndarray, *counters: int | np.ndarray) -> np.ndarray:
    """Whole numbers in ``[0, limit)``, int64; uniform to within ``limit / 2**32``."""
    high = bits(*counters) >> np.uint64(32)
    return ((high * np.asarray(limit).astype(np.uint64)) >> np.uint64(32)).astype(np.int64)


def order(count: int, *counters: int) -> np.ndarray:
    """A permutation of ``range(count)``, int64: rows sorted by their random bits."""
    return np.argsort(bits(*counters, np.arange(count)), kind="stable")


def _mix(word: np.ndarray) -> np.ndarray:
    word = (word ^ (word >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    word = (word ^ (word >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return word ^ (word >> np.uint64(31))
