"""Linear score fusion of ranked lists (paper 3.2, after Ma et al. 2021).

As Pyserini's hybrid searcher does: a passage that a list does not hold takes that list's lowest score, and the
fused score is the weighted sum. Teachers' scores differ by orders of magnitude, so weights are searched on a
logarithmic grid. The official weights are unknown (dossier 1b).
"""

import itertools
from collections.abc import Callable, Sequence

import numpy as np

from dragon.core.ranked_lists import PAD, RankedLists
from dragon.progress import progress


def fuse(lists: Sequence[RankedLists], weights: Sequence[float], depth: int) -> RankedLists:
    """Fused lists of ``depth`` passages; ties by passage row.

    Args:
        lists: N teachers over the same Q queries.
        weights: one per teacher, at least 0.
        depth: K of the result; padded where the union is smaller.
    """
    docs = np.full((len(lists[0]), depth), PAD, dtype=np.int32)
    scores = np.full(docs.shape, -np.inf, dtype=np.float32)
    for row in range(len(docs)):
        union, matrix = score_matrix(lists, row)
        fused = (np.asarray(weights)[:, None] * matrix).sum(axis=0)
        best = np.lexsort((union, -fused))[:depth]
        docs[row, : len(best)], scores[row, : len(best)] = union[best], fused[best]
    return RankedLists(docs, scores)


def score_matrix(lists: Sequence[RankedLists], row: int) -> tuple[np.ndarray, np.ndarray]:
    """Union of one query's lists (int64 ``[U]``, ascending) and float64 scores ``[N, U]``, minima filled in."""
    kept = [np.asarray(one.docs_QK[row]) != PAD for one in lists]
    docs = [np.asarray(one.docs_QK[row])[at].astype(np.int64) for one, at in zip(lists, kept, strict=True)]
    union = np.unique(np.concatenate(docs))
    matrix = np.zeros((len(lists), len(union)))
    for n, (one, at) in enumerate(zip(lists, kept, strict=True)):
        found = np.asarray(one.scores_QK[row])[at].astype(np.float64)
        if len(found):
            matrix[n] = found.min()
            matrix[n, np.searchsorted(union, docs[n])] = found
    return union, matrix


def tune(
    lists: Sequence[RankedLists], grid: Sequence[float], depth: int, evaluate: Callable[[RankedLists], float]
) -> tuple[tuple[float, ...], float]:
    """Weights that maximise ``evaluate``; the first list's weight is 1, ties go to the first tried.

    A grid value g stands for ``g * spread(first) / spread(list)``, so that 1 means equal say whatever the scales.
    """
    spreads = [spread(one) for one in lists]
    relative = [(1.0, *rest) for rest in itertools.product(grid, repeat=len(lists) - 1)]
    tried = [tuple(g * spreads[0] / s for g, s in zip(setting, spreads, strict=True)) for setting in relative]
    values = [evaluate(fuse(lists, weights, depth)) for weights in progress(tried, "fusion weights", "setting")]
    best = int(np.argmax(values))
    return tried[best], values[best]


def spread(lists: RankedLists) -> float:
    """Mean distance between the first and the last score of a list, over lists that have two scores or more."""
    lengths = lists.lengths_Q
    rows = np.flatnonzero(lengths > 1)
    scores = np.asarray(lists.scores_QK, dtype=np.float64)
    return float((scores[rows, 0] - scores[rows, lengths[rows] - 1]).mean()) if len(rows) else 1.0
