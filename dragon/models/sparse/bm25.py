"""Encoder ``bm25``: BM25 as integer impacts, the way learned-sparse models are served (uniCOIL's slot at ``mini``)."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from dragon import artifacts, typed
from dragon.models.encoder import ENCODERS, FitData
from dragon.models.sparse.words import words
from dragon.progress import progress


@dataclass(frozen=True, kw_only=True)
class Bm25Options:
    """``options.encoder`` of a BM25 teacher."""

    k1: float
    b: float
    scale: float
    """An impact is ``round(scale * weight)``: the larger, the finer the steps and the larger the index."""


@ENCODERS("bm25")
@dataclass(frozen=True)
class Bm25:
    """BM25 in Lucene's form; nothing is fitted but by the collection that is indexed."""

    options: Bm25Options

    @classmethod
    def fit(cls, data: FitData, options: dict[str, Any]) -> "Bm25":
        """Check the options; raises ConfigError. BM25 has no parameters to fit."""
        return cls(typed.build(Bm25Options, options, "options.encoder"))

    def save(self, folder: Path) -> None:
        """Write ``bm25.json``."""
        artifacts.write_json(folder / "bm25.json", asdict(self.options))

    @classmethod
    def load(cls, folder: Path) -> "Bm25":
        """Read it back; raises ArtifactError or ConfigError when it is not such a file."""
        path = folder / "bm25.json"
        return cls(typed.build(Bm25Options, artifacts.read_json(path), str(path)))

    def documents(self, texts: Sequence[str]) -> list[dict[str, int]]:
        """Impacts of D passages, with the statistics of these passages."""
        weights, _ = bm25_weights(texts, self.options.k1, self.options.b)
        return [quantized(vector, self.options.scale) for vector in weights]

    def queries(self, texts: Sequence[str]) -> list[dict[str, int]]:
        """How often each word stands in each of Q queries."""
        return [dict(Counter(words(text))) for text in texts]


def bm25_weights(texts: Sequence[str], k1: float, b: float) -> tuple[list[dict[str, float]], dict[str, float]]:
    """BM25 weights of D texts, and the idf of every word in them.

    ``idf = ln(1 + (D - df + 0.5) / (df + 0.5))`` and ``weight = idf * tf / (tf + k1 * (1 - b + b * length / mean))``,
    as Lucene's BM25Similarity since version 8 (without the constant factor k1 + 1; lengths are exact here).
    """
    counts = [Counter(words(text)) for text in progress(texts, desc="words", unit="passage", total=len(texts))]
    frequency = Counter(word for count in counts for word in count)
    idf = {word: idf_of(df, len(counts)) for word, df in frequency.items()}
    mean = sum(count.total() for count in counts) / max(len(counts), 1)
    return [_weights(count, idf, k1, b, mean) for count in counts], idf


def _weights(count: Counter[str], idf: dict[str, float], k1: float, b: float, mean: float) -> dict[str, float]:
    """BM25 weights of one text from its word counts; an empty text has none."""
    offset = k1 * (1 - b + b * count.total() / mean) if count else 0.0
    return {word: idf[word] * tf / (tf + offset) for word, tf in count.items()}


def idf_of(df: int, passages: int) -> float:
    """Inverse document frequency of a word that ``df`` of the passages hold; positive also where all do."""
    return math.log(1 + (passages - df + 0.5) / (df + 0.5))


def quantized(weights: dict[str, float], scale: float) -> dict[str, int]:
    """Weights as whole numbers, ``round(scale * weight)``, at least 1: no term is lost to rounding."""
    return {term: max(1, round(scale * weight)) for term, weight in weights.items()}
