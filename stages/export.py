"""A student as other libraries open it, with its model card: `python -m stages.export dragon-plus`.

`SentenceTransformer("artifacts/<scale>/exports/dragon-plus")` opens the pair; the student's own folder stays as it is.
"""

import dataclasses

from dragon import artifacts
from dragon.config import Params
from dragon.core import Checkpoint, MetricTable
from dragon.errors import ArtifactError
from dragon.models.export import export
from dragon.reporting.card import Card
from dragon.reporting.licences import inherited
from dragon.tracking import run_key
from stages.entry import run


def main(student: str) -> None:
    params = Params.load()
    experiment, layout = params.experiment(student), params.layout
    checkpoint = Checkpoint.open(layout.checkpoint(student))
    if checkpoint.meta["run_key"] != run_key(experiment, params.scale_name):
        remedy = f"run `dvc repro train@{student}`"
        raise ArtifactError(f"{checkpoint.folder}: trained with other settings than those of params.yaml; {remedy}")
    paths = [layout.metrics(student, suite) for suite in params.scale.suites]
    tables = [MetricTable.read(path) for path in paths if path.exists()]
    made_of = inherited(params, experiment)
    card = Card(student, params.scale_name, params.scale, experiment, checkpoint.meta, tables, made_of)
    facts = {"student": student, "checkpoint": checkpoint.digest, "run_key": checkpoint.meta["run_key"]}
    facts["inherited"] = [dataclasses.asdict(one) for one in made_of]
    with artifacts.folder(layout.export(student), {"kind": "export", **facts}) as part:
        export(checkpoint, experiment.training.pooling, experiment.training.max_length, part)
        artifacts.write_text(part / "README.md", card.markdown())
    print(f"{student}: {layout.export(student)}, {len(tables)} suites on its card")


if __name__ == "__main__":
    run(main)
