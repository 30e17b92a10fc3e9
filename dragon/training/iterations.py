"""A student walks its trajectory; every iteration is asked of the store and computed only if nobody has yet."""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from dragon import artifacts
from dragon.config import IN_DOMAIN, Experiment, Iteration, Params
from dragon.core import Checkpoint, LabelStore
from dragon.models.tokens import Tokens
from dragon.store import Store
from dragon.supervision.sampling import Sampler
from dragon.supervision.schedule import iterations

KIND = "iterations"
CURVE = "curve.jsonl"
_CODE = ("training", "supervision", "models/bi_encoder.py", "models/cls_state.py", "models/tokens.py")


@dataclass(frozen=True)
class Inputs:
    """Everything that a student's iterations are a function of, beside the parent and the settings."""

    experiment: Experiment
    init: Checkpoint
    labels: LabelStore
    queries: Path
    passages: Path
    """Folders of :class:`Tokens`."""

    @classmethod
    def of(cls, params: Params, student: str, seed: int | None = None) -> "Inputs":
        """Open what a student of ``params.yaml`` is trained from; raises ArtifactError on what is missing.

        ``seed`` is one of ``params.seeds``, the first by default.
        """
        experiment, layout = params.seeded(student, params.seeds[0] if seed is None else seed), params.layout
        return cls(
            experiment=experiment,
            init=Checkpoint.open(layout.checkpoint(experiment.init)),
            labels=LabelStore.open(layout.labels(experiment.labels)),
            queries=layout.tokens(experiment.query_set),
            passages=layout.tokens(IN_DOMAIN) / params.collection() / "corpus",
        )

    @property
    def training_queries(self) -> int:
        """How many queries an epoch visits (Figure 3)."""
        limit = self.experiment.training.queries
        return min(limit, self.labels.visits) if limit else self.labels.visits


@dataclass(frozen=True)
class Finished:
    """An iteration that the store holds."""

    iteration: Iteration
    key: str
    checkpoint: Checkpoint
    computed: bool
    """Whether it was computed now rather than reused."""

    def curve(self) -> list[dict[str, float]]:
        """Loss, learning rate and throughput per step, as they were when it was computed."""
        lines = (self.checkpoint.folder / CURVE).read_text(encoding="utf-8").splitlines()
        return [json.loads(line) for line in lines]


def walk(
    inputs: Inputs, store: Store, upto: int | None = None, announce: Callable[[str], None] = print
) -> list[Finished]:
    """Obtain a student's iterations 1..``upto`` (all by default), each from its parent."""
    finished: list[Finished] = []
    parent = inputs.init
    for iteration in iterations(inputs.experiment)[:upto]:
        finished.append(_obtain(inputs, parent, iteration, store))
        parent = finished[-1].checkpoint
        announce(_line(inputs.experiment.name, finished[-1]))
    return finished


def curve_csv(finished: Sequence[Finished]) -> str:
    """All iterations' steps on one axis: step, iteration, loss, learning_rate, queries_per_second."""
    rows = [(one.iteration.number, point) for one in finished for point in one.curve()]
    names = ("loss", "learning_rate", "queries_per_second")
    lines = [
        ",".join(map(repr, (step, number, *(point[n] for n in names)))) for step, (number, point) in enumerate(rows, 1)
    ]
    return "\n".join([",".join(("step", "iteration", *names)), *lines]) + "\n"


def iteration_key(inputs: Inputs, parent: Checkpoint, iteration: Iteration) -> str:
    """Digest of everything that can change the iteration's weights, and of nothing else.

    The student's name and its other iterations are not part of it: equal prefixes are computed once.
    """
    lists, training = inputs.labels.select(iteration.sources), inputs.experiment.training
    rows = {"alternatives": inputs.labels.alternatives} if inputs.labels.alternatives > 1 else {}
    return artifacts.digest(
        {
            **rows,
            "parent": parent.digest,
            "queries": artifacts.read_meta(inputs.queries)["files"],
            "passages": artifacts.read_meta(inputs.passages)["files"],
            "lists": [one.digest for one in lists],
            "scores": [one.scores_digest for one in lists] if training.loss == "kl" else [],
            "training": asdict(training),
            "number": iteration.number,
            "code": source_digest(),
            "versions": {name: version(name) for name in ("torch", "transformers")},
        }
    )


def source_digest() -> str:
    """Digest of the modules that compute an iteration."""
    return artifacts.source_digest(Path(__file__).parents[1], _CODE)


def _obtain(inputs: Inputs, parent: Checkpoint, iteration: Iteration, store: Store) -> Finished:
    key = iteration_key(inputs, parent, iteration)
    start = time.perf_counter()
    meta = {"kind": "checkpoint", "key": key, "parent": parent.digest, "sources": list(iteration.sources)}
    folder, computed = store.obtain(KIND, key, lambda part: _compute(inputs, parent, iteration, part), meta)
    store.record(
        {
            "event": "iteration",
            "student": inputs.experiment.name,
            "number": iteration.number,
            "key": key,
            "computed": computed,
            "seconds": round(time.perf_counter() - start, 2),
        }
    )
    return Finished(iteration, key, Checkpoint.open(folder), computed)


def sampler_of(inputs: Inputs, iteration: Iteration) -> Sampler:
    """What an iteration draws from."""
    training, labels = inputs.experiment.training, inputs.labels
    ranks = training.positives, training.negatives
    lists = labels.select(iteration.sources)
    return Sampler(lists, *ranks, training.seed, iteration.number, training.queries, labels.alternatives)


def _compute(inputs: Inputs, parent: Checkpoint, iteration: Iteration, part: Path) -> None:
    # here and not above: a student whose iterations are all in the store needs no torch
    from dragon.models.bi_encoder import BiEncoder
    from dragon.training.loop import Data, train_iteration

    training, sampler = inputs.experiment.training, sampler_of(inputs, iteration)
    model = BiEncoder.load(parent, training.tied_encoders, training.pooling, training.dropout)
    data = Data(Tokens.open(inputs.queries), Tokens.open(inputs.passages))
    curve: list[Mapping[str, Any]] = []
    name = f"{inputs.experiment.name} {iteration.number}"
    facts = train_iteration(
        model, data, sampler, training, name, lambda step, values: curve.append({"step": step, **values})
    )
    model.save(part)
    (part / CURVE).write_text("".join(json.dumps(point) + "\n" for point in curve), encoding="utf-8")
    artifacts.write_json(part / "facts.json", {**facts, "sampler": sampler.facts()})


def _line(student: str, finished: Finished) -> str:
    how = "computed" if finished.computed else "reused"
    sources = " + ".join(finished.iteration.sources)
    return f"{student}: iteration {finished.iteration.number} ({sources}) {how} {finished.key[:12]}"
