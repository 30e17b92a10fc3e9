"""One iteration of training: parent checkpoint -> child checkpoint."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from tqdm import tqdm

from dragon.config import Training
from dragon.errors import UserError
from dragon.models.bi_encoder import BiEncoder
from dragon.models.tokens import Tokens
from dragon.supervision.sampling import Sampler
from dragon.training.batches import Batch, make_batch, schedule
from dragon.training.loss import info_nce
from dragon.training.optimizer import make_optimizer

Log = Callable[[int, Mapping[str, float]], None]


@dataclass(frozen=True)
class Data:
    """What a student reads: tokens of its queries and of the collection that labels point into."""

    queries: Tokens
    passages: Tokens


def train_iteration(
    model: BiEncoder, data: Data, sampler: Sampler, training: Training, name: str, log: Log
) -> dict[str, Any]:
    """Train ``model`` in place for one iteration with a new optimizer and schedule (dossier 1a).

    ``log(step, {"loss", "learning_rate", "queries_per_second"})`` is called at every step, 1-based.

    Returns:
        Facts of the iteration: steps, queries seen, masked negatives, seconds.

    Raises:
        UserError: there are fewer queries with labels than one batch takes, or the loss is not finite.
    """
    torch.set_num_threads(training.threads)
    torch.manual_seed(training.seed + sampler.iteration)  # dropout; sampling has its own counters
    plan = list(schedule(sampler, training))
    if not plan:
        raise UserError(f"{name}: {len(sampler.sources[0])} queries make no batch of {training.batch_size}")
    parts = list({id(m): m for m in (model.query_encoder, model.context_encoder)}.values())
    optimizer, rates = make_optimizer(
        parts,
        training.learning_rate,
        training.embedding_lr_scale,
        training.weight_decay,
        len(plan),
        training.warmup,
    )
    model.train()
    masked, start = 0, time.perf_counter()
    bar = tqdm(plan, desc=name, unit="step", delay=2, leave=False, dynamic_ncols=True)
    for step, (epoch, rows) in enumerate(bar, 1):
        triplets = sampler.draw(rows, epoch)
        masked += int((triplets.negative < 0).sum())
        rate = rates.get_last_lr()[-1]
        loss = _step(model, make_batch(triplets, data.queries, data.passages, training), training, optimizer, parts)
        rates.step()
        _check(loss, name, step)
        speed = step * training.batch_size / (time.perf_counter() - start)
        log(step, {"loss": loss, "learning_rate": rate, "queries_per_second": speed})
        bar.set_postfix(loss=f"{loss:.3f}", refresh=False)
    model.eval()
    return {"steps": len(plan), "queries_seen": len(plan) * training.batch_size, "masked_negatives": masked}


def batch_loss(model: BiEncoder, batch: Batch, temperature: float) -> torch.Tensor:
    """InfoNCE of one batch, float32 scalar."""
    return info_nce(
        model.encode_queries(*batch.queries),
        model.encode_passages(*batch.passages),
        batch.targets_B,
        batch.passage_mask_P,
        temperature,
    )


def _step(
    model: BiEncoder, batch: Batch, training: Training, optimizer: torch.optim.Optimizer, parts: list[nn.Module]
) -> float:
    loss = batch_loss(model, batch, training.temperature)
    optimizer.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_([p for part in parts for p in part.parameters()], training.clip_norm, foreach=True)
    optimizer.step()
    return loss.item()


def _check(loss: float, name: str, step: int) -> None:
    if loss != loss or loss == float("inf"):
        raise UserError(f"{name}: loss is {loss} at step {step}; try a lower training.learning_rate")
