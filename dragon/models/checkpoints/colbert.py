"""Encoder ``colbert``: ColBERT's own checkpoints (Khattab and Zaharia 2020; Santhanam et al. 2022), e.g. ColBERTv2.

BERT and ``linear``, from its last states to 128 dimensions, without bias; vectors have length 1. A marker token stands
behind [CLS]: ``[unused0]`` in queries, ``[unused1]`` in passages. A query is filled with [MASK] to its full length, and
those count as tokens; a passage's punctuation does not. What the folder says in ``artifact.metadata`` (markers,
whether [MASK] is attended to, whether punctuation is left out) is followed; lengths are options.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from sentence_transformers import MultiVectorEncoder

from dragon.errors import ArtifactError
from dragon.models.checkpoints.base import CheckpointOptions
from dragon.models.checkpoints.dense import token_counts
from dragon.models.checkpoints.late_interaction import LateInteractionCheckpoint
from dragon.models.checkpoints.lengths import equal_lengths
from dragon.models.checkpoints.stored import read_passages
from dragon.models.checkpoints.token_arrays import packed
from dragon.models.checkpoints.weights import ENCODER, in_type, local, readable
from dragon.models.encoder import ENCODERS
from dragon.models.max_sim import TokenVectors, whole
from dragon.models.term_space import unit_rows
from dragon.models.unicoil import check_headed
from dragon.progress import progress
from dragon.settings import MaxLength

HEAD, METADATA, ARCHITECTURE = "linear", "artifact.metadata", "HF_ColBERT"


@dataclass(frozen=True, kw_only=True)
class ColbertOptions(CheckpointOptions):
    """``options.encoder`` of a ``colbert`` teacher."""

    max_length: MaxLength
    """Tokens with [CLS], marker and [SEP]; every query is filled to its own (ColBERTv2: 32 and 180)."""
    threads: int
    """CPU threads of torch."""


@ENCODERS("colbert")
class ColbertCheckpoint(LateInteractionCheckpoint):
    """Projected token states; every token of a query weighs the same, [MASK] too."""

    options_type = ColbertOptions
    task = ENCODER

    @classmethod
    def check(cls, options: ColbertOptions, folder: Path, where: str) -> None:
        found = _read(folder / "config.json").get("architectures")
        if found != [ARCHITECTURE]:
            raise ArtifactError(f"{folder / 'config.json'}: architectures: found {found}, allowed: [{ARCHITECTURE}]")
        similarity = _read(folder / METADATA).get("similarity", "cosine")
        if similarity != "cosine":
            raise ArtifactError(f"{folder / METADATA}: similarity: found {similarity!r}, allowed: 'cosine'")

    @classmethod
    def check_weights(cls, folder: Path) -> None:
        with readable(folder):
            weights = check_headed(folder, HEAD, None, bias=False)
        size, stated = len(weights[f"{HEAD}.weight"]), _read(folder / METADATA).get("dim")
        if stated not in (None, size):
            raise ArtifactError(f"{folder}: {HEAD}.weight has {size} outputs, but {METADATA} says dim {stated}")

    def opened(self) -> MultiVectorEncoder:
        weights = {"model_kwargs": in_type(self.options.dtype), "device": self.device}
        model = MultiVectorEncoder(str(self.folder), **weights, **local()).to(getattr(torch, self.options.dtype))
        model[0].document_length = self.options.max_length.passage
        model[0].query_expansion = {**model[0].query_expansion, "length": self.options.max_length.query}
        for task in ("query", "document"):
            marker = model.prompts[task].strip()
            if model.tokenizer.tokenize(marker) != [marker]:
                raise ArtifactError(f"{self.folder}: the marker {marker!r} is no entry of its vocabulary")
        return model

    @property
    def threshold(self) -> float:
        return -np.inf

    def encode_passages(self, texts: Sequence[str]) -> TokenVectors:
        return self._joined(read_passages(self, texts, lambda part: self._vectors(part, "document")))

    def encode_queries(self, texts: Sequence[str]) -> TokenVectors:
        return self._joined([self._vectors(texts, "query")])

    def _around(self) -> tuple[list[int], int]:
        """As every passage: [CLS], the marker, [SEP]."""
        return self.model.tokenizer(self.model.prompts["document"].strip())["input_ids"], 2

    def _vectors(self, texts: Sequence[str], task: str) -> dict[str, np.ndarray]:
        """See :func:`dragon.models.checkpoints.token_arrays.packed`."""
        torch.set_num_threads(self.options.threads)
        most = self.options.max_length.query if task == "query" else self.options.max_length.passage
        counts_R = token_counts(self.model.tokenizer, texts, self.model.prompts[task], most)
        vectors, ids = ([np.empty(0)] * len(texts) for _ in range(2))  # batches fill all rows, in their own order
        for rows in progress(list(equal_lengths(counts_R, self.options.batch_size)), f"{task} tokens", "batch"):
            read = self.model.preprocess([texts[row] for row in rows], prompt=self.model.prompts[task], task=task)
            ids_BT, states_BTH, kept_BT = self._scored(read, task)
            for row, ids_T, states_TH, kept_T in zip(rows, ids_BT, states_BTH, kept_BT, strict=True):
                vectors[row], ids[row] = whole(unit_rows(states_TH[kept_T])), ids_T[kept_T].astype(np.int32)
        return packed(vectors, ids, self._hidden)

    def _scored(self, read: dict[str, Any], task: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Ids ``[B, T]``, vectors float32 ``[B, T, H]`` and which of them count, bool ``[B, T]``."""
        ids_BT = read["input_ids"].numpy()
        on_device = {name: value.to(self.device) if hasattr(value, "to") else value for name, value in read.items()}
        with torch.inference_mode():
            found = self.model(on_device, task=task)
        return ids_BT, found["token_embeddings"].float().cpu().numpy(), found["attention_mask"].bool().cpu().numpy()

    @cached_property
    def _hidden(self) -> int:
        return self.model.get_embedding_dimension()


def _read(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        found = None
    if not isinstance(found, dict):
        raise ArtifactError(f"{path}: not there, or no JSON; allowed: a folder of Stanford's ColBERT")
    return found
