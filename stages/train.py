"""Walk a student's trajectory: `python -m stages.train progressive`."""

import shutil

from dragon import artifacts
from dragon.config import Params, resolved
from dragon.store import Store
from dragon.tracking import run_key
from dragon.training.iterations import Finished, Inputs, curve_csv, walk
from stages.entry import run
from stages.systems import check_labels


def main(student: str) -> None:
    params = Params.load()
    check_labels(Inputs.of(params, student))
    walks = {seed: walk(Inputs.of(params, student, seed), Store.default()) for seed in params.seeds}
    finished = walks[params.seeds[0]]
    _publish(finished[-1], params, student, facts(params, student, finished))
    artifacts.write_text(params.layout.curve(student), curve_csv(finished))


def facts(params: Params, student: str, finished: list[Finished]) -> dict[str, object]:
    """What leads from a checkpoint to its settings, its labels and its iterations."""
    inputs, experiment = Inputs.of(params, student), params.experiment(student)
    return {
        "experiment": resolved(experiment),
        "run_key": run_key(experiment, params.run_scale),
        **recipe_facts(params),
        "training_queries": inputs.training_queries,
        "init": inputs.init.digest,
        "labels": {name: lists.digest for name, lists in inputs.labels.members.items()},
        "iterations": [{"number": f.iteration.number, "sources": f.iteration.sources, "key": f.key} for f in finished],
    }


def recipe_facts(params: Params) -> dict[str, object]:
    """What the recipe decided; nothing at a scale whose values are its own."""
    return {"recipe": params.recipe, "recipe_settings": params.recipe_settings} if params.recipe_settings else {}


def _publish(last: Finished, params: Params, student: str, meta: dict[str, object]) -> None:
    with artifacts.folder(params.layout.checkpoint(student), {"kind": "checkpoint", **meta}) as part:
        for encoder in (last.checkpoint.query_encoder, last.checkpoint.context_encoder):
            shutil.copytree(encoder, part / encoder.name)


if __name__ == "__main__":
    run(main)
