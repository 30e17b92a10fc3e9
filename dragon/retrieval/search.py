"""A trained bi-encoder as a searcher: encode once, search exactly."""

from dataclasses import dataclass

import numpy as np

from dragon.config import Training
from dragon.models.bi_encoder import BiEncoder
from dragon.models.tokens import Tokens
from dragon.retrieval.encode import encode_corpus, encode_queries
from dragon.retrieval.index import exact_search


@dataclass(frozen=True)
class BiEncoderSearch:
    """Lengths and threads are those of training, as in the paper's MS MARCO evaluation (dossier 1d)."""

    model: BiEncoder
    training: Training
    batch_size: int
    """Texts per batch when encoding."""

    def passages(self, tokens: Tokens) -> np.ndarray:
        """Embeddings of a collection, float32 ``[D, H]``."""
        length, threads = self.training.max_length.passage, self.training.threads
        return encode_corpus(self.model, tokens, length, self.batch_size, threads)

    def search(self, queries: Tokens, passages_DH: np.ndarray, depth: int) -> tuple[np.ndarray, np.ndarray]:
        """The best ``min(depth, D)`` passages of each query: docs int32 and scores float32 ``[Q, K]``."""
        length, threads = self.training.max_length.query, self.training.threads
        queries_QH = encode_queries(self.model, queries, length, self.batch_size, threads)
        return exact_search(queries_QH, passages_DH, min(depth, len(passages_DH)), threads=threads)
