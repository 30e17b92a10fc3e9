"""What it costs to label one query (paper Table 6 and Appendix A.4): batches of queries, timed on an opened teacher.

Opening (encoding and indexing the passages) is not part of it. A re-ranker is timed on candidates that are there
already, as in the paper; what its first stage takes is measured apart.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from dragon.errors import ConfigError
from dragon.progress import progress
from dragon.settings import Latency, Teacher
from dragon.teachers.base import Searcher
from dragon.teachers.cross_encoder import CrossEncoderSearcher


@dataclass(frozen=True, kw_only=True)
class Cost:
    """Seconds of one batch, or of one query."""

    wall: float
    cores: float
    """CPU time of all threads of this process; the Java machine runs inside it."""
    gpu: float | None
    """How long the batch held the GPU, between two CUDA events; None where no GPU works."""

    def per(self, count: int) -> "Cost":
        """The cost of one of ``count`` queries."""
        gpu = None if self.gpu is None else self.gpu / count
        return Cost(wall=self.wall / count, cores=self.cores / count, gpu=gpu)


Clock = Callable[[], Callable[[], Cost]]
"""Starts a stopwatch; calling that stops it."""


def cpu_clock() -> Callable[[], Cost]:
    """A :data:`Clock` for engines on the CPU."""
    wall, cores = time.perf_counter(), time.process_time()
    return lambda: Cost(wall=time.perf_counter() - wall, cores=time.process_time() - cores, gpu=None)


def gpu_clock() -> Callable[[], Cost]:
    """A :data:`Clock` that also asks the current GPU; it waits until the work handed to it is done."""
    import torch

    first, last = (torch.cuda.Event(enable_timing=True) for _ in range(2))
    torch.cuda.synchronize()
    first.record()
    on_cpu = cpu_clock()

    def stop() -> Cost:
        last.record()
        torch.cuda.synchronize()
        return replace(on_cpu(), gpu=first.elapsed_time(last) / 1000)

    return stop


def sample(settings: Latency, available: int, where: str) -> list[list[int]]:
    """Rows of the batches, spread evenly over the query set: neighbours come from one passage.

    Raises:
        ConfigError: a number is out of range, or the last batch would not be full.
    """
    rules = {
        "queries": 1 <= settings.queries <= available,
        "batch": settings.batch >= 1 and settings.queries % settings.batch == 0,
        "rounds": settings.rounds >= 1,
        "warmup": settings.warmup >= 0,
    }
    allowed = {"queries": f"1 to {available}", "batch": f"a divisor of queries ({settings.queries})"}
    for key, holds in rules.items():
        if not holds:
            least = "1 or more" if key == "rounds" else "0 or more"
            raise ConfigError(f"{where}.{key}: found {getattr(settings, key)}, allowed: {allowed.get(key, least)}")
    rows = [row * available // settings.queries for row in range(settings.queries)]
    return [rows[start : start + settings.batch] for start in range(0, settings.queries, settings.batch)]


def measure(
    searcher: Searcher, batches: Sequence[Sequence[str]], depth: int, settings: Latency, clock: Clock
) -> dict[str, Any]:
    """Time every batch in every round, after ``settings.warmup`` rounds that are not counted.

    Returns:
        ``wall_ms``, ``core_ms``, ``gpu_ms`` and ``first_stage_wall_ms``: milliseconds per query, each ``{median, q1,
        q3}`` over the batches of all rounds, or None where there is no GPU or no first stage.
    """
    searchers, first = [searcher for _ in batches], []
    if isinstance(searcher, CrossEncoderSearcher):  # all of its rounds before, so that neither disturbs the other
        retrieving = [searcher.first_stage for _ in batches]
        first, lists = _timed(retrieving, batches, searcher.options.depth, settings, clock)
        searchers = [replace(searcher, first_stage=_Retrieved(found)) for found in lists]
    costs, _ = _timed(searchers, batches, depth, settings, clock)
    return {
        "wall_ms": _quartiles([cost.wall for cost in costs]),
        "core_ms": _quartiles([cost.cores for cost in costs]),
        "gpu_ms": _quartiles([cost.gpu for cost in costs if cost.gpu is not None]),
        "first_stage_wall_ms": _quartiles([cost.wall for cost in first]),
    }


def candidates(entry: Teacher, passages: int, depth: int) -> int:
    """Passages that get an exact score for one query: those that a re-ranker or a late interaction keeps, or all."""
    engine = entry.options.get("engine", {})
    kept = {"cross-encoder": engine.get("depth"), "late-interaction": engine.get("candidates")}.get(entry.kind)
    return min(max(kept, depth), passages) if kept else passages


Lists = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True)
class _Retrieved:
    """A first stage that has done its work."""

    lists: Lists

    def search(self, queries: Sequence[str], depth: int) -> Lists:
        return self.lists


def _timed(
    searchers: Sequence[Searcher], batches: Sequence[Sequence[str]], depth: int, settings: Latency, clock: Clock
) -> tuple[list[Cost], list[Lists]]:
    """Costs per query of each batch in each counted round, and each batch's lists."""
    costs: list[Cost] = []
    lists: dict[int, Lists] = {}
    rounds = settings.warmup + settings.rounds
    pairs = [(row, searchers[row], texts) for _ in range(rounds) for row, texts in enumerate(batches)]
    for row, searcher, texts in progress(pairs, "latency", "batch"):
        stop = clock()
        lists[row] = searcher.search(texts, depth)
        costs.append(stop().per(len(texts)))
    return costs[settings.warmup * len(batches) :], list(lists.values())


def _quartiles(seconds: Sequence[float]) -> dict[str, float] | None:
    if not seconds:
        return None
    q1, median, q3 = (1000 * float(value) for value in np.quantile(seconds, [0.25, 0.5, 0.75]))
    return {"median": median, "q1": q1, "q3": q3}
