"""Token vectors of texts as a transformer gives them, special tokens and punctuation included.

They are what late interaction reads of a passage, so a dense teacher of the same checkpoint can leave them behind
(``keep_tokens``) and the passages are read once for both.
"""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from dragon.models.max_sim import whole
from dragon.models.term_space import unit_rows

TokenArrays = dict[str, np.ndarray]
"""``vectors`` int8 ``[T, H]``, ``ids`` int32 ``[T]`` and ``lengths`` int64 ``[R]`` of R texts, end to end."""
Batch = tuple[np.ndarray, np.ndarray, np.ndarray]
"""Rows ``[B]`` of texts of one length, their vectors int8 ``[B, T, H]`` and ids ``[B, T]``."""
READING = ("path", "batch_size", "dtype", "threads", "passage_prefix")
"""Options that decide them, beside the length."""


def vectors_of(states_BTH: np.ndarray) -> np.ndarray:
    """States float32 as vectors of one length, int8, ``[B, T, H]``."""
    return whole(unit_rows(states_BTH))


def collect(texts: int, hidden: int, batches: Iterable[Batch]) -> TokenArrays:
    """Batches that together hold each of R texts once, in the order of the texts; ``hidden`` is H."""
    vectors, ids = ([np.empty(0)] * texts for _ in range(2))
    for rows, vectors_BTH, ids_BT in batches:
        for row, vectors_TH, ids_T in zip(rows, vectors_BTH, ids_BT, strict=True):
            vectors[row], ids[row] = vectors_TH, ids_T.astype(np.int32)
    return packed(vectors, ids, hidden)


def packed(vectors: Sequence[np.ndarray], ids: Sequence[np.ndarray], hidden: int) -> TokenArrays:
    """R texts' vectors int8 ``[T, H]`` and ids int32 ``[T]``, end to end."""
    return {
        "vectors": np.concatenate([np.empty((0, hidden), dtype=np.int8), *vectors]),
        "ids": np.concatenate([np.empty(0, dtype=np.int32), *ids]),
        "lengths": np.fromiter(map(len, ids), dtype=np.int64, count=len(ids)),
    }


def without(arrays: Mapping[str, np.ndarray], dropped: frozenset[int]) -> TokenArrays:
    """The same without some tokens."""
    ids_T, lengths_R = arrays["ids"], arrays["lengths"]
    kept_T = ~np.isin(ids_T, np.asarray(sorted(dropped), dtype=np.int64))
    row_T = np.repeat(np.arange(len(lengths_R)), lengths_R)
    lengths = np.bincount(row_T[kept_T], minlength=len(lengths_R)).astype(np.int64)
    return {"vectors": arrays["vectors"][kept_T], "ids": ids_T[kept_T], "lengths": lengths}
