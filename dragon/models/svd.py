"""Latent semantic directions of word pieces: right singular vectors of the passage x piece matrix."""

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import svds

from dragon.models.tokens import Tokens


def token_directions(
    passages: Tokens, vocabulary_size: int, dimensions: int, passage_tokens: int, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Unit directions of the V pieces of a vocabulary, and their idf.

    The matrix holds ``(1 + log tf) * idf`` with rows of length 1. A piece that no passage has gets the zero vector.

    Args:
        passages: D passages, of which the first ``passage_tokens`` pieces count.
        vocabulary_size: V.
        dimensions: of the directions; less than V and D.
        passage_tokens: pieces read of each passage.
        seed: of the solver's start vector; the result depends on it only through rounding.

    Returns:
        float64 ``[V, dimensions]`` and float64 ``[V]`` (``log(1 + D / (1 + df))``).
    """
    counts_DV = piece_counts(passages, vocabulary_size, passage_tokens)
    frequency_V = np.bincount(counts_DV.indices, minlength=vocabulary_size)
    idf_V = np.log(1 + len(passages) / (1 + frequency_V))
    weights_DV = counts_DV.copy()
    weights_DV.data = 1 + np.log(weights_DV.data)
    weights_DV = weights_DV @ sparse.diags(idf_V)
    length_D = np.sqrt(np.asarray(weights_DV.multiply(weights_DV).sum(axis=1))).ravel()
    weights_DV = sparse.diags(1 / np.maximum(length_D, 1e-12)) @ weights_DV
    start = np.random.Generator(np.random.Philox(seed)).standard_normal(min(weights_DV.shape))
    _, singular, vectors_HV = svds(weights_DV.tocsr(), k=dimensions, v0=start)
    vectors_VH = vectors_HV[np.argsort(-singular)].T
    peak_H = vectors_VH[np.abs(vectors_VH).argmax(axis=0), np.arange(dimensions)]
    vectors_VH = vectors_VH * np.sign(peak_H)  # a singular vector's sign is arbitrary
    length_V = np.linalg.norm(vectors_VH, axis=1, keepdims=True)
    return np.where(length_V > 1e-6, vectors_VH / np.maximum(length_V, 1e-6), 0.0), idf_V


def piece_counts(passages: Tokens, vocabulary_size: int, passage_tokens: int) -> sparse.csr_array:
    """How often each piece stands among the first pieces of each passage, float64 ``[D, V]``."""
    offsets = np.asarray(passages.offsets_R)
    row_T = np.repeat(np.arange(len(passages)), np.diff(offsets))
    kept_T = np.arange(len(row_T)) - offsets[row_T] < passage_tokens
    pieces = np.asarray(passages.pieces_T)[kept_T].astype(np.int64)
    shape = (len(passages), vocabulary_size)
    counts = sparse.csr_array((np.ones(len(pieces)), (row_T[kept_T], pieces)), shape=shape)
    counts.sum_duplicates()
    return counts
