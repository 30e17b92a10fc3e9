"""Starts that are pre-trained on the collection's own text before any teacher's label (paper section 5, Table 7).

Kind ``contrastive``: independent cropping as in Contriever (arXiv:2112.09118): two random spans of one passage are a
positive pair, the other passages of the batch are negatives. Both encoders of such a start hold the same weights.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor, nn

from dragon import typed
from dragon.errors import ConfigError, UserError
from dragon.models.bi_encoder import BiEncoder
from dragon.models.starts import STARTS, StartData
from dragon.models.tokens import Tokens
from dragon.progress import progress
from dragon.training.loss import info_nce
from dragon.training.optimizer import make_optimizer

Loss = Callable[[np.ndarray, np.random.Generator], Tensor]
"""``(passage rows int64 [B], random numbers of this step) -> scalar``."""


@dataclass(frozen=True, kw_only=True)
class Pretraining:
    """Options that every pre-training shares."""

    init: str
    """The start that it begins from."""
    seed: int
    pooling: Literal["cls", "mean"]
    steps: int
    batch_size: int
    """Passages per step."""
    learning_rate: float
    embedding_lr_scale: float
    weight_decay: float
    warmup: float
    """Fraction of the steps."""
    clip_norm: float
    dropout: float
    threads: int


@dataclass(frozen=True, kw_only=True)
class Contrastive(Pretraining):
    """Options of kind ``contrastive``."""

    crop: tuple[float, float]
    """Least and greatest length of a crop, as a fraction of its passage."""
    max_pieces: int
    """Pieces of a passage that crops are taken from."""
    temperature: float


@STARTS("contrastive")
def write_contrastive_start(data: StartData, options: dict[str, Any], where: str, part: Path) -> None:
    """Train by cropping and write the start into ``part``.

    Raises:
        ConfigError: an option is unknown, missing or out of range.
    """
    settings = typed.build(Contrastive, options, where)
    if not 0 < settings.crop[0] <= settings.crop[1] <= 1:
        raise ConfigError(f"{where}.crop: found {list(settings.crop)}, allowed: 0 < least <= greatest <= 1")
    model = load_init(data, settings)

    def loss(rows: np.ndarray, draws: np.random.Generator) -> Tensor:
        first, second = (random_crops(data.passages, rows, settings, draws) for _ in range(2))
        queries_BH, passages_BH = model.encode_queries(*first), model.encode_passages(*second)
        return info_nce(queries_BH, passages_BH, torch.arange(len(rows)), temperature=settings.temperature)

    pretrain([model.query_encoder], loss, len(data.passages), settings, "contrastive")
    model.save(part)


def random_crops(
    passages: Tokens, rows: np.ndarray, settings: Contrastive, draws: np.random.Generator
) -> tuple[Tensor, Tensor]:
    """One random span of each passage: its length is uniform in ``settings.crop``, its place uniform.

    Returns:
        ``input_ids`` and ``attention_mask``, int64 ``[B, T]``.
    """
    whole_B = np.minimum(passages.offsets_R[rows + 1] - passages.offsets_R[rows], settings.max_pieces)
    share_B = draws.uniform(*settings.crop, size=len(rows))
    counts_B = np.clip(np.rint(share_B * whole_B), 1, np.maximum(whole_B, 1)).astype(np.int64)
    counts_B = np.minimum(counts_B, whole_B)
    shift_B = np.floor(draws.random(len(rows)) * (whole_B - counts_B + 1)).astype(np.int64)
    return passages.spans(passages.offsets_R[rows] + shift_B, counts_B)


def load_init(data: StartData, settings: Pretraining) -> BiEncoder:
    """The start to begin from, as one tied encoder."""
    return BiEncoder.load(data.checkpoint(settings.init), True, settings.pooling, settings.dropout)


def pretrain(modules: Sequence[nn.Module], loss: Loss, passages: int, settings: Pretraining, desc: str) -> None:
    """Train ``modules`` in place for ``settings.steps`` steps; what a step sees depends on seed and step alone.

    Raises:
        UserError: there are fewer passages than one batch takes, or the loss is not finite.
    """
    if passages < settings.batch_size:
        raise UserError(f"{desc}: {passages} passages make no batch of {settings.batch_size}; lower batch_size")
    torch.set_num_threads(settings.threads)
    torch.manual_seed(settings.seed)  # dropout alone
    optimizer, rates = make_optimizer(
        modules,
        settings.learning_rate,
        settings.embedding_lr_scale,
        settings.weight_decay,
        settings.steps,
        settings.warmup,
    )
    parameters = list({id(p): p for module in modules for p in module.parameters()}.values())
    for module in modules:
        module.train()
    for step in progress(range(settings.steps), desc, "step"):
        draws = np.random.Generator(np.random.Philox(key=[settings.seed, step]))
        rows = draws.choice(passages, settings.batch_size, replace=False)
        value = loss(rows, draws)
        if not torch.isfinite(value):
            raise UserError(f"{desc}: loss is {value.item()} at step {step + 1}; lower learning_rate")
        optimizer.zero_grad()
        value.backward()
        nn.utils.clip_grad_norm_(parameters, settings.clip_norm, foreach=True)
        optimizer.step()
        rates.step()
    for module in modules:
        module.eval()
