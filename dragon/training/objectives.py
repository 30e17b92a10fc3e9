"""What a step minimises: hard labels (equation 2), or a teacher's scores as soft labels (section 5)."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from dragon.core.ranked_lists import PAD
from dragon.models.bi_encoder import BiEncoder
from dragon.models.tokens import Tokens
from dragon.settings import Soft, Training
from dragon.supervision.sampling import Sampler, SoftLists
from dragon.training.batches import Batch, make_batch
from dragon.training.loss import info_nce, kl_to_teacher


@dataclass(frozen=True)
class Data:
    """What a student reads: tokens of its queries and of the collection that labels point into."""

    queries: Tokens
    passages: Tokens


Objective = Callable[[BiEncoder, np.ndarray, int], tuple[Tensor, int]]
"""(model, query rows ``[B]``, epoch) -> loss, float32 scalar, and how many passages were missing and masked."""


def objective(training: Training, data: Data, sampler: Sampler) -> Objective:
    """The objective that ``training.loss`` names, over what ``sampler`` draws."""
    kinds = {"info-nce": _hard, "kl": _soft}
    return kinds[training.loss](training, data, sampler)


def batch_loss(model: BiEncoder, batch: Batch, temperature: float) -> Tensor:
    """InfoNCE of one batch, float32 scalar."""
    return info_nce(
        model.encode_queries(*batch.queries),
        model.encode_passages(*batch.passages),
        batch.targets_B,
        batch.passage_mask_P,
        temperature,
    )


def teacher_distribution(lists: SoftLists, soft: Soft) -> Tensor:
    """Softmax over the M drawn passages of a source's normalised scores, float32 ``[B, M]``; 0 where missing.

    Scores are normalised over the whole list of one query, since teachers' scales differ by orders of magnitude.
    """
    scores_BK = lists.scores_BK.astype(np.float64)
    held = np.isfinite(scores_BK)
    if soft.normalisation == "min-max":
        low = scores_BK.min(axis=1, keepdims=True, where=held, initial=np.inf)
        high = scores_BK.max(axis=1, keepdims=True, where=held, initial=-np.inf)
        scores_BK = (scores_BK - low) / np.maximum(high - low, 1e-12)
    elif soft.normalisation == "z-score":
        mean = scores_BK.mean(axis=1, keepdims=True, where=held)
        scores_BK = (scores_BK - mean) / np.maximum(scores_BK.std(axis=1, keepdims=True, where=held), 1e-12)
    drawn_BM = np.take_along_axis(scores_BK, lists.ranks_BM, axis=1) / soft.temperature
    drawn_BM[lists.docs_BM == PAD] = -np.inf
    return torch.from_numpy(drawn_BM).softmax(dim=1).float()


def _hard(training: Training, data: Data, sampler: Sampler) -> Objective:
    def loss(model: BiEncoder, rows: np.ndarray, epoch: int) -> tuple[Tensor, int]:
        triplets = sampler.draw(rows, epoch)
        batch = make_batch(triplets, data.queries, data.passages, training)
        return batch_loss(model, batch, training.temperature), int((triplets.negative == PAD).sum())

    return loss


def _soft(training: Training, data: Data, sampler: Sampler) -> Objective:
    def loss(model: BiEncoder, rows: np.ndarray, epoch: int) -> tuple[Tensor, int]:
        lists = sampler.draw_lists(rows, epoch, training.soft.passages)
        missing_BM = torch.from_numpy(lists.docs_BM == PAD)
        queries_BH = model.encode_queries(*data.queries.batch(lists.query, training.max_length.query))
        passages = data.passages.batch(lists.docs_BM.reshape(-1), training.max_length.passage)
        passages_BMH = model.encode_passages(*passages).unflatten(0, lists.docs_BM.shape)
        target_BM = teacher_distribution(lists, training.soft)
        return kl_to_teacher(queries_BH, passages_BMH, target_BM, missing_BM, training.temperature), int(
            missing_BM.sum()
        )

    return loss
