"""One iteration of training: parent checkpoint -> child checkpoint."""

import time
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import nn
from tqdm import tqdm

from dragon.config import Training
from dragon.errors import UserError
from dragon.models.bi_encoder import BiEncoder
from dragon.supervision.sampling import Sampler
from dragon.training.batches import schedule
from dragon.training.objectives import Data, objective
from dragon.training.optimizer import make_optimizer

Log = Callable[[int, Mapping[str, float]], None]


def train_iteration(
    model: BiEncoder, data: Data, sampler: Sampler, training: Training, name: str, log: Log
) -> dict[str, Any]:
    """Train ``model`` in place for one iteration with a new optimizer and schedule (dossier 1a).

    ``log(step, {"loss", "learning_rate", "queries_per_second"})`` is called at every step, 1-based.

    Returns:
        Facts of the iteration: steps, queries seen, passages that lists lacked and the loss masked.

    Raises:
        UserError: there are fewer queries with labels than one batch takes, or the loss is not finite.
    """
    torch.set_num_threads(training.threads)
    torch.manual_seed(training.seed + sampler.iteration)  # dropout; sampling has its own counters
    plan = list(schedule(sampler, training))
    if not plan:
        raise UserError(f"{name}: {sampler.all_queries} queries make no batch of {training.batch_size}")
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
    step_loss, masked, start = objective(training, data, sampler), 0, time.perf_counter()
    bar = tqdm(plan, desc=name, unit="step", delay=2, leave=False, dynamic_ncols=True)
    for step, (epoch, rows) in enumerate(bar, 1):
        rate = rates.get_last_lr()[-1]
        value, missing = step_loss(model, rows, epoch)
        loss = _step(value, training, optimizer, parts)
        rates.step()
        masked += missing
        _check(loss, name, step)
        speed = step * training.batch_size / (time.perf_counter() - start)
        log(step, {"loss": loss, "learning_rate": rate, "queries_per_second": speed})
        bar.set_postfix(loss=f"{loss:.3f}", refresh=False)
    model.eval()
    return {"steps": len(plan), "queries_seen": len(plan) * training.batch_size, "masked_passages": masked}


def _step(loss: torch.Tensor, training: Training, optimizer: torch.optim.Optimizer, parts: list[nn.Module]) -> float:
    optimizer.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_([p for part in parts for p in part.parameters()], training.clip_norm, foreach=True)
    optimizer.step()
    return loss.item()


def _check(loss: float, name: str, step: int) -> None:
    if loss != loss or loss == float("inf"):
        raise UserError(f"{name}: loss is {loss} at step {step}; try a lower training.learning_rate")
