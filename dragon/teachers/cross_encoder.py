"""Engine ``cross-encoder``: another teacher's best passages, put in the order of a model that reads both texts."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from dragon import typed
from dragon.core import Corpus
from dragon.core.ranked_lists import PAD
from dragon.errors import ConfigError
from dragon.teachers.base import ENGINES, Searcher


class OpenedPairEncoder(Protocol):
    """A model that holds the passages of one collection."""

    def scores(self, queries: Sequence[str], docs_QC: np.ndarray, threads: int) -> np.ndarray:
        """float32 ``[Q, C]``; -inf where ``docs_QC`` is -1."""
        ...


class PairEncoder(Protocol):
    """What this engine asks of an encoder."""

    def open(self, texts: Sequence[str]) -> OpenedPairEncoder: ...


@dataclass(frozen=True, kw_only=True)
class CrossEncoderOptions:
    """``options.engine`` of a cross-encoder teacher."""

    first_stage: str
    """The teacher whose lists are re-ranked (paper section 5: DRAGON-S)."""
    depth: int
    """How many of its passages are scored; no list is longer (paper section 5: 1,000)."""
    threads: int


@ENGINES("cross-encoder")
def open_cross_encoder(
    encoder: PairEncoder, options: dict[str, Any], corpus: Corpus, work: Path, first_stage: Searcher | None = None
) -> "CrossEncoderSearcher":
    """Give the encoder the passages.

    Raises:
        ConfigError: an option is wrong, or there is no first stage.
    """
    settings = typed.build(CrossEncoderOptions, options, "options.engine")
    for key in ("depth", "threads"):
        if getattr(settings, key) < 1:
            raise ConfigError(f"options.engine.{key}: found {getattr(settings, key)}, allowed: 1 or more")
    if first_stage is None:
        raise ConfigError("options.engine.first_stage: kind cross-encoder needs another teacher to re-rank")
    return CrossEncoderSearcher(encoder.open(corpus.full_texts()), first_stage, settings)


@dataclass(frozen=True)
class CrossEncoderSearcher:
    """A first stage, and the model that orders its candidates."""

    encoder: OpenedPairEncoder
    first_stage: Searcher
    options: CrossEncoderOptions

    def search(self, queries: Sequence[str], depth: int) -> tuple[np.ndarray, np.ndarray]:
        """See :class:`dragon.teachers.base.Searcher`; lists are not longer than ``options.depth``."""
        candidates_QC, _ = self.first_stage.search(queries, self.options.depth)
        rough_QC = self.encoder.scores(list(queries), candidates_QC, self.options.threads)
        last_QC = np.where(candidates_QC == PAD, np.iinfo(np.int32).max, candidates_QC)
        order_QC = np.lexsort((last_QC, -rough_QC), axis=-1)[:, :depth]
        docs_QK = np.full((len(queries), depth), PAD, dtype=np.int32)
        scores_QK = np.full(docs_QK.shape, -np.inf, dtype=np.float32)
        docs_QK[:, : order_QC.shape[1]] = np.take_along_axis(candidates_QC, order_QC, axis=1)
        scores_QK[:, : order_QC.shape[1]] = np.take_along_axis(rough_QC, order_QC, axis=1)
        return docs_QK, scores_QK
