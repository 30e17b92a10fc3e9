"""Encoder ``st-cross-encoder``: a model that reads query and passage together; its raw logit is the score."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from sentence_transformers import CrossEncoder

from dragon.core.ranked_lists import PAD
from dragon.errors import ArtifactError
from dragon.models.checkpoints.base import CheckpointEncoder, CheckpointOptions
from dragon.models.checkpoints.lengths import equal_lengths
from dragon.models.checkpoints.weights import CLASSIFIER, in_type, local
from dragon.models.encoder import ENCODERS
from dragon.progress import progress

QUERIES_PER_BLOCK = 256
"""Pairs of so many queries are sorted by length together."""


@dataclass(frozen=True, kw_only=True)
class CrossEncoderCheckpointOptions(CheckpointOptions):
    """``options.encoder`` of an ``st-cross-encoder`` teacher."""

    max_length: int
    """Tokens of a pair, special tokens included; the longer text is cut first."""


@ENCODERS("st-cross-encoder")
class CrossEncoderCheckpoint(CheckpointEncoder):
    """A sequence classifier of one label."""

    options_type = CrossEncoderCheckpointOptions
    task = CLASSIFIER

    def lengths(self) -> dict[str, int]:
        return {"max_length": self.options.max_length}

    def opened(self) -> CrossEncoder:
        settings = {"max_length": self.options.max_length, "activation_fn": torch.nn.Identity()}
        model = CrossEncoder(
            str(self.folder), device=self.device, model_kwargs=in_type(self.options.dtype), **settings, **local()
        )
        if model.num_labels != 1:
            raise ArtifactError(f"{self.folder}: found a classifier of {model.num_labels} labels, allowed: 1 (a score)")
        return model

    def open(self, texts: Sequence[str]) -> "OpenedCrossEncoder":
        """Keep the D passages of a collection."""
        return OpenedCrossEncoder(self.model, self.options, list(texts))


@dataclass(frozen=True)
class OpenedCrossEncoder:
    """A cross-encoder and the passages that it reads."""

    model: CrossEncoder
    options: CrossEncoderCheckpointOptions
    texts: list[str]

    def scores(self, queries: Sequence[str], docs_QC: np.ndarray, threads: int) -> np.ndarray:
        """Raw logits of each query with each of its candidates, float32 ``[Q, C]``; -inf where ``docs_QC`` pads."""
        torch.set_num_threads(threads)
        scores_QC = np.full(docs_QC.shape, -np.inf, dtype=np.float32)
        for start in progress(range(0, len(queries), QUERIES_PER_BLOCK), "pairs", f"x {QUERIES_PER_BLOCK} queries"):
            block_BC = docs_QC[start : start + QUERIES_PER_BLOCK]
            rows_P, columns_P = np.nonzero(block_BC != PAD)
            pairs = [(queries[start + r], self.texts[block_BC[r, c]]) for r, c in zip(rows_P, columns_P, strict=True)]
            scores_QC[start + rows_P, columns_P] = self._logits(pairs)
        return scores_QC

    def _logits(self, pairs: list[tuple[str, str]]) -> np.ndarray:
        logits_P = np.empty(len(pairs), dtype=np.float32)
        batches = list(equal_lengths(self._token_counts(pairs), self.options.batch_size))
        for rows in progress(batches, "pairs of one length", "batch"):
            batch = [pairs[row] for row in rows]
            logits_P[rows] = self.model.predict(batch, prompt="", batch_size=len(batch), convert_to_numpy=True)
        return logits_P

    def _token_counts(self, pairs: list[tuple[str, str]]) -> np.ndarray:
        if not pairs:
            return np.empty(0, dtype=np.int64)
        cut: dict[str, Any] = {"truncation": "longest_first", "max_length": self.options.max_length}
        ids = self.model.tokenizer(*map(list, zip(*pairs, strict=True)), **cut)["input_ids"]
        return np.fromiter(map(len, ids), dtype=np.int64, count=len(ids))
