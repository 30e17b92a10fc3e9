"""Encoder ``char-lsa``: latent semantic analysis of character n-grams (GTR-XXL's slot at ``mini``).

A larger space than ``lsa`` and a different one: it sees inside words, so it knows something of words that its text
never had, and confuses words that are spelt alike.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy import sparse

from dragon import artifacts, typed
from dragon.errors import ConfigError
from dragon.models.encoder import ENCODERS, FitData
from dragon.models.lsa import embed
from dragon.models.sparse.words import words
from dragon.models.term_space import TermSpace, count_terms, fit_term_space, frequent_terms
from dragon.progress import progress


@dataclass(frozen=True, kw_only=True)
class CharLsaOptions:
    """``options.encoder`` of a ``char-lsa`` teacher."""

    grams: tuple[int, int]
    """Lengths of n-grams, inclusive; they do not cross words and see one space on each side."""
    dimensions: int
    minimum_df: int
    """N-grams of fewer passages are left out."""
    iterations: int
    seed: int


@ENCODERS("char-lsa")
@dataclass(frozen=True)
class CharLsa:
    """A text is the sum of its n-grams' directions, weighted by log tf x idf, scaled to length 1."""

    grams: tuple[int, int]
    space: TermSpace

    @classmethod
    def fit(cls, data: FitData, options: dict[str, Any]) -> "CharLsa":
        """Fit on the passages alone; raises ConfigError for a wrong option."""
        settings = typed.build(CharLsaOptions, options, "options.encoder")
        if not 1 <= settings.grams[0] <= settings.grams[1]:
            found = list(settings.grams)
            raise ConfigError(f"options.encoder.grams: found {found}, allowed: two whole numbers from 1, e.g. [3, 4]")
        counts_DW, distinct = _count_words(data.corpus.full_texts())
        terms = sorted({gram for word in distinct for gram in _grams(word, settings.grams)})
        counts_DV = _spread(counts_DW, distinct, settings.grams, {gram: row for row, gram in enumerate(terms)})
        kept = frequent_terms(counts_DV, terms, settings.minimum_df)
        terms = [terms[row] for row in kept]
        counts_DV = counts_DV[:, kept].tocsr()
        space = fit_term_space(counts_DV, terms, settings.dimensions, settings.iterations, settings.seed)
        return cls(settings.grams, space)

    def save(self, folder: Path) -> None:
        """Write ``char_lsa.json`` and the files of :class:`TermSpace`."""
        artifacts.write_json(folder / "char_lsa.json", list(self.grams))
        self.space.save(folder)

    @classmethod
    def load(cls, folder: Path) -> "CharLsa":
        """Read them back; raises ArtifactError."""
        return cls(tuple(artifacts.read_json(folder / "char_lsa.json")), TermSpace.load(folder))

    def encode_passages(self, texts: Sequence[str]) -> np.ndarray:
        """Vectors of R texts, float32 ``[R, H]``; zeros for a text without a known n-gram."""
        return embed(_spread(*_count_words(texts), self.grams, self.space.ids), self.space)

    encode_queries = encode_passages


def _grams(word: str, lengths: tuple[int, int]) -> Iterator[str]:
    """N-grams of a word between two spaces."""
    padded = f" {word} "
    for length in range(lengths[0], lengths[1] + 1):
        yield from (padded[i : i + length] for i in range(len(padded) - length + 1))


def _count_words(texts: Sequence[str]) -> tuple[sparse.csr_array, list[str]]:
    """How often each distinct word stands in each of R texts, and the words, sorted."""
    texts_words = [words(text) for text in progress(texts, "words", "text", len(texts))]
    distinct = sorted({word for text_words in texts_words for word in text_words})
    return count_terms(texts_words, {word: row for row, word in enumerate(distinct)}), distinct


def _spread(
    counts_RW: sparse.csr_array, distinct: list[str], lengths: tuple[int, int], ids: dict[str, int]
) -> sparse.csr_array:
    """Counts of n-grams from counts of words: each distinct word is cut once."""
    grams_WV = count_terms((_grams(word, lengths) for word in distinct), ids)
    counts_RV = (counts_RW @ grams_WV).tocsr()
    counts_RV.sort_indices()
    return counts_RV
