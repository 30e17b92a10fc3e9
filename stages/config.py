"""Check every setting before anything is computed; the first stage of the graph: `python -m stages.config`.

What it writes depends on nothing that an experiment changes, so a new question re-runs this stage alone. Stages that
share a setting of the scale depend on a file below ``facts/``: listed as parameters of each of them, the same settings
would be most of dvc.lock, which DVC writes anew after every stage.
"""

from dataclasses import asdict

from dragon import artifacts
from dragon.config import Params
from dragon.supervision.schedule import iterations
from stages.entry import run

SCORED = ("tests", "measures", "mean_of")
PRINTED = ("about", "comparable", "evidence", "labels")


def main() -> None:
    params = Params.load()
    scale, layout = params.scale, params.layout
    units = [unit for experiment in params.experiments.values() for unit in iterations(experiment)]
    print(f"scale {params.scale_name}: {len(params.experiments)} students, {len(units)} iterations asked for")
    suites = {name: {key: asdict(suite)[key] for key in SCORED} for name, suite in scale.suites.items()}
    for name, suite in suites.items():
        artifacts.write_json(layout.facts(name), suite)
    stands_for = {name: teacher.stands_for for name, teacher in scale.teachers.items()}
    printed = {key: asdict(scale)[key] for key in PRINTED} | {"suites": suites, "teachers": stands_for}
    artifacts.write_json(layout.facts("printed"), printed)
    artifacts.write_json(layout.root / "config.json", {"scale": params.scale_name, "checked": True})


if __name__ == "__main__":
    run(main)
