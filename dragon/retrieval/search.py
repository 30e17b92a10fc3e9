"""A trained bi-encoder as a searcher: encode once, search exactly."""

import os
from dataclasses import dataclass

import numpy as np

from dragon.config import Training
from dragon.models.bi_encoder import BiEncoder
from dragon.models.tokens import Tokens
from dragon.retrieval.encode import encode_corpus, encode_queries
from dragon.retrieval.index import exact_search


@dataclass(frozen=True)
class BiEncoderSearch:
    """Lengths are those of training, as in the paper's MS MARCO evaluation.

    All cores encode and search: neither vectors nor lists depend on the number of threads, to the bit.
    """

    model: BiEncoder
    training: Training
    batch_size: int
    """Texts per batch when encoding."""

    def passages(self, tokens: Tokens) -> np.ndarray:
        """Embeddings of a collection, float32 ``[D, H]``."""
        length = self.training.max_length.passage
        return encode_corpus(self.model, tokens, length, self.batch_size, _cores())

    def search(self, queries: Tokens, passages_DH: np.ndarray, depth: int) -> tuple[np.ndarray, np.ndarray]:
        """The best ``min(depth, D)`` passages of each query: docs int32 and scores float32 ``[Q, K]``."""
        length = self.training.max_length.query
        queries_QH = encode_queries(self.model, queries, length, self.batch_size, _cores())
        return exact_search(queries_QH, passages_DH, min(depth, len(passages_DH)), threads=_cores())


def _cores() -> int:
    return os.cpu_count() or 1
