"""Encoder ``st-splade``: weights of vocabulary entries from a masked-language-model head (SPLADE, Formal et al. 2021).

``log(1 + relu(logit))``, the largest over a text's tokens, unless a sentence-transformers folder says otherwise; the
impact is ``round(scale * weight)``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sentence_transformers import SparseEncoder
from sentence_transformers.sparse_encoder.modules import SpladePooling

from dragon.errors import ArtifactError, ConfigError
from dragon.models.checkpoints.base import TextOptions
from dragon.models.checkpoints.dense import token_counts
from dragon.models.checkpoints.impacts import ImpactCheckpoint
from dragon.models.checkpoints.weights import MASKED_LM, in_type, local
from dragon.models.encoder import ENCODERS


@dataclass(frozen=True, kw_only=True)
class SpladeCheckpointOptions(TextOptions):
    """``options.encoder`` of an ``st-splade`` teacher."""

    scale: float
    """Impacts are ``round(scale * weight)``; an entry whose impact is 0 is left out (published indexes: 100)."""


@ENCODERS("st-splade")
class SpladeCheckpoint(ImpactCheckpoint):
    """Terms are entries of the vocabulary."""

    options_type = SpladeCheckpointOptions
    task = MASKED_LM

    @classmethod
    def check(cls, options: SpladeCheckpointOptions, folder: Path, where: str) -> None:
        if options.scale <= 0:
            raise ConfigError(f"{where}.scale: found {options.scale}, allowed: more than 0")

    def opened(self) -> SparseEncoder:
        model = SparseEncoder(str(self.folder), device=self.device, model_kwargs=in_type(self.options.dtype), **local())
        if not any(isinstance(module, SpladePooling) for module in model.modules()):
            raise ArtifactError(f"{self.folder}: its modules hold no SpladePooling; allowed: a SPLADE model")
        return model

    def token_counts(self, texts: Sequence[str], side: str) -> np.ndarray:
        return token_counts(self.model.tokenizer, texts, self._prefix(side), getattr(self.options.max_length, side))

    def weights(self, texts: Sequence[str], side: str) -> list[dict[int, float]]:
        self.model.max_seq_length = getattr(self.options.max_length, side)
        encode = self.model.encode_query if side == "query" else self.model.encode_document
        dense = {"batch_size": len(texts), "convert_to_sparse_tensor": False}
        weights_BV = encode(list(texts), prompt=self._prefix(side), **dense).double().cpu().numpy()
        return [{int(term): row_V[term] for term in np.flatnonzero(row_V)} for row_V in weights_BV]

    def _prefix(self, side: str) -> str | None:
        return self.options.query_prefix if side == "query" else self.options.passage_prefix
