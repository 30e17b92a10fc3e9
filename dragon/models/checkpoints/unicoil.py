"""Encoder ``unicoil``: one weight for every token of a text (uniCOIL, Lin and Ma 2021, arXiv 2106.14807).

``relu(tok_proj(state))``; a query sums a repeated token's weights, a passage takes the largest, [CLS] is no term. The
passages are expanded with doc2query: tokens that the text lacks stand behind it, ``[CLS] text [SEP] tokens [SEP]``,
each once, in the order of their first appearance. (Pyserini's order is that of a Python set.)
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from transformers import AutoTokenizer

from dragon import artifacts
from dragon.core import Corpus
from dragon.errors import ConfigError
from dragon.imports import user_file
from dragon.models.checkpoints.base import TextOptions
from dragon.models.checkpoints.expansions import MARK, expanded
from dragon.models.checkpoints.impacts import ImpactCheckpoint
from dragon.models.checkpoints.opening import backbone
from dragon.models.checkpoints.weights import ENCODER, local, readable
from dragon.models.encoder import ENCODERS
from dragon.models.unicoil import HeadedBert, check_headed, load_headed

HEAD = "tok_proj"


@dataclass(frozen=True, kw_only=True)
class UniCoilOptions(TextOptions):
    """``options.encoder`` of a ``unicoil`` teacher; ``max_length.passage`` counts what stands before the expansion."""

    scale: float
    """Impacts are ``round(scale * weight)`` (published indexes: 256 / 5 = 51.2)."""
    expansions: dict[str, str] | None
    """``<suite>/<dataset>`` -> JSON lines (also .gz) of ``id`` and ``predicted_queries``; other collections, or null:
    passages are not expanded."""
    expansion_tokens: int
    """Tokens of an expansion that are looked at (published indexes: 100)."""


@ENCODERS("unicoil")
class UniCoilCheckpoint(ImpactCheckpoint):
    """A BERT with a token projection; a head that is missing, random or of another shape is an error."""

    options_type = UniCoilOptions
    task = ENCODER

    @classmethod
    def check(cls, options: UniCoilOptions, folder: Path, where: str) -> None:
        if options.scale <= 0:
            raise ConfigError(f"{where}.scale: found {options.scale}, allowed: more than 0")

    @classmethod
    def beside(cls, options: UniCoilOptions, where: str) -> dict[str, str]:
        files = {key: user_file(path, f"{where}.expansions.{key}") for key, path in (options.expansions or {}).items()}
        return {f"expansions of {key}": artifacts.file_digest(path) for key, path in files.items()}

    @classmethod
    def check_weights(cls, folder: Path) -> None:
        with readable(folder):
            check_headed(backbone(folder), HEAD, 1, bias=True)

    def lengths(self) -> dict[str, int]:
        found = super().lengths()
        if self.options.expansions:
            found["max_length.passage"] += self.options.expansion_tokens + 1
        return found

    def opened(self) -> HeadedBert:
        folder = backbone(self.folder)
        model = load_headed(folder, HEAD, 1, bias=True)
        model.tokenizer = AutoTokenizer.from_pretrained(folder, **local())
        return model.to(self.device, getattr(torch, self.options.dtype))

    def passages(self, corpus: Corpus) -> Sequence[str]:
        """Passages, each with its expansion behind a mark where there is one."""
        return expanded(corpus, self.options.expansions or {}, "options.encoder.expansions")

    def token_counts(self, texts: Sequence[str], side: str) -> np.ndarray:
        return np.fromiter((len(ids) for ids in self._ids(texts, side)), dtype=np.int64, count=len(texts))

    def weights(self, texts: Sequence[str], side: str) -> list[dict[int, float]]:
        ids_BT = torch.tensor(self._ids(texts, side), device=self.device)
        with torch.inference_mode():
            weights_BT = torch.relu(self.model(ids_BT))[..., 0].double().cpu().tolist()
        gather = _summed if side == "query" else _largest
        first = self.model.tokenizer.cls_token_id
        return [gather(ids, weights, first) for ids, weights in zip(ids_BT.tolist(), weights_BT, strict=True)]

    def _ids(self, texts: Sequence[str], side: str) -> list[list[int]]:
        if not texts:
            return []
        tokenizer, options = self.model.tokenizer, self.options
        prefix = (options.query_prefix if side == "query" else options.passage_prefix) or ""
        parts = [text.partition(MARK) if side == "passage" else (text, "", "") for text in texts]
        most = getattr(options.max_length, side)
        read = tokenizer([f"{prefix}{text}" for text, _, _ in parts], truncation=True, max_length=most)["input_ids"]
        behind = [expansion for _, mark, expansion in parts if mark]
        cut = {"truncation": True, "max_length": options.expansion_tokens, "add_special_tokens": False}
        more = iter(tokenizer(behind, **cut)["input_ids"] if behind else [])
        return [self._injected(ids, next(more)) if mark else ids for ids, (_, mark, _) in zip(read, parts, strict=True)]

    def _injected(self, text_ids: list[int], expansion_ids: list[int]) -> list[int]:
        new = [token for token in dict.fromkeys(expansion_ids) if token not in set(text_ids[1:-1])]
        return [*text_ids, *new, self.model.tokenizer.sep_token_id]


def _summed(ids: list[int], weights: list[float], left_out: int) -> dict[int, float]:
    found: dict[int, float] = defaultdict(float)
    for token, weight in zip(ids, weights, strict=True):
        found[token] += weight
    found.pop(left_out, None)
    return found


def _largest(ids: list[int], weights: list[float], left_out: int) -> dict[int, float]:
    found: dict[int, float] = defaultdict(float)
    for token, weight in zip(ids, weights, strict=True):
        found[token] = max(found[token], weight)
    found.pop(left_out, None)
    return found
