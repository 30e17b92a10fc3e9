"""Engine ``late-interaction``: every query token takes its best passage token (ColBERT's MaxSim).

As in PLAID (Santhanam et al. 2022): passages are first scored roughly, with one vector per word in the place of one
per token (its centroids), then the best candidates are scored exactly. ``candidates: null`` scores every passage, with
NumPy or, for large collections, on the ``device`` of torch (:mod:`dragon.models.device_max_sim`): the same lists.
PLAID itself needs an environment of its own; its runs are teachers of kind ``import`` (see docs/plaid.md).
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np
from scipy import sparse
from threadpoolctl import threadpool_limits

from dragon import typed
from dragon.core import Corpus
from dragon.core.ranked_lists import PAD
from dragon.errors import ConfigError
from dragon.models.max_sim import UNIT, MaxSim, TokenVectors
from dragon.progress import progress
from dragon.teachers.base import ENGINES, Searcher

QUERIES_PER_BLOCK = 256


class LateInteractionEncoder(Protocol):
    """What this engine asks of an encoder."""

    @property
    def threshold(self) -> float:
        """A cosine below this is no match."""
        ...

    def encode_passages(self, texts: Sequence[str]) -> TokenVectors: ...

    def encode_queries(self, texts: Sequence[str]) -> TokenVectors: ...

    def word_vectors(self, distinct: Sequence[str]) -> tuple[np.ndarray, np.ndarray]: ...


@dataclass(frozen=True, kw_only=True)
class LateInteractionOptions:
    """``options.engine`` of a late-interaction teacher."""

    candidates: int | None
    """Passages that are scored exactly for each query; null: all."""
    threads: int
    device: Literal["numpy", "auto", "cpu", "cuda"] = "numpy"
    """``numpy``, or where torch scores every passage (``auto``: a GPU where one works); the lists are the same."""


@ENGINES("late-interaction")
def open_late_interaction(
    encoder: LateInteractionEncoder,
    options: dict[str, Any],
    corpus: Corpus,
    work: Path,
    first_stage: Searcher | None = None,
) -> Searcher:
    """Encode the tokens of all passages.

    Raises:
        ConfigError: an option is wrong, or a first stage is given, which this engine has no use for.
    """
    if first_stage is not None:
        raise ConfigError("options.engine: first_stage: kind late-interaction searches the whole collection; remove it")
    settings = typed.build(LateInteractionOptions, options, "options.engine")
    if settings.candidates is not None and settings.candidates < 1:
        raise ConfigError(f"options.engine.candidates: found {settings.candidates}, allowed: 1 or more, or null")
    if settings.threads < 1:
        raise ConfigError(f"options.engine.threads: found {settings.threads}, allowed: 1 or more")
    if settings.device == "numpy":
        return LateInteractionSearcher(encoder, settings, encoder.encode_passages(corpus.full_texts()))
    if settings.candidates is not None:
        raise ConfigError(f"options.engine.candidates: found {settings.candidates}, allowed: null with a device")
    device = _place(settings.device)
    return DeviceSearcher(encoder, settings.threads, device, encoder.encode_passages(corpus.full_texts()))


def _place(device: str) -> str:
    from dragon.models.checkpoints.weights import place  # here and not above: it imports torch and transformers

    return place(device, "options.engine.device")


@dataclass(frozen=True)
class DeviceSearcher:
    """Token vectors of D passages, read block by block onto a device of torch."""

    encoder: LateInteractionEncoder
    threads: int
    device: str
    passages: TokenVectors

    def search(self, queries: Sequence[str], depth: int) -> tuple[np.ndarray, np.ndarray]:
        """See :class:`dragon.teachers.base.Searcher`; a passage that matches no query token is in no list."""
        from dragon.models.device_max_sim import DeviceMaxSim  # here and not above: it imports torch

        engine = DeviceMaxSim(self.passages, self.encoder.threshold, self.device, self.threads)
        return engine.search(self.encoder.encode_queries(queries), depth)


class LateInteractionSearcher:
    """Token vectors of D passages."""

    def __init__(
        self, encoder: LateInteractionEncoder, options: LateInteractionOptions, passages: TokenVectors
    ) -> None:
        passages = replace(passages, vectors_TH=np.asarray(passages.vectors_TH))
        self._encoder, self._options, self._passages = encoder, options, passages
        self._max_sim = MaxSim(passages, encoder.threshold)
        self._filled_D = np.flatnonzero(np.diff(passages.offsets_R))

    def search(self, queries: Sequence[str], depth: int) -> tuple[np.ndarray, np.ndarray]:
        """See :class:`dragon.teachers.base.Searcher`; a passage that matches no query token is in no list."""
        docs_QK = np.full((len(queries), depth), PAD, dtype=np.int32)
        scores_QK = np.full(docs_QK.shape, -np.inf, dtype=np.float32)
        tokens = self._encoder.encode_queries(queries)
        kept = max(self._options.candidates or len(self._filled_D), depth)

        def rank(block: range) -> None:
            candidates = self._candidates(tokens, block, rough_WD, kept)
            scores = self._max_sim.scores(tokens, block, candidates)
            for row, docs_C, scores_C in zip(block, candidates, scores, strict=True):
                docs, scores = best(docs_C, scores_C, depth)
                docs_QK[row, : len(docs)], scores_QK[row, : len(docs)] = docs, scores

        step = range(0, len(queries), QUERIES_PER_BLOCK)
        blocks = [range(i, min(i + QUERIES_PER_BLOCK, len(queries))) for i in step]
        with threadpool_limits(1), ThreadPoolExecutor(self._options.threads) as pool:
            rough_WD = self._best_matches(tokens.words, pool) if kept < len(self._filled_D) else None
            for _ in progress(pool.map(rank, blocks), "MaxSim", f"x {QUERIES_PER_BLOCK} queries", len(blocks)):
                pass  # a failed block raises here
        return docs_QK, scores_QK

    @cached_property
    def _centroids_VH(self) -> np.ndarray:
        return np.rint(UNIT * self._encoder.word_vectors(self._passages.words)[0])

    def _best_matches(self, words: Sequence[str], pool: ThreadPoolExecutor) -> np.ndarray:
        """Cosine of each of W words and its best word in each passage, without context; float32 ``[W, D]``."""
        held_P, starts_F = _distinct_words(self._passages)
        theirs_WH = np.rint(UNIT * self._encoder.word_vectors(words)[0])
        best_WD = np.zeros((len(words), len(self._passages)), dtype=np.float32)

        def match(word: int) -> None:
            similarity_V = self._centroids_VH @ theirs_WH[word]  # whole numbers: exact
            similarity_V[similarity_V < max(self._encoder.threshold, 0) * UNIT**2] = 0
            best_WD[word, self._filled_D] = np.maximum.reduceat(similarity_V[held_P], starts_F) / UNIT**2

        for _ in progress(pool.map(match, range(len(words))), "centroids", "word", len(words)):
            pass  # a failed word raises here
        return best_WD

    def _candidates(
        self, tokens: TokenVectors, block: range, rough_WD: np.ndarray | None, kept: int
    ) -> list[np.ndarray]:
        """Passages to score exactly, rows ascending, for each query of a block."""
        if rough_WD is None:
            return [self._filled_D] * len(block)
        ends = tokens.offsets_R[block.start : block.stop + 1]
        span, shape = slice(ends[0], ends[-1]), (len(block), len(rough_WD))
        weights_BW = sparse.csr_array((tokens.weights_T[span], tokens.words_T[span], ends - ends[0]), shape=shape)
        rough_BD = weights_BW @ rough_WD
        best_BC = np.argpartition(-rough_BD, kept - 1, axis=1)[:, :kept]
        return [np.sort(best[scores[best] > 0]) for best, scores in zip(best_BC, rough_BD, strict=True)]


def best(candidates_C: np.ndarray, scores_C: np.ndarray, depth: int) -> tuple[np.ndarray, np.ndarray]:
    """The best ``depth`` candidates that match at all: score descending, then row ascending."""
    order = np.lexsort((candidates_C, -scores_C))[:depth]
    order = order[scores_C[order] > 0]
    return candidates_C[order], scores_C[order]


def _distinct_words(passages: TokenVectors) -> tuple[np.ndarray, np.ndarray]:
    """The words of each passage that has any, each once, end to end ``[P]``, and where each of these F begins."""
    passage_T = np.repeat(np.arange(len(passages)), np.diff(passages.offsets_R))
    pairs_P = np.unique(passage_T * len(passages.words) + passages.words_T)
    passage_P, held_P = np.divmod(pairs_P, max(len(passages.words), 1))
    return held_P, np.flatnonzero(np.diff(passage_P, prepend=-1))
