"""Encoder ``st-dense``: one vector per text from a sentence-transformers or Hugging Face folder."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Pooling, Transformer

from dragon.errors import ConfigError
from dragon.models.checkpoints.base import CheckpointEncoder, TextOptions
from dragon.models.checkpoints.lengths import equal_lengths
from dragon.models.checkpoints.opening import is_sentence_transformers
from dragon.models.checkpoints.stored import keep_tokens, read_passages
from dragon.models.checkpoints.token_arrays import Batch, collect, vectors_of
from dragon.models.checkpoints.weights import ENCODER, in_type, local
from dragon.models.encoder import ENCODERS
from dragon.progress import progress


@dataclass(frozen=True, kw_only=True)
class DenseCheckpointOptions(TextOptions):
    """``options.encoder`` of an ``st-dense`` teacher."""

    pooling: Literal["cls", "mean", "from-model"]
    """``from-model``: what the modules of a sentence-transformers folder say, and only there."""
    similarity: Literal["dot", "cosine"]
    """``cosine`` scales every vector to length 1."""
    keep_tokens: bool = False
    """Leave the token vectors of passages in the store for a late-interaction teacher of the same checkpoint, prefix,
    length, batch size, threads, type and device: it then reads nothing. About 40 KB a passage of MiniLM."""


@ENCODERS("st-dense")
class DenseCheckpoint(CheckpointEncoder):
    """A text's vector is what its folder says, or its [CLS] state, or the mean of its token states."""

    options_type = DenseCheckpointOptions
    task = ENCODER

    @classmethod
    def check(cls, options: DenseCheckpointOptions, folder: Path, where: str) -> None:
        if (options.pooling == "from-model") != is_sentence_transformers(folder):
            says = "says how it pools, allowed: from-model"
            other = "does not say how it pools (no modules.json), allowed: cls, mean"
            said = says if is_sentence_transformers(folder) else other
            raise ConfigError(f"{where}.pooling: found {options.pooling!r}, but {folder} {said}")

    def opened(self) -> SentenceTransformer:
        weights = {"model_kwargs": in_type(self.options.dtype), "device": self.device}
        if self.options.pooling == "from-model":
            return SentenceTransformer(str(self.folder), **weights, **local())
        transformer = open_transformer(self.folder, self.options.dtype)
        pooling = Pooling(transformer.get_embedding_dimension(), self.options.pooling)
        return SentenceTransformer(modules=[transformer, pooling], device=self.device)

    def encode_passages(self, texts: Sequence[str]) -> np.ndarray:
        """Vectors of R texts, float32 ``[R, H]``; kept in the store."""

        def encode(part: Sequence[str]) -> dict[str, np.ndarray]:
            tokens: list[Batch] | None = [] if self.options.keep_tokens else None
            vectors = self._encode(self.model.encode_document, part, self.options.passage_prefix, "passage", tokens)
            if tokens is not None:
                hidden = self.model[0].get_embedding_dimension()
                keep_tokens(self, part, collect(len(part), hidden, tokens))
            return {"vectors": vectors}

        shards = read_passages(self, texts, encode)
        return np.concatenate([shard["vectors"] for shard in shards]) if shards else encode([])["vectors"]

    def encode_queries(self, texts: Sequence[str]) -> np.ndarray:
        """Vectors of R texts, float32 ``[R, H]``."""
        return self._encode(self.model.encode_query, texts, self.options.query_prefix, "query")

    def _encode(
        self, encode: Any, texts: Sequence[str], prefix: str | None, side: str, tokens: list[Batch] | None = None
    ) -> np.ndarray:
        """Vectors of the texts; their token states are appended to ``tokens``, where that is given."""
        torch.set_num_threads(self.options.threads)
        self.model.max_seq_length = getattr(self.options.max_length, side)
        vectors_RH = np.empty((len(texts), self.model.get_embedding_dimension()), dtype=np.float32)
        lengths_R = token_counts(self.model.tokenizer, texts, prefix, self.model.max_seq_length)
        batches = list(equal_lengths(lengths_R, self.options.batch_size))
        for rows in progress(batches, f"{side} vectors", "batch"):
            batch = [texts[row] for row in rows]
            found = encode(batch, prompt=prefix, batch_size=len(batch), output_value=None)
            vectors_RH[rows] = _stacked(found, "sentence_embedding")
            if tokens is not None:
                tokens.append((rows, vectors_of(_stacked(found, "token_embeddings")), _stacked(found, "input_ids")))
        return _unit(vectors_RH) if self.options.similarity == "cosine" else vectors_RH


def _stacked(found: Sequence[Mapping[str, torch.Tensor]], name: str) -> np.ndarray:
    """One output of the model for every text of a batch, floating point as float32."""
    values = torch.stack([one[name] for one in found])
    return (values.float() if values.is_floating_point() else values).cpu().numpy()


def open_transformer(folder: Path, dtype: str) -> Transformer:
    """The transformer of a folder, without anything that follows it."""
    kwargs = {"processor_kwargs": local(), "config_kwargs": local()}
    return Transformer(str(folder), model_kwargs={**in_type(dtype), **local()}, **kwargs)


def token_counts(tokenizer: Any, texts: Sequence[str], prefix: str | None, most: int) -> np.ndarray:
    """Tokens of each text as the model reads it, int64 ``[R]``."""
    whole = [f"{prefix or ''}{text}" for text in texts]
    ids = tokenizer(whole, truncation=True, max_length=most, return_attention_mask=False)["input_ids"] if whole else []
    return np.fromiter(map(len, ids), dtype=np.int64, count=len(ids))


def _unit(vectors_RH: np.ndarray) -> np.ndarray:
    """Rows of length 1; a row of zeros stays."""
    lengths_R1 = np.linalg.norm(vectors_RH.astype(np.float64), axis=1, keepdims=True)
    return (vectors_RH / np.maximum(lengths_R1, 1e-12)).astype(np.float32)
