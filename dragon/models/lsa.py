"""Encoder ``lsa``: latent semantic analysis of words (Contriever's slot at ``mini``)."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy import sparse

from dragon import typed
from dragon.models.encoder import ENCODERS, FitData
from dragon.models.sparse.words import words
from dragon.models.term_space import TermSpace, count_terms, fit_term_space, frequent_terms, log_tf, unit_rows
from dragon.progress import progress


@dataclass(frozen=True, kw_only=True)
class LsaOptions:
    """``options.encoder`` of an ``lsa`` teacher."""

    dimensions: int
    minimum_df: int
    """Words of fewer passages are left out."""
    iterations: int
    """Power iterations of the randomised decomposition."""
    seed: int


@ENCODERS("lsa")
@dataclass(frozen=True)
class Lsa:
    """A text is the sum of its words' directions, weighted by log tf x idf, scaled to length 1."""

    space: TermSpace

    @classmethod
    def fit(cls, data: FitData, options: dict[str, Any]) -> "Lsa":
        """Fit on the passages alone; raises ConfigError for a wrong option."""
        return cls(fit_words(data, typed.build(LsaOptions, options, "options.encoder")))

    def save(self, folder: Path) -> None:
        """Write the files of :class:`TermSpace`."""
        self.space.save(folder)

    @classmethod
    def load(cls, folder: Path) -> "Lsa":
        """Read them back; raises ArtifactError."""
        return cls(TermSpace.load(folder))

    def encode_passages(self, texts: Sequence[str]) -> np.ndarray:
        """Vectors of R texts, float32 ``[R, H]``; zeros for a text without a known word."""
        return embed(count_terms(map(words, progress(texts, "words", "text", len(texts))), self.space.ids), self.space)

    encode_queries = encode_passages


def fit_words(data: FitData, options: LsaOptions) -> TermSpace:
    """The term space of the words of a collection; raises ConfigError."""
    texts_words = [words(text) for text in progress(data.corpus.full_texts(), "words", "passage")]
    terms = sorted({word for text_words in texts_words for word in text_words})
    counts_DV = count_terms(texts_words, {word: row for row, word in enumerate(terms)})
    kept = frequent_terms(counts_DV, terms, options.minimum_df)
    terms = [terms[row] for row in kept]
    return fit_term_space(counts_DV[:, kept].tocsr(), terms, options.dimensions, options.iterations, options.seed)


def embed(counts_RV: sparse.csr_array, space: TermSpace) -> np.ndarray:
    """``sum of (1 + log tf) * idf * direction`` over a text's terms, scaled to length 1; float32 ``[R, H]``."""
    weights_RV = log_tf(counts_RV) @ sparse.diags_array(space.idf_V)
    return unit_rows(weights_RV.tocsr() @ space.vectors_VH).astype(np.float32)
