"""What is evaluated under which name: a student, a student after one of its iterations, a start."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from dragon.config import Params, Training
from dragon.core import Checkpoint
from dragon.registry import unknown
from dragon.store import Store
from dragon.supervision.schedule import iterations
from dragon.tracking import run_key
from dragon.training.iterations import Inputs, walk

START, TEACHER = "start-", "teacher-"
MAIN_SUITES = ("in-domain", "zero-shot")
"""On which every system is evaluated."""


@dataclass(frozen=True)
class System:
    """A bi-encoder under the name of its run and metric files, the settings that it encodes with, and its facts."""

    name: str
    checkpoint: Checkpoint
    training: Training
    facts: Mapping[str, Any]


def published(params: Params, name: str) -> System:
    """``progressive`` (what its train stage published), ``uniform.1`` (from the store) or ``start-plain``.

    Raises:
        ConfigError: there is no such start, student or iteration.
        ArtifactError: it has not been trained.
    """
    if name.startswith(START):
        return _start(params, name)
    student, dot, number = name.partition(".")
    if dot:
        return walked(params, student, number=number)
    experiment, checkpoint = params.experiment(student), Checkpoint.open(params.layout.checkpoint(student))
    return System(name, checkpoint, experiment.training, _facts(params, student, checkpoint.meta["training_queries"]))


def walked(
    params: Params, student: str, number: str = "", seed: int | None = None, announce: Callable[[str], None] = print
) -> System:
    """A student as the store has it, after all its iterations or after one; computed if nobody has yet."""
    experiment = params.experiment(student)
    allowed = [str(iteration.number) for iteration in iterations(experiment)]
    if number and number not in allowed:
        raise unknown(f"{student}: iteration", number, allowed)
    inputs = Inputs.of(params, student, seed)
    check_labels(inputs)
    reached = walk(inputs, Store.default(), int(number or allowed[-1]), announce)[-1]
    facts = _facts(params, student, inputs.training_queries)
    name = f"{student}.{number}" if number else student
    return System(name, reached.checkpoint, inputs.experiment.training, facts | {"iteration_key": reached.key})


def check_labels(inputs: Inputs) -> None:
    """Raise ArtifactError for soft labels, which are drawn from whole lists, where a teacher's list has gaps."""
    if inputs.experiment.training.loss == "kl":
        for name, lists in inputs.labels.members.items():
            lists.require_whole(f"{inputs.experiment.name}: soft labels of {name}")


def _facts(params: Params, student: str, queries: int) -> dict[str, Any]:
    key = run_key(params.experiment(student), params.run_scale)
    return {"run_key": key, "evidence": params.scale.evidence, "training_queries": queries}


def _start(params: Params, name: str) -> System:
    start = name.removeprefix(START)
    if start not in params.scale.pretrained:
        raise unknown(f"scales/{params.scale_name}.yaml: pretrained", start, params.scale.pretrained)
    facts = {"evidence": params.scale.evidence, "about": params.scale.pretrained[start].about}
    return System(name, Checkpoint.open(params.layout.checkpoint(start)), params.training, facts)
