"""How accurate and how diverse a pool's supervision is (paper, Appendix A.2; Table 9)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dragon.core.ranked_lists import PAD, RankedLists


@dataclass(frozen=True)
class UniformMerge:
    """Positives of N teachers ranked by the probability that uniform supervision draws them."""

    lists: Sequence[RankedLists]
    positives: int

    def ranked(self) -> RankedLists:
        """Lists of the union of the teachers' top ``positives`` passages, best first, int32 ``[Q, N * positives]``.

        Probability ``sum_n 1[p in top_n] / (N k)``, ties by the sum of reciprocal ranks, then by passage row.
        Scores are minus the rank, so that an evaluation keeps this order.
        """
        width = len(self.lists) * self.positives
        docs = np.full((len(self.lists[0]), width), PAD, dtype=np.int32)
        scores = np.full(docs.shape, -np.inf, dtype=np.float32)
        for row in range(len(docs)):
            union, votes, reciprocal = self._votes(row)
            best = np.lexsort((union, -reciprocal, -votes))
            docs[row, : len(best)] = union[best]
            scores[row, : len(best)] = -np.arange(1, len(best) + 1)
        return RankedLists(docs, scores)

    def union_sizes(self) -> np.ndarray:
        """Number of distinct positives of each query, int64 ``[Q]``: the paper's "# rel"."""
        stacked = np.concatenate([np.asarray(one.docs_QK[:, : self.positives]) for one in self.lists], axis=1)
        ordered = np.sort(stacked, axis=1)
        first = np.concatenate([np.ones((len(ordered), 1), bool), ordered[:, 1:] != ordered[:, :-1]], axis=1)
        return (first & (ordered != PAD)).sum(axis=1)

    def _votes(self, row: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        tops = [np.asarray(one.docs_QK[row, : self.positives]) for one in self.lists]
        docs = np.concatenate(tops)
        ranks = np.concatenate([np.arange(1, len(top) + 1) for top in tops])
        union, place = np.unique(docs[docs != PAD], return_inverse=True)
        votes = np.bincount(place, minlength=len(union))
        return union, votes, np.bincount(place, weights=1.0 / ranks[docs != PAD], minlength=len(union))


def overlap(one: RankedLists, other: RankedLists, depth: int) -> float:
    """Mean number of passages that two teachers' top ``depth`` share."""
    pair = [np.sort(np.asarray(lists.docs_QK[:, :depth]), axis=1) for lists in (one, other)]
    both = np.sort(np.concatenate(pair, axis=1), axis=1)
    return float(((both[:, 1:] == both[:, :-1]) & (both[:, 1:] != PAD)).sum(axis=1).mean())
