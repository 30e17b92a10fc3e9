"""Rows -> token tensors: one training step's queries and passages."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from dragon.config import Training
from dragon.core.ranked_lists import PAD
from dragon.models.tokens import Tokens
from dragon.supervision.sampling import Sampler, Triplets

Encoded = tuple[Tensor, Tensor]
"""``input_ids`` and ``attention_mask``, int64 ``[B, T]``."""


@dataclass(frozen=True)
class Batch:
    """B queries and their P passages: B positives, then B hard negatives (dummies masked)."""

    queries: Encoded
    passages: Encoded
    targets_B: Tensor
    passage_mask_P: Tensor


def make_batch(triplets: Triplets, queries: Tokens, passages: Tokens, training: Training) -> Batch:
    """Tokens of one batch; passages stand once per triplet, as in the official code."""
    negatives = triplets.negative if (triplets.negative != PAD).any() else triplets.negative[:0]
    rows = np.concatenate([triplets.positive, negatives])
    return Batch(
        queries=queries.batch(triplets.query, training.max_length.query),
        passages=passages.batch(rows, training.max_length.passage),
        targets_B=torch.arange(len(triplets)),
        passage_mask_P=torch.from_numpy(rows != PAD),
    )


def schedule(sampler: Sampler, training: Training) -> Iterator[tuple[int, np.ndarray]]:
    """(epoch, query rows) of every step of an iteration, in order; the last batch of an epoch is dropped if short.

    Epochs are whole orders over all queries; a fractional number takes the head of the last one.
    """
    size = training.batch_size
    for epoch, steps in enumerate(steps_per_epoch(sampler.queries, sampler.all_queries, training)):
        rows = sampler.visits(epoch)
        for step in range(min(steps, len(rows) // size)):
            yield epoch, rows[step * size : (step + 1) * size]


def steps_per_epoch(queries: int, all_queries: int, training: Training) -> list[int]:
    """Steps of each (possibly fractional) epoch of an iteration over ``queries`` of ``all_queries``.

    The paper does not say what a small query set (Figure 3) is trained for: ``budget: epochs`` keeps the epochs,
    ``budget: steps`` the steps that the full set would take (dossier 1c).
    """
    epochs, whole = training.epochs * training.epochs_scale, queries // training.batch_size
    if training.budget == "steps" and whole:
        full_set = _steps(all_queries // training.batch_size, epochs)
        return [min(whole, full_set - done) for done in range(0, full_set, whole)]
    full, rest = int(epochs), epochs - int(epochs)
    return [whole] * full + ([round(rest * whole)] if rest > 1e-9 else [])


def _steps(whole: int, epochs: float) -> int:
    full, rest = int(epochs), epochs - int(epochs)
    return whole * full + round(rest * whole)
