"""Latent semantic directions of terms (words or character n-grams): what the mini scale's dense encoders share."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy import sparse
from threadpoolctl import threadpool_limits

from dragon import artifacts
from dragon.errors import ArtifactError, ConfigError

OVERSAMPLE = 10
"""Directions beyond those asked for (Halko, Martinsson and Tropp 2011, section 4.2: 5 or 10)."""


NOISE = 1e-6
"""A term whose vector is shorter than this before scaling lies outside the directions kept."""


@dataclass(frozen=True)
class TermSpace:
    """V terms with idf and a direction each.

    terms        V distinct texts
    idf_V        float32, ``1 + log((1 + D) / (1 + df))``
    vectors_VH   float32, rows of length 1 (0 where the decomposition says nothing about a term)
    """

    terms: tuple[str, ...]
    idf_V: np.ndarray
    vectors_VH: np.ndarray

    @property
    def ids(self) -> dict[str, int]:
        """Term -> row."""
        return {term: row for row, term in enumerate(self.terms)}

    def save(self, folder: Path) -> None:
        """Write ``terms.json``, ``idf.npy`` and ``vectors.npy``."""
        artifacts.write_json(folder / "terms.json", list(self.terms))
        np.save(folder / "idf.npy", self.idf_V)
        np.save(folder / "vectors.npy", self.vectors_VH)

    @classmethod
    def load(cls, folder: Path) -> "TermSpace":
        """Read it back; raises ArtifactError when a file is missing or their sizes differ."""
        terms = artifacts.read_json(folder / "terms.json")
        try:
            idf, vectors = (np.load(folder / f"{name}.npy", allow_pickle=False) for name in ("idf", "vectors"))
        except (FileNotFoundError, ValueError) as error:
            raise ArtifactError(f"{folder}: cannot be read ({error}); run `dvc repro`") from None
        if not len(terms) == len(idf) == len(vectors):
            raise ArtifactError(
                f"{folder}: {len(terms)} terms, {len(idf)} idf, {len(vectors)} vectors; run `dvc repro`"
            )
        return cls(tuple(terms), idf, vectors)


def frequent_terms(counts_DV: sparse.csr_array, terms: Sequence[str], minimum_df: int) -> np.ndarray:
    """Columns of terms that stand in ``minimum_df`` texts or more; raises ConfigError when there are none."""
    kept = np.flatnonzero(np.bincount(counts_DV.indices, minlength=len(terms)) >= minimum_df)
    if not kept.size:
        raise ConfigError(f"options.encoder.minimum_df: found {minimum_df}, but no term stands in so many passages")
    return kept


def fit_term_space(
    counts_DV: sparse.csr_array, terms: Sequence[str], dimensions: int, iterations: int, seed: int
) -> TermSpace:
    """Directions of terms: right singular vectors of the log-tf-idf matrix with rows of length 1.

    Each term's vector is scaled to length 1 afterwards, so that idf alone says what a term weighs. Without it, rare
    terms hardly count (dev RR@10 on PyDocs .228, with it .376).

    Args:
        counts_DV: how often each term stands in each of D texts.
        terms: V terms, the columns.
        dimensions: H, at most the smaller of D and V.
        iterations: power iterations of the randomised decomposition.
        seed: of its start.

    Raises:
        ConfigError: more dimensions than the text can give.
    """
    if dimensions > min(counts_DV.shape):
        raise ConfigError(
            f"options.encoder.dimensions: found {dimensions}, allowed: at most {min(counts_DV.shape)}"
            f" ({counts_DV.shape[0]} passages, {counts_DV.shape[1]} terms)"
        )
    frequency_V = np.bincount(counts_DV.indices, minlength=len(terms))
    idf_V = 1 + np.log((1 + counts_DV.shape[0]) / (1 + frequency_V))
    weights_DV = log_tf(counts_DV) @ sparse.diags_array(idf_V)
    length_D = np.sqrt(weights_DV.power(2).sum(axis=1))
    weights_DV = sparse.diags_array(1 / np.maximum(length_D, 1e-12)) @ weights_DV
    with threadpool_limits(1):  # sums in one order: the same bytes whatever the machine's number of cores
        vectors_VH = _right_singular_vectors(weights_DV.tocsr(), dimensions, iterations, seed)
    known_V = np.linalg.norm(vectors_VH, axis=1, keepdims=True) > NOISE
    vectors_VH = np.where(known_V, unit_rows(vectors_VH), 0.0)
    return TermSpace(tuple(terms), idf_V.astype(np.float32), vectors_VH.astype(np.float32))


def _right_singular_vectors(matrix_DV: sparse.csr_array, dimensions: int, iterations: int, seed: int) -> np.ndarray:
    """Randomised decomposition (Halko, Martinsson and Tropp 2011, algorithms 4.4 and 5.1); float64 ``[V, H]``."""
    draws = np.random.Generator(np.random.Philox(seed))
    width = min(dimensions + OVERSAMPLE, *matrix_DV.shape)
    basis_DW = matrix_DV @ draws.standard_normal((matrix_DV.shape[1], width))
    for _ in range(iterations):
        basis_DW = matrix_DV @ (matrix_DV.T @ np.linalg.qr(basis_DW)[0])
    basis_DW = np.linalg.qr(basis_DW)[0]
    small_VW = matrix_DV.T @ basis_DW
    squares_W, rotation_WW = np.linalg.eigh(small_VW.T @ small_VW)
    best = np.argsort(-squares_W)[:dimensions]
    vectors_VH = small_VW @ rotation_WW[:, best] / np.sqrt(np.maximum(squares_W[best], 1e-12))
    peak_H = vectors_VH[np.abs(vectors_VH).argmax(axis=0), np.arange(dimensions)]
    return vectors_VH * np.where(peak_H < 0, -1.0, 1.0)  # a singular vector's sign is arbitrary


def count_terms(texts_terms: Iterable[Iterable[str]], ids: Mapping[str, int]) -> sparse.csr_array:
    """How often each known term stands in each of R texts, float32 ``[R, V]``, columns sorted."""
    indices: list[int] = []
    ends = [0]
    for terms in texts_terms:
        indices += (ids[term] for term in terms if term in ids)
        ends.append(len(indices))
    ones = np.ones(len(indices), dtype=np.float32)
    counts = sparse.csr_array(
        (ones, np.asarray(indices, dtype=np.int32), np.asarray(ends, dtype=np.int64)), shape=(len(ends) - 1, len(ids))
    )
    counts.sum_duplicates()
    return counts


def log_tf(counts: sparse.csr_array) -> sparse.csr_array:
    """``1 + log(count)`` where there is a count."""
    weights = counts.copy()
    weights.data = 1 + np.log(weights.data)
    return weights


def unit_rows(vectors_RH: np.ndarray) -> np.ndarray:
    """Rows scaled to length 1; a row of zeros stays."""
    return vectors_RH / np.maximum(np.linalg.norm(vectors_RH, axis=-1, keepdims=True), 1e-12)
