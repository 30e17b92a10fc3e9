"""How fast this machine computes with a student of a scale's size: a matrix product, training steps, encoding.

Seconds for the student of `mini`, a minute or two for a BERT-base on a CPU. Random weights and random tokens take as
long as real ones; the steps are those of ``dragon.training.loop``: both encoders, all passages of the batch as
negatives, AdamW.
"""

import platform
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

import torch

from dragon.config import Training
from dragon.models.bi_encoder import BiEncoder, device, new_bert
from dragon.planning.sizes import Sizes, Student
from dragon.planning.work import BACKWARD
from dragon.progress import progress
from dragon.training.loss import info_nce
from dragon.training.optimizer import make_optimizer


@dataclass(frozen=True)
class Effort:
    """How long to measure: rounds of each kind, and the seconds that one of them should take at least."""

    rounds: int
    seconds: float


def calibrate(sizes: Sizes, training: Training, machine: str, effort: Effort) -> dict[str, Any]:
    """Rates as ``dragon.planning.rates`` reads them: median over rounds, of the device that students train on.

    Search is taken to be as fast as a matrix product; re-ranking as encoding. Lucene's rates are not measured here:
    ``latency-*.json`` of Table 6 says them.
    """
    torch.set_num_threads(training.threads)
    torch.manual_seed(training.seed)
    model = _student(sizes.student, training)
    lengths = training.max_length
    kinds: dict[str, Callable[[int], float]] = {
        "dense-search": _matrix_product,
        "training": lambda batch: _training(model, sizes.student, training, batch),
        "encoding": lambda batch: _encoding(model, sizes.student, round(sizes.passages.each(lengths.passage)), batch),
    }
    found = {kind: _rate(run, effort) for kind, run in progress(kinds.items(), "calibrating", "kind", total=len(kinds))}
    found |= {"max-sim": found["dense-search"], "re-ranking": found["encoding"]}
    return {
        "about": f"{machine}, {training.threads} threads, {device()}, fp32",
        "kind": "measured",
        "devices": 1,
        "work": {kind: {"flop_per_second": rate, "source": source} for kind, (rate, source) in found.items()},
        "machine": {
            "machine": machine,
            "device": device(),
            "threads": training.threads,
            "date": datetime.now(UTC).date().isoformat(),
            "python": platform.python_version(),
            "torch": version("torch"),
            "transformers": version("transformers"),
            "student": vars(sizes.student),
        },
    }


def _rate(run: Callable[[int], float], effort: Effort) -> tuple[float, str]:
    """FLOP per second of ``run(size) -> FLOP``, the size doubled until a run is long enough; and how it was found."""
    size, seconds = 1, 0.0
    while seconds < effort.seconds:
        size, seconds = 2 * size, _timed(run, 2 * size)[1]
    times = [_timed(run, size) for _ in range(effort.rounds)]
    rates = [flop / taken for flop, taken in times]
    between = f"{min(rates):.3g} to {max(rates):.3g}"
    return median(rates), f"measured: median of {effort.rounds} rounds of {times[0][1]:.2g} s, {between}"


def _timed(run: Callable[[int], float], size: int) -> tuple[float, float]:
    start = time.perf_counter()
    flop = run(size)
    if device() == "cuda":
        torch.cuda.synchronize()
    return flop, time.perf_counter() - start


def _matrix_product(size: int) -> float:
    """``size`` products of 1,024 rows with themselves, 768 wide: a block of exact search."""
    rows = torch.ones(1024, 768, device=device())
    for _ in range(size):
        rows @ rows.T
    return size * 2.0 * 1024 * 1024 * 768


def _student(student: Student, training: Training) -> BiEncoder:
    config = {
        "hidden_size": student.hidden,
        "num_hidden_layers": student.layers,
        "num_attention_heads": student.heads,
        "intermediate_size": student.intermediate,
        "vocab_size": student.vocabulary,
        "max_position_embeddings": student.positions,
        "hidden_dropout_prob": training.dropout,
        "attention_probs_dropout_prob": training.dropout,
    }
    query = new_bert(config)
    context = query if training.tied_encoders else new_bert(config)
    return BiEncoder(query, context, training.pooling, Path()).to(device())


def _training(model: BiEncoder, student: Student, training: Training, batch: int) -> float:
    """One step over ``batch`` queries and twice as many passages, each as long as allowed."""
    parts = list({id(part): part for part in (model.query_encoder, model.context_encoder)}.values())
    settings = (training.learning_rate, training.embedding_lr_scale, training.weight_decay)
    optimizer, _ = make_optimizer(parts, *settings, total_steps=1, warmup=0.0)
    model.train()
    lengths = training.max_length
    queries = model.encode_queries(*_tokens(student, batch, lengths.query))
    passages = model.encode_passages(*_tokens(student, 2 * batch, lengths.passage))
    info_nce(queries, passages, torch.arange(batch), temperature=training.temperature).backward()
    torch.nn.utils.clip_grad_norm_([weight for part in parts for weight in part.parameters()], training.clip_norm)
    optimizer.step()
    forward = student.transformer.forward(batch * lengths.query, lengths.query)
    forward += student.transformer.forward(2 * batch * lengths.passage, lengths.passage)
    return (1 + BACKWARD) * forward


def _encoding(model: BiEncoder, student: Student, length: int, batch: int) -> float:
    """``batch`` passages of the average length, without gradients."""
    model.eval()
    with torch.inference_mode():
        model.encode_passages(*_tokens(student, batch, length)).cpu()
    return student.transformer.forward(batch * length, length)


def _tokens(student: Student, texts: int, length: int) -> tuple[torch.Tensor, torch.Tensor]:
    ids = torch.randint(student.vocabulary, (texts, length))
    return ids, torch.ones_like(ids)
