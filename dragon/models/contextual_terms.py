"""Encoder ``contextual-terms``: a vector for every word of a text, mixed with its neighbours' (ColBERTv2's slot).

Vectors are whole numbers (a residual of ColBERTv2's compression), so a similarity is exact: the same for every batch,
number of threads and matrix library.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from dragon import artifacts, typed
from dragon.errors import ConfigError
from dragon.models.encoder import ENCODERS, FitData
from dragon.models.lsa import LsaOptions, fit_words
from dragon.models.max_sim import TokenVectors, whole
from dragon.models.sparse.words import words
from dragon.models.term_space import TermSpace, unit_rows
from dragon.progress import progress


@dataclass(frozen=True, kw_only=True)
class ContextualTermsOptions:
    """``options.encoder`` of a ``contextual-terms`` teacher."""

    dimensions: int
    minimum_df: int
    """Words of fewer passages get a random direction instead of a fitted one."""
    iterations: int
    seed: int
    context: float
    """Weight of the neighbours' mean beside the word itself."""
    window: int
    """Words on each side that count as neighbours."""
    threshold: float
    """A cosine below this is no match."""


@ENCODERS("contextual-terms")
@dataclass(frozen=True)
class ContextualTerms:
    """Word directions from latent semantic analysis; a word that the fit never saw has a direction of its own."""

    options: ContextualTermsOptions
    space: TermSpace

    @classmethod
    def fit(cls, data: FitData, options: dict[str, Any]) -> "ContextualTerms":
        """Fit the words' directions on the passages alone; raises ConfigError for a wrong option."""
        settings = typed.build(ContextualTermsOptions, options, "options.encoder")
        for key, holds in (
            ("context", settings.context >= 0),
            ("window", settings.window >= 1),
            ("threshold", 0 <= settings.threshold < 1),
        ):
            if not holds:
                raise ConfigError(f"options.encoder.{key}: found {getattr(settings, key)}, out of range")
        names = ("dimensions", "minimum_df", "iterations", "seed")
        return cls(settings, fit_words(data, LsaOptions(**{name: getattr(settings, name) for name in names})))

    def save(self, folder: Path) -> None:
        """Write ``contextual_terms.json`` and the files of :class:`TermSpace`."""
        artifacts.write_json(folder / "contextual_terms.json", asdict(self.options))
        self.space.save(folder)

    @classmethod
    def load(cls, folder: Path) -> "ContextualTerms":
        """Read them back; raises ArtifactError or ConfigError."""
        path = folder / "contextual_terms.json"
        return cls(typed.build(ContextualTermsOptions, artifacts.read_json(path), str(path)), TermSpace.load(folder))

    @property
    def threshold(self) -> float:
        return self.options.threshold

    def encode(self, texts: Sequence[str]) -> TokenVectors:
        """Token vectors of R passages or queries; a query token weighs its squared idf."""
        texts_words = [words(text) for text in progress(texts, "words", "text", len(texts))]
        distinct = sorted({word for text_words in texts_words for word in text_words})
        rows = {word: row for row, word in enumerate(distinct)}
        words_T = np.asarray([rows[word] for text_words in texts_words for word in text_words], dtype=np.int32)
        offsets_R = np.cumsum([0, *map(len, texts_words)], dtype=np.int64)
        vectors_WH, idf_W = self.word_vectors(distinct)
        mixed_TH = self._mix(vectors_WH[words_T], idf_W[words_T], offsets_R)
        weights_T = (idf_W[words_T] ** 2).astype(np.float32)
        return TokenVectors(whole(mixed_TH), weights_T, words_T, offsets_R, tuple(distinct))

    encode_passages = encode_queries = encode

    def word_vectors(self, distinct: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        """Directions float32 ``[W, H]`` and idf float32 ``[W]`` of words outside any text."""
        ids = self.space.ids
        known = np.asarray([ids.get(word, -1) for word in distinct], dtype=np.int64)
        unseen = np.float32(self.space.idf_V.max(initial=1.0))
        idf_W = np.where(known >= 0, self.space.idf_V[known], unseen)
        vectors_WH = self.space.vectors_VH[known]
        vectors_WH[known < 0] = 0
        for row in np.flatnonzero(~vectors_WH.any(axis=1)):  # unknown, or outside the directions kept
            vectors_WH[row] = _own_direction(distinct[row], vectors_WH.shape[1])
        return vectors_WH, idf_W.astype(np.float32)

    def _mix(self, vectors_TH: np.ndarray, idf_T: np.ndarray, offsets_R: np.ndarray) -> np.ndarray:
        """``word + context * idf-weighted mean of the neighbours in the same text``, float32 ``[T, H]``."""
        place_T = np.arange(len(vectors_TH))
        text_T = np.repeat(np.arange(len(offsets_R) - 1), np.diff(offsets_R))
        around_TH, weight_T = np.zeros_like(vectors_TH), np.zeros(len(vectors_TH), dtype=np.float32)
        for shift in (s for s in range(-self.options.window, self.options.window + 1) if s):
            other_T = place_T + shift
            inside = (other_T >= offsets_R[text_T]) & (other_T < offsets_R[text_T + 1])
            here, there = place_T[inside], other_T[inside]
            around_TH[here] += idf_T[there, None] * vectors_TH[there]
            weight_T[here] += idf_T[there]
        return unit_rows(vectors_TH + self.options.context * around_TH / np.maximum(weight_T, 1e-9)[:, None])


def _own_direction(word: str, dimensions: int) -> np.ndarray:
    """A random unit vector that depends on the word alone: it matches itself and, nearly, nothing else."""
    key = int.from_bytes(hashlib.sha256(word.encode()).digest()[:8], "little")
    return unit_rows(np.random.Generator(np.random.Philox(key)).standard_normal(dimensions))
