"""What the students were trained with, and where the numbers come from: names and texts of a short table."""

import csv
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path

from dragon.config import Params
from dragon.reporting import git, machine
from dragon.reporting.pilot.spec import PilotSpec
from dragon.reporting.pilot.values import AbsentError, Reader


def settings(spec: PilotSpec, params: Params, reader: Reader, root: Path) -> dict[str, str]:
    """``root`` is the user's checkout, whose commit is named."""
    trained = [name for name in spec.students if params.layout.curve(name).exists()]
    base = params.training
    rows = {
        "seeds": ", ".join(map(str, params.seeds)),
        "training queries": _shared(trained, lambda name: _queries(name, spec, reader)),
        "labels": _shared(trained, lambda name: params.experiment(name).labels),
        "start": _shared(trained, lambda name: params.experiment(name).init),
        "epochs of an iteration": _shared(trained, lambda name: _epochs(name, params)),
        "iterations": _shared(trained, lambda name: steps(params.layout.curve(name))),
        "queries of a step": f"{base.batch_size}",
        "learning rate": f"{base.learning_rate:g}, word embeddings x {base.embedding_lr_scale:g}",
        "warm-up": f"{base.warmup:g} of an iteration's steps",
        "positives": _shared(trained, lambda name: _ranks(1, params.experiment(name).training.positives)),
        "hard negatives": _ranks(*base.negatives),
        "loss": f"{base.loss}, temperature {base.temperature:g}",
        "encoders": f"{'one' if base.tied_encoders else 'two'}, {base.pooling} pooling",
        "commit": git.revision(root).shown,
        "machine that wrote this": "; ".join(f"{name} {value}" for name, value in machine.machine().items()),
    }
    return {name: text for name, text in rows.items() if text}


def steps(curve: Path) -> str:
    """Of a student, from its loss curve: ``3 of 315 steps``, or ``315 + 315 + 120 steps`` where they differ."""
    with curve.open(encoding="utf-8", newline="") as file:
        counts = list(Counter(line["iteration"] for line in csv.DictReader(file)).values())
    if len(set(counts)) == 1:
        return f"{len(counts)} of {counts[0]:,} steps"
    return f"{' + '.join(f'{count:,}' for count in counts)} steps"


def _epochs(name: str, params: Params) -> str:
    training = params.experiment(name).training
    return f"{training.epochs * training.epochs_scale:g}"


def _ranks(first: int, last: int) -> str:
    return f"ranks {first}-{last}" if last > first else f"rank {first}"


def _queries(name: str, spec: PilotSpec, reader: Reader) -> str:
    try:
        return f"{reader.table(name, spec.in_domain.suite).facts['training_queries']:,}"
    except (AbsentError, KeyError):
        return "n/a"


def _shared(students: Iterable[str], of: Callable[[str], str]) -> str:
    """What most students have, in brackets those that differ; nothing where nothing was trained."""
    groups: dict[str, list[str]] = {}
    for name in students:
        groups.setdefault(of(name), []).append(name)
    if not groups:
        return ""
    (most, _), *others = sorted(groups.items(), key=lambda one: -len(one[1]))
    differ = "; ".join(f"{', '.join(names)}: {text}" for text, names in others)
    return f"{most} ({differ})" if differ else most
