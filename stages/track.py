"""Bring MLflow up to date with what was trained and evaluated: `python -m stages.track`.

MLflow is a view of files; with tracking off, or a tracker that fails, nothing else changes.
"""

import csv

from dragon import artifacts
from dragon.config import Params
from dragon.core import Checkpoint, MetricTable
from dragon.reporting.spec import places
from dragon.tracking import Student, run_key
from stages.entry import run


def main() -> None:
    params = Params.load()
    students = [name for name in params.experiments if params.layout.checkpoint(name).exists()]
    for name in students:
        _log(params, name)
    keys = {name: run_key(params.experiment(name), params.run_scale) for name in students}
    artifacts.write_json(params.layout.root / "tracked.json", keys)


def _log(params: Params, name: str) -> None:
    meta = Checkpoint.open(params.layout.checkpoint(name)).meta
    tables = [params.layout.metrics(name, suite) for suite in params.scale.suites]
    values = {suite.stem: MetricTable.read(suite).values for suite in tables if suite.exists()}
    tags = {
        "scale": params.scale_name,
        "recipe": params.recipe if params.recipe_settings else "of the scale",
        "dvc.stage": "student" if name == "student" else f"train@{name}",
        "iterations": " ".join(one["key"][:12] for one in meta["iterations"]),
        "paper.tables": "; ".join(places(name, params.scale)),
        "init": meta["init"][:16],
        **{f"labels.{teacher}": digest[:16] for teacher, digest in meta["labels"].items()},
    }
    with params.layout.curve(name).open(encoding="utf-8") as file:
        curve = [{key: float(value) for key, value in row.items()} for row in csv.DictReader(file)]
    Student(params.experiment(name), params.run_scale).log(curve, values, tags)


if __name__ == "__main__":
    run(main)
