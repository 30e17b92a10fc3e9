"""Encoder ``st-late-interaction``: a vector for every token, the last states of a transformer (ColBERT's kind).

There is no projection: a checkpoint that has one is refused (its weights would be left over; ColBERT's own is read by
:mod:`dragon.models.checkpoints.colbert`). For the rough stage of the engine, a token's centroid is the vector that the
model gives to the token alone.
"""

import string
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from sentence_transformers import SentenceTransformer

from dragon.errors import ConfigError
from dragon.models.checkpoints.base import CheckpointEncoder, TextOptions
from dragon.models.checkpoints.dense import open_transformer, token_counts
from dragon.models.checkpoints.lengths import equal_lengths
from dragon.models.checkpoints.opening import backbone
from dragon.models.checkpoints.stored import read_tokens
from dragon.models.checkpoints.token_arrays import Batch, TokenArrays, collect, packed, vectors_of, without
from dragon.models.checkpoints.weights import ENCODER
from dragon.models.encoder import ENCODERS
from dragon.models.max_sim import Pieces, TokenVectors
from dragon.models.term_space import unit_rows
from dragon.progress import progress


@dataclass(frozen=True, kw_only=True)
class LateInteractionCheckpointOptions(TextOptions):
    """``options.encoder`` of an ``st-late-interaction`` teacher."""

    drop_special: bool
    """Leave [CLS] and [SEP] out, of queries and passages."""
    drop_punctuation: bool
    """Leave tokens of punctuation out of passages, as ColBERT does."""
    threshold: float | None
    """A cosine below this is no match; null: every cosine counts."""


@ENCODERS("st-late-interaction")
class LateInteractionCheckpoint(CheckpointEncoder):
    """Token states scaled to length 1; every token of a query weighs the same."""

    options_type = LateInteractionCheckpointOptions
    task = ENCODER

    @classmethod
    def check(cls, options: LateInteractionCheckpointOptions, folder: Path, where: str) -> None:
        if options.threshold is not None and not 0 <= options.threshold < 1:
            raise ConfigError(f"{where}.threshold: found {options.threshold}, allowed: 0 to less than 1, or null")

    def opened(self) -> SentenceTransformer:
        return SentenceTransformer(
            modules=[open_transformer(backbone(self.folder), self.options.dtype)], device=self.device
        )

    @property
    def threshold(self) -> float:
        return -np.inf if self.options.threshold is None else self.options.threshold

    def encode_passages(self, texts: Sequence[str]) -> TokenVectors:
        """Token vectors of R passages; kept in the store."""
        prefix, most = self.options.passage_prefix, self.options.max_length.passage
        dropped = self._punctuation if self.options.drop_punctuation else frozenset()
        shards = read_tokens(self, texts, lambda part: self._encode(part, prefix, most, "passages"))
        return self._joined([without(shard, dropped | self._special) for shard in shards])

    def encode_queries(self, texts: Sequence[str]) -> TokenVectors:
        """Token vectors of R queries."""
        prefix, most = self.options.query_prefix, self.options.max_length.query
        return self._joined([without(self._encode(texts, prefix, most, "queries"), self._special)])

    def word_vectors(self, distinct: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        """What the model makes of W tokens, each alone between special tokens; float32 ``[W, H]``, and W ones."""
        torch.set_num_threads(self.options.threads)
        tokenizer, (around, before) = self.model.tokenizer, self._around()
        ids = [[*around[:before], one, *around[before:]] for one in tokenizer.convert_tokens_to_ids(list(distinct))]
        size = self.options.batch_size
        blocks = [ids[start : start + size] for start in range(0, len(ids), size)]
        vectors = [self._states(torch.tensor(block))[:, before] for block in progress(blocks, "tokens alone", "batch")]
        vectors_WH = np.concatenate([np.empty((0, self._hidden), np.float32), *vectors])
        return unit_rows(vectors_WH).astype(np.float32), np.ones(len(distinct), dtype=np.float32)

    def _around(self) -> tuple[list[int], int]:
        """Tokens that stand around every passage, and how many of them stand before it."""
        tokenizer = self.model.tokenizer
        around = tokenizer("")["input_ids"]
        return around, int(bool(around) and around[0] in (tokenizer.cls_token_id, tokenizer.bos_token_id))

    def _encode(self, texts: Sequence[str], prefix: str | None, most: int, name: str) -> TokenArrays:
        """All tokens of R texts."""
        torch.set_num_threads(self.options.threads)
        tokenizer, prefixed = self.model.tokenizer, [f"{prefix or ''}{text}" for text in texts]
        batches = list(equal_lengths(token_counts(tokenizer, prefixed, None, most), self.options.batch_size))

        def read_batches() -> Iterator[Batch]:
            for rows in progress(batches, f"tokens of {name}", "batch"):
                read = tokenizer([prefixed[row] for row in rows], truncation=True, max_length=most, return_tensors="pt")
                yield rows, vectors_of(self._states(read["input_ids"])), read["input_ids"].numpy()

        return collect(len(texts), self._hidden, read_batches())

    def _states(self, ids_BT: torch.Tensor) -> np.ndarray:
        """Last states of B texts of one length, float32 ``[B, T, H]``."""
        ids_BT = ids_BT.to(self.device)
        with torch.inference_mode():
            features = self.model({"input_ids": ids_BT, "attention_mask": torch.ones_like(ids_BT)})
        return features["token_embeddings"].float().cpu().numpy()

    def _joined(self, shards: Sequence[TokenArrays]) -> TokenVectors:
        """Shards end to end, with the tokens' words."""
        shards = shards or [packed([], [], self._hidden)]
        ids_T, lengths_R = (np.concatenate([shard[name] for shard in shards]) for name in ("ids", "lengths"))
        used, places_T = np.unique(ids_T, return_inverse=True)
        pieces = self.model.tokenizer.convert_ids_to_tokens(used.tolist())
        order = sorted(range(len(pieces)), key=pieces.__getitem__)
        rank = np.argsort(order).astype(np.int32) if order else np.empty(0, np.int32)
        offsets_R = np.concatenate([[0], np.cumsum(lengths_R)]).astype(np.int64)
        vectors_TH, weights_T = Pieces([shard["vectors"] for shard in shards]), np.ones(len(ids_T), np.float32)
        return TokenVectors(vectors_TH, weights_T, rank[places_T], offsets_R, tuple(pieces[i] for i in order))

    @cached_property
    def _hidden(self) -> int:
        return self.model[0].get_embedding_dimension()

    @cached_property
    def _special(self) -> frozenset[int]:
        """Tokens that stand around every text and are to be left out; an unknown word stays."""
        names = ("cls_token_id", "sep_token_id", "bos_token_id", "eos_token_id") if self.options.drop_special else ()
        return frozenset(getattr(self.model.tokenizer, name) for name in names) - {None}

    @cached_property
    def _punctuation(self) -> frozenset[int]:
        """Tokens of the vocabulary that hold nothing but punctuation."""
        vocabulary = self.model.tokenizer.get_vocab()
        bare = {piece: piece.removeprefix("##").strip("\u2581\u0120") for piece in vocabulary}
        return frozenset(vocabulary[piece] for piece, text in bare.items() if text and all(map(_is_mark, text)))


def _is_mark(character: str) -> bool:
    return character in string.punctuation or unicodedata.category(character).startswith("P")
