"""Walk a student's trajectory: `python -m stages.train progressive`."""

import shutil

from dragon import artifacts
from dragon.config import Params, resolved
from dragon.reporting.spec import places
from dragon.store import Store
from dragon.tracking import Student, run_key
from dragon.training.iterations import Finished, Inputs, walk
from stages.entry import run


def main(student: str) -> None:
    params = Params.load()
    experiment = params.experiment(student)
    inputs = Inputs.of(params, student)
    finished = walk(inputs, Store.default())
    keys = [{"number": f.iteration.number, "sources": f.iteration.sources, "key": f.key} for f in finished]
    facts = {"experiment": resolved(experiment), "run_key": run_key(experiment, params.scale_name), "iterations": keys}
    _publish(finished[-1], params, student, facts)
    curves = [one.curve() for one in finished]
    Student(experiment, params.scale_name).log_training(curves, _tags(params, inputs, finished))


def _tags(params: Params, inputs: Inputs, finished: list[Finished]) -> dict[str, str]:
    """What leads from an MLflow run to its data, its iterations and its places in the paper's tables."""
    student = inputs.experiment
    lists = {f"labels.{name}": one.digest[:16] for name, one in inputs.labels.members.items()}
    return {
        "iterations": " ".join(one.key[:12] for one in finished),
        "paper.tables": "; ".join(places(student.name, params.scale)),
        "init": inputs.init.digest[:16],
        **lists,
    }


def _publish(last: Finished, params: Params, student: str, facts: dict[str, object]) -> None:
    with artifacts.folder(params.layout.checkpoint(student), {"kind": "checkpoint", **facts}) as part:
        for encoder in (last.checkpoint.query_encoder, last.checkpoint.context_encoder):
            shutil.copytree(encoder, part / encoder.name)


if __name__ == "__main__":
    run(main)
