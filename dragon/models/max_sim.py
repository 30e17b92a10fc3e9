"""MaxSim (Khattab and Zaharia 2020): every query token takes its most similar passage token. Exact, for any vectors.

Vectors are whole numbers, so fp32 products hold them exactly and no batch, thread or library changes a score.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

UNIT = 127
"""Length of a token vector: similarities are cosines times ``UNIT ** 2``."""


class Pieces:
    """Arrays ``[T, H]`` end to end without a copy: what is memory-mapped stays on disk until a slice is taken."""

    def __init__(self, arrays: Sequence[np.ndarray]) -> None:
        self._arrays = arrays
        self._ends = np.cumsum([len(array) for array in arrays])
        self.shape = (int(self._ends[-1]), arrays[0].shape[1])
        self.dtype = arrays[0].dtype

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, rows: slice) -> np.ndarray:
        """A copy of some rows; ``rows`` has no step."""
        start, stop, _ = rows.indices(len(self))
        first = np.searchsorted(self._ends, start, side="right")
        last = np.searchsorted(self._ends, stop, side="left") + 1
        begins = [0, *self._ends.tolist()]
        held = range(int(first), min(int(last), len(self._arrays)))
        parts = [self._arrays[i][max(start - begins[i], 0) : max(stop - begins[i], 0)] for i in held]
        return np.concatenate([np.empty((0, self.shape[1]), self.dtype), *parts])

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return self[:] if dtype is None else self[:].astype(dtype)


@dataclass(frozen=True)
class TokenVectors:
    """Token vectors of R texts, end to end.

    vectors_TH  int8 (or its pieces), of length ``UNIT`` but for rounding; fewer than 1,000 dimensions keep products
                below 2^24
    weights_T   float32, what a token of a query counts
    words_T     int32, each token's row in ``words``
    offsets_R   int64 ``[R + 1]``
    words       distinct words, sorted
    """

    vectors_TH: np.ndarray | Pieces
    weights_T: np.ndarray
    words_T: np.ndarray
    offsets_R: np.ndarray
    words: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.offsets_R) - 1


def whole(vectors_TH: np.ndarray) -> np.ndarray:
    """Vectors of length 1 as int8 of length ``UNIT``, rounded."""
    return np.rint(UNIT * vectors_TH).astype(np.int8)


@dataclass(frozen=True)
class MaxSim:
    """Scores pairs of B queries and passages; a cosine below ``threshold`` is no match."""

    passages: TokenVectors
    threshold: float

    def scores(self, queries: TokenVectors, rows: range, candidates: Sequence[np.ndarray]) -> list[np.ndarray]:
        """``sum over query tokens of weight * largest cosine``.

        Args:
            queries: of which ``rows`` are scored.
            rows: B rows of ``queries``.
            candidates: for each of them, rows of passages; one without tokens scores 0.

        Returns:
            For each of them, float32 ``[C]``.
        """
        if not any(len(candidates_C) for candidates_C in candidates):
            return [np.zeros(0, dtype=np.float32) for _ in rows]
        scratch = self._scratch(queries, rows, candidates)
        return [self._one(queries, row, docs, scratch) for row, docs in zip(rows, candidates, strict=True)]

    def _one(self, queries: TokenVectors, row: int, candidates_C: np.ndarray, scratch: "_Scratch") -> np.ndarray:
        mine = slice(queries.offsets_R[row], queries.offsets_R[row + 1])
        if not len(candidates_C) or mine.start == mine.stop:
            return np.zeros(len(candidates_C), dtype=np.float32)
        offsets_R = self.passages.offsets_R
        lengths_C = offsets_R[candidates_C + 1] - offsets_R[candidates_C]
        if not lengths_C.all():
            scores_C = np.zeros(len(candidates_C), dtype=np.float32)
            scores_C[lengths_C > 0] = self._one(queries, row, candidates_C[lengths_C > 0], scratch)
            return scores_C
        starts_C = np.cumsum(lengths_C) - lengths_C
        places_P = np.arange(lengths_C.sum()) + np.repeat(offsets_R[candidates_C] - starts_C, lengths_C)
        products_PT = scratch.products(self.passages.vectors_TH, places_P, queries.vectors_TH[mine])
        best_CT = np.maximum.reduceat(products_PT, starts_C).astype(np.float64)
        best_CT[best_CT < self.threshold * UNIT**2] = 0
        weights_T = queries.weights_T[mine].astype(np.float64)
        return (np.einsum("ct,t->c", best_CT, weights_T) / UNIT**2).astype(np.float32)

    def _scratch(self, queries: TokenVectors, rows: range, candidates: Sequence[np.ndarray]) -> "_Scratch":
        """Room for the largest query of a block."""
        lengths_D = np.diff(self.passages.offsets_R)
        tokens = max(int(lengths_D[candidates_C].sum()) for candidates_C in candidates)
        width = max(int(queries.offsets_R[row + 1] - queries.offsets_R[row]) for row in rows)
        shape = (tokens, self.passages.vectors_TH.shape[1])
        return _Scratch(np.empty(shape, np.int8), np.empty(shape, np.float32), np.empty(tokens * width, np.float32))


@dataclass(frozen=True)
class _Scratch:
    """Memory that the queries of a block share: fresh pages for each would cost more than the arithmetic."""

    whole: np.ndarray
    floats: np.ndarray
    results: np.ndarray

    def products(self, vectors_TH: np.ndarray, places_P: np.ndarray, query_TH: np.ndarray) -> np.ndarray:
        """Inner products of some passage tokens and the query's tokens, float32 ``[P, T]``."""
        count, width = len(places_P), len(query_TH)
        np.take(vectors_TH, places_P, axis=0, out=self.whole[:count], mode="clip")
        np.copyto(self.floats[:count], self.whole[:count])
        out_PT = self.results[: count * width].reshape(count, width)
        return np.matmul(self.floats[:count], query_TH.astype(np.float32).T, out=out_PT)
