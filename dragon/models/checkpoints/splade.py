"""Encoder ``st-splade``: weights of vocabulary entries from a masked-language-model head (SPLADE, Formal et al. 2021).

``log(1 + relu(logit))``, the largest over a text's tokens, unless a sentence-transformers folder says otherwise; the
impact is ``round(scale * weight)``.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from sentence_transformers import SparseEncoder
from sentence_transformers.sparse_encoder.modules import SpladePooling

from dragon.errors import ArtifactError, ConfigError
from dragon.models.checkpoints.base import CheckpointEncoder, TextOptions
from dragon.models.checkpoints.dense import token_counts
from dragon.models.checkpoints.lengths import equal_lengths
from dragon.models.checkpoints.weights import MASKED_LM, in_type, local
from dragon.models.encoder import ENCODERS
from dragon.progress import progress


@dataclass(frozen=True, kw_only=True)
class SpladeCheckpointOptions(TextOptions):
    """``options.encoder`` of an ``st-splade`` teacher."""

    scale: float
    """Impacts are ``round(scale * weight)``; an entry whose impact is 0 is left out (published indexes: 100)."""


@ENCODERS("st-splade")
class SpladeCheckpoint(CheckpointEncoder):
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

    def documents(self, texts: Sequence[str]) -> list[dict[str, int]]:
        """Impacts of D passages."""
        return self._impacts(self.model.encode_document, texts, self.options.passage_prefix, "passage")

    def queries(self, texts: Sequence[str]) -> list[dict[str, int]]:
        """Impacts of Q queries."""
        return self._impacts(self.model.encode_query, texts, self.options.query_prefix, "query")

    def _impacts(self, encode: Any, texts: Sequence[str], prefix: str | None, side: str) -> list[dict[str, int]]:
        torch.set_num_threads(self.options.threads)
        self.model.max_seq_length = getattr(self.options.max_length, side)
        lengths_R = token_counts(self.model.tokenizer, texts, prefix, self.model.max_seq_length)
        impacts: list[dict[str, int]] = [{}] * len(texts)
        for rows in progress(list(equal_lengths(lengths_R, self.options.batch_size)), f"{side} impacts", "batch"):
            batch = [texts[row] for row in rows]
            weights_BV = encode(batch, prompt=prefix, batch_size=len(batch), convert_to_sparse_tensor=False)
            whole_BV = np.rint(self.options.scale * weights_BV.double().cpu().numpy()).astype(np.int64)
            for row, whole_V in zip(rows, whole_BV, strict=True):
                impacts[row] = {self._terms[term]: int(whole_V[term]) for term in np.flatnonzero(whole_V)}
        return impacts

    @cached_property
    def _terms(self) -> list[str]:
        """The vocabulary's entries by id; one with white space, which Lucene would cut, is named by its id."""
        size = self.model.get_embedding_dimension()
        pieces = self.model.tokenizer.convert_ids_to_tokens(list(range(size)))
        return [f"<{row}>" if piece is None or re.search(r"\s", piece) else piece for row, piece in enumerate(pieces)]
