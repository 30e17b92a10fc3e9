"""Engine ``dense``: one vector per text, exact inner-product search (Contriever's and GTR's kind)."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from dragon import typed
from dragon.core import Corpus
from dragon.errors import ConfigError
from dragon.retrieval.index import exact_search
from dragon.teachers.base import ENGINES, Searcher


class DenseEncoder(Protocol):
    """What this engine asks of an encoder; both return float32 ``[R, H]``, row by row."""

    def encode_passages(self, texts: Sequence[str]) -> np.ndarray: ...

    def encode_queries(self, texts: Sequence[str]) -> np.ndarray: ...


@dataclass(frozen=True, kw_only=True)
class DenseOptions:
    """``options.engine`` of a dense teacher."""

    threads: int
    gpu: bool
    """Search on all GPUs that Faiss sees; the lists are the same."""


@ENGINES("dense")
def open_dense(
    encoder: DenseEncoder, options: dict[str, Any], corpus: Corpus, work: Path, first_stage: Searcher | None = None
) -> "DenseSearcher":
    """Encode the passages into ``work/passages.npy`` and map them.

    Raises:
        ConfigError: an option is wrong, or a first stage is given, which this engine has no use for.
    """
    if first_stage is not None:
        raise ConfigError("options.engine: first_stage: kind dense searches the whole collection; remove it")
    settings = typed.build(DenseOptions, options, "options.engine")
    if settings.threads < 1:
        raise ConfigError(f"options.engine.threads: found {settings.threads}, allowed: 1 or more")
    np.save(work / "passages.npy", encoder.encode_passages(corpus.full_texts()))
    return DenseSearcher(encoder, np.load(work / "passages.npy", mmap_mode="r"), settings)


@dataclass(frozen=True)
class DenseSearcher:
    """Passages ``float32 [D, H]`` and the encoder of queries."""

    encoder: DenseEncoder
    passages_DH: np.ndarray
    options: DenseOptions

    def search(self, queries: Sequence[str], depth: int) -> tuple[np.ndarray, np.ndarray]:
        """See :class:`dragon.teachers.base.Searcher`."""
        queries_QH = self.encoder.encode_queries(queries)
        threads, gpu = self.options.threads, self.options.gpu
        return exact_search(queries_QH, self.passages_DH, depth, threads=threads, gpu=gpu)
