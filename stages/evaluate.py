"""Evaluate a student on every suite: `python -m stages.evaluate progressive`."""

from dragon.config import Params
from dragon.core import Checkpoint
from dragon.tracking import Student, run_key
from stages.entry import run
from stages.scoring import score_checkpoint


def main(student: str) -> None:
    params = Params.load()
    experiment = params.experiment(student)
    checkpoint = Checkpoint.open(params.layout.checkpoint(student))
    facts = {"run_key": run_key(experiment, params.scale_name), "evidence": params.scale.evidence}
    values = {
        suite: score_checkpoint(params, student, suite, checkpoint, experiment.training, facts).values
        for suite in params.scale.suites
    }
    Student(experiment, params.scale_name).log_metrics(values, {"checkpoint": checkpoint.digest[:16]})


if __name__ == "__main__":
    run(main)
