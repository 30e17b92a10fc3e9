"""So many of so many, without replacement, as a function of a seed: nobody has to remember which.

Everything has a key, a word of a counter-based generator (Philox) at the thing's own place; the sample are the things
with the smallest keys. Any part of it can be asked for alone, its size is exact, and a smaller sample of the same seed
is among a larger one.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from dragon.progress import progress

BLOCK = 1 << 22
"""Keys that are in memory at once: 32 MB."""
_WORDS = 4
"""Words that the generator gives for each value of its counter."""
_BINS = 16
"""Bits of a key that say where to look for the last one of the sample."""


def keys(start: int, stop: int, seed: int) -> np.ndarray:
    """Keys of the things ``start`` to ``stop`` (exclusive), uint64; each depends on its place and the seed alone."""
    first = start // _WORDS
    words = np.random.Philox(key=seed).advance(first).random_raw(stop - first * _WORDS)
    return words[start - first * _WORDS :]


@dataclass(frozen=True)
class SeededSample:
    """``size`` of ``population`` things, numbered from 0; all of them where ``size`` is as large."""

    population: int
    size: int
    seed: int

    def holds(self, start: int, stop: int) -> np.ndarray:
        """Whether each of the things ``start`` to ``stop`` (exclusive) is in the sample, bool."""
        if not 0 < self.size < self.population:
            return np.full(stop - start, self.size > 0)
        found, (key, place) = keys(start, stop, self.seed), self._last
        return (found < key) | ((found == key) & (np.arange(start, stop) <= place))

    @cached_property
    def _last(self) -> tuple[int, int]:
        """Key and place of the sample's last thing; of equal keys the earlier place comes first.

        Two passes over the keys, a block at a time: one counts them by their first bits, one collects those that
        begin as the last one does.
        """
        counts = np.zeros(1 << _BINS, dtype=np.int64)
        for _, found in self._blocks("counting keys"):
            counts += np.bincount((found >> np.uint64(64 - _BINS)).astype(np.int64), minlength=len(counts))
        ends = np.cumsum(counts)
        which = int(np.searchsorted(ends, self.size))
        near_keys, near_places = [], []
        for start, found in self._blocks("finding the last key"):
            at = np.flatnonzero((found >> np.uint64(64 - _BINS)) == np.uint64(which))
            near_keys.append(found[at])
            near_places.append(at + start)
        near, places = np.concatenate(near_keys), np.concatenate(near_places)
        last = np.argsort(near, kind="stable")[self.size - (int(ends[which]) - int(counts[which])) - 1]
        return int(near[last]), int(places[last])

    def _blocks(self, desc: str) -> Iterator[tuple[int, np.ndarray]]:
        starts = range(0, self.population, BLOCK)
        for start in progress(starts, desc, "x 4 million", total=len(starts)):
            yield start, keys(start, min(start + BLOCK, self.population), self.seed)
