"""Check every setting before anything is computed; the first stage of the graph: `python -m stages.config`.

What the graph depends on is written below ``facts/`` as resolved files, one for each student, suite and so on. Listed
as parameters of every stage instead, the same settings would be most of dvc.lock, which DVC writes anew after every
stage, and DVC would parse both settings files twice for each of them. Nothing here depends on the playground, so a new
question re-runs this stage alone.
"""

from dataclasses import asdict
from typing import Any

from dragon import artifacts
from dragon.config import PLAYGROUND, Params, Suite, resolved
from dragon.errors import ConfigError
from dragon.evaluation.measures import parse
from dragon.supervision.schedule import iterations
from stages.entry import run

SCORED = ("tests", "measures", "mean_of")
OWN = ("test_measures", "groups", "max_length")
"""Among what scores a suite only where they say something, so that other suites' files stay as they are."""
PRINTED = ("about", "comparable", "evidence", "labels")


def main() -> None:
    params = Params.load()
    scale, layout = params.scale, params.layout
    units = [unit for experiment in params.experiments.values() for unit in iterations(experiment)]
    print(f"scale {params.scale_name}: {len(params.experiments)} students, {len(units)} iterations asked for")
    suites = {
        name: _scored(suite, f"scales/{params.scale_name}.yaml: suites.{name}") for name, suite in scale.suites.items()
    }
    for name, suite in suites.items():
        artifacts.write_json(layout.facts(name), suite)
    stands_for = {name: teacher.stands_for for name, teacher in scale.teachers.items()}
    for name, experiment in params.experiments.items():
        if name != PLAYGROUND:
            artifacts.write_json(layout.facts(f"students/{name}"), {**resolved(experiment), "seeds": params.seeds})
    encoding = {"seeds": params.seeds, "depth": scale.run_depth, "batch_size": scale.encode_batch_size}
    artifacts.write_json(layout.facts("encoding"), encoding)
    printed = {key: asdict(scale)[key] for key in PRINTED} | {"suites": suites, "teachers": stands_for}
    artifacts.write_json(layout.facts("printed"), printed)
    recipe = {"recipe": params.recipe, "settings": params.recipe_settings} if params.recipe_settings else {}
    artifacts.write_json(layout.root / "config.json", {"scale": params.scale_name, "checked": True, **recipe})


def _scored(suite: Suite, where: str) -> dict[str, Any]:
    """What decides a suite's values; raises ConfigError for an unknown measure."""
    for measure in dict.fromkeys(name for test in suite.tests for name in suite.measures_of(test)):
        try:
            parse(measure)
        except ConfigError as error:
            raise ConfigError(f"{where}: {error}") from None
    return {key: asdict(suite)[key] for key in (*SCORED, *(key for key in OWN if getattr(suite, key)))}


if __name__ == "__main__":
    run(main)
