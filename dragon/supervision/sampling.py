"""(query row, source, positive, hard negative): what a student sees, as a pure function of the seed.

Paper 3.2: a source is drawn per query and visit, then a positive from ranks 1-10 and a hard negative from ranks
46-50 of that source's list. What is missing follows the official code, counted instead of silent: a query that a
source has no list for is drawn from the others; a missing negative is a dummy that the loss masks.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dragon.core.ranked_lists import PAD, RankedLists
from dragon.supervision.counter import below, order

# Names of the draws, counters of the generator: of one visit, and of the subset that all iterations share.
_ORDER, _SOURCE, _POSITIVE, _NEGATIVE, _SOFT, _SUBSET, _ALTERNATIVE = range(7)


@dataclass(frozen=True)
class Triplets:
    """A batch of B visits, all int64 ``[B]``: ``source`` indexes the iteration's sources; -1 is "none"."""

    query: np.ndarray
    source: np.ndarray
    positive: np.ndarray
    negative: np.ndarray

    def __len__(self) -> int:
        return len(self.query)


@dataclass(frozen=True)
class SoftLists:
    """B visits with M passages each, drawn from a source's list of K.

    query, source  int64 ``[B]``
    docs_BM        int64, -1 is "none"
    ranks_BM       int64, places of the M in the list, from 0
    scores_BK      float32, the source's scores of the whole list, -inf where it is padded
    """

    query: np.ndarray
    source: np.ndarray
    docs_BM: np.ndarray
    ranks_BM: np.ndarray
    scores_BK: np.ndarray


def subset(queries: int, limit: int, seed: int) -> np.ndarray:
    """Rows of a nested seeded subset, bool ``[queries]``: a smaller limit's rows are among a larger one's; 0 is all."""
    chosen = np.ones(queries, dtype=bool)
    if 0 < limit < queries:
        chosen[order(queries, seed, _SUBSET)[limit:]] = False
    return chosen


@dataclass(frozen=True)
class Sampler:
    """Draws for one iteration from N sources over the same Q queries, or over a subset of ``limit`` of them."""

    sources: Sequence[RankedLists]
    positives: int
    negatives: tuple[int, int]
    seed: int
    iteration: int
    limit: int = 0
    alternatives: int = 1
    """Query rows that stand for one visit, see :attr:`dragon.core.LabelStore.alternatives`: the official code throws a
    coin between a cropped sentence and a generated query at every visit (dossier 1c)."""

    @property
    def all_queries(self) -> int:
        """How many queries an epoch without a limit visits."""
        return len(self.sources[0]) // self.alternatives

    @property
    def queries(self) -> int:
        """How many queries an epoch visits, those without lists included."""
        return min(self.limit, self.all_queries) or self.all_queries

    def visits(self, epoch: int) -> np.ndarray:
        """Query rows of one epoch in their order, int64; queries that no source has a list for are left out."""
        rows = order(self.all_queries, self.seed, self.iteration, epoch, _ORDER)
        rows = self._thrown(rows[subset(len(rows), self.limit, self.seed)[rows]], epoch)
        return rows[self._available(rows).any(axis=1)]

    def draw(self, rows: np.ndarray, epoch: int) -> Triplets:
        """Triplets of the given query rows at their visit in ``epoch``; independent of how rows are batched."""
        rows = np.asarray(rows, dtype=np.int64)
        source = self._source(rows, epoch)
        positive, negative = np.empty_like(rows), np.empty_like(rows)
        for n, lists in enumerate(self.sources):
            at = source == n
            positive[at] = self._rank(lists, rows[at], (1, self.positives), epoch, _POSITIVE)
            negative[at] = self._rank(lists, rows[at], self.negatives, epoch, _NEGATIVE)
        return Triplets(rows, source, positive, negative)

    def draw_lists(self, rows: np.ndarray, epoch: int, passages: int) -> SoftLists:
        """Passages of the given query rows for soft labels: one from each of M equal strata of their source's ranks.

        A list of fewer than M passages leaves strata empty.
        """
        rows = np.asarray(rows, dtype=np.int64)
        source, depth = self._source(rows, epoch), self.sources[0].docs_QK.shape[1]
        docs_BK, scores_BK = (np.empty((len(rows), depth), kind) for kind in (np.int64, np.float32))
        for n, lists in enumerate(self.sources):
            at = source == n
            docs_BK[at], scores_BK[at] = lists.docs_QK[rows[at]], lists.scores_QK[rows[at]]
        edges_BM = (docs_BK != PAD).sum(axis=1)[:, None] * np.arange(passages + 1) // passages
        widths_BM = np.diff(edges_BM, axis=1)
        key = (self.seed, self.iteration, epoch, _SOFT, rows[:, None], np.arange(passages))
        ranks_BM = np.minimum(edges_BM[:, :-1] + below(np.maximum(widths_BM, 1), *key), depth - 1)
        docs_BM = np.where(widths_BM > 0, np.take_along_axis(docs_BK, ranks_BM, axis=1), PAD)
        return SoftLists(rows, source, docs_BM, ranks_BM, scores_BK)

    def facts(self) -> dict[str, int]:
        """Short lists, counted: they are never dropped silently."""
        first = self.negatives[0]
        return {
            "queries": self.queries,
            "queries_without_lists": int((~self._available(np.arange(len(self.sources[0]))).any(axis=1)).sum()),
            "empty_lists": sum(int((lists.lengths_Q == 0).sum()) for lists in self.sources),
            "lists_without_negatives": sum(int((lists.lengths_Q < first).sum()) for lists in self.sources),
        }

    def _thrown(self, rows: np.ndarray, epoch: int) -> np.ndarray:
        """One of each row's alternatives."""
        if self.alternatives == 1:
            return rows
        return rows + self.all_queries * below(self.alternatives, *self._key(epoch, rows, _ALTERNATIVE))

    def _key(self, epoch: int, rows: np.ndarray, draw: int) -> tuple[int | np.ndarray, ...]:
        return self.seed, self.iteration, epoch, draw, rows

    def _source(self, rows: np.ndarray, epoch: int) -> np.ndarray:
        """One source per query, uniform over those that have a list for it."""
        available_BN = self._available(rows)
        pick = below(available_BN.sum(axis=1), *self._key(epoch, rows, _SOURCE))
        return (np.cumsum(available_BN, axis=1) <= pick[:, None]).sum(axis=1)

    def _available(self, rows: np.ndarray) -> np.ndarray:
        """Whether each source has a list, bool ``[B, N]``."""
        return np.stack([np.asarray(lists.docs_QK[rows, 0]) != PAD for lists in self.sources], axis=1)

    def _rank(self, lists: RankedLists, rows: np.ndarray, ranks: tuple[int, int], epoch: int, draw: int) -> np.ndarray:
        """One passage row per query from the inclusive ranks that its list has, or -1."""
        window = np.asarray(lists.docs_QK[rows, ranks[0] - 1 : ranks[1]], dtype=np.int64)
        counts = (window != PAD).sum(axis=1)
        if window.shape[1] == 0:
            return np.full(len(rows), PAD, dtype=np.int64)
        place = below(np.maximum(counts, 1), *self._key(epoch, rows, draw))
        return np.where(counts > 0, window[np.arange(len(rows)), place], PAD)
