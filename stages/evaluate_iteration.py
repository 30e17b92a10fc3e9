"""Evaluate a student after one of its iterations (Table 9): `python -m stages.evaluate_iteration uniform.1`."""

from dragon.config import Params
from dragon.registry import unknown
from dragon.store import Store
from dragon.supervision.schedule import iterations
from dragon.training.iterations import Inputs, walk
from stages.entry import run
from stages.scoring import score_checkpoint


def main(system: str) -> None:
    params = Params.load()
    student, _, number = system.rpartition(".")
    experiment = params.experiment(student)
    allowed = [str(iteration.number) for iteration in iterations(experiment)]
    if number not in allowed:
        raise unknown(f"{student}: iteration", number, allowed)
    reached = walk(Inputs.of(params, student), Store.default(), int(number))[-1]
    facts = {"iteration_key": reached.key, "evidence": params.scale.evidence}
    for suite in params.scale.suites:
        score_checkpoint(params, system, suite, reached.checkpoint, experiment.training, facts)


if __name__ == "__main__":
    run(main)
