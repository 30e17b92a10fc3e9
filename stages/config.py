"""Check every setting before anything is computed; the first stage of the graph: `python -m stages.config`.

What it writes depends on nothing that an experiment changes, so a new question re-runs this stage alone.
"""

from dragon import artifacts
from dragon.config import Params
from dragon.supervision.schedule import iterations
from stages.entry import run


def main() -> None:
    params = Params.load()
    units = [unit for experiment in params.experiments.values() for unit in iterations(experiment)]
    print(f"scale {params.scale_name}: {len(params.experiments)} students, {len(units)} iterations asked for")
    artifacts.write_json(params.layout.root / "config.json", {"scale": params.scale_name, "checked": True})


if __name__ == "__main__":
    run(main)
