"""``params.yaml`` and ``scales/<scale>.yaml`` -> typed, frozen settings, read once and strictly.

``params.yaml`` says what is asked (the playground, the science of training, pools, experiments); the
scale's file says where text, teachers, checkpoints and sizes come from. No other module reads either file.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from dragon import recipes, typed
from dragon.artifacts import Layout
from dragon.errors import ConfigError
from dragon.experiments import KNOBS, build_experiment, check_inits, training_of
from dragon.registry import unknown
from dragon.settings import Experiment, Fusion, Iteration, MaxLength, Pool, Scale, Source, Suite, Teacher, Training

__all__ = [
    "Experiment",
    "Fusion",
    "Iteration",
    "MaxLength",
    "Params",
    "Pool",
    "Scale",
    "Source",
    "Suite",
    "Teacher",
    "Training",
]

PLAYGROUND = "student"
IN_DOMAIN = "in-domain"


@dataclass(frozen=True, kw_only=True)
class Params:
    """All settings in force."""

    scale_name: str
    scale: Scale
    training: Training
    """Settings before any experiment's overrides; untrained starts are evaluated with its lengths."""
    pools: dict[str, Pool]
    experiments: dict[str, Experiment]
    seeds: tuple[int, ...]
    """Every student is trained once per seed; tables show the first."""
    recipe: str
    """What is followed where the paper and the official code disagree."""
    recipe_settings: dict[str, Any]
    """What the recipe set in this scale; empty where the scale's values are its own."""

    @classmethod
    def load(cls, root: Path = Path(), scale: str = "") -> "Params":
        """Read and check both files; ``scale`` takes the place of the one in force.

        Raises:
            ConfigError: one line with the file, the key, what was found and what is allowed.
        """
        return _load(root, scale)

    @property
    def run_scale(self) -> str:
        """Under which name runs are told apart: the scale, and the recipe where it changes something."""
        return f"{self.scale_name}/{self.recipe}" if self.recipe_settings else self.scale_name

    @property
    def layout(self) -> Layout:
        return Layout(self.scale_name)

    def experiment(self, name: str) -> Experiment:
        """A named experiment, or ``student`` for the playground at the top of ``params.yaml``."""
        if name not in self.experiments:
            raise unknown("params.yaml: experiments", name, self.experiments)
        return self.experiments[name]

    def seeded(self, name: str, seed: int) -> Experiment:
        """The experiment with another seed of ``seeds``."""
        experiment = self.experiment(name)
        return replace(experiment, training=replace(experiment.training, seed=seed))

    def teacher(self, name: str) -> Teacher:
        if name not in self.scale.teachers:
            raise unknown(f"scales/{self.scale_name}.yaml: teachers", name, self.scale.teachers)
        return self.scale.teachers[name]

    def collection(self) -> str:
        """The in-domain collection that queries are made from and labels point into."""
        return next(iter(self.suite(IN_DOMAIN).datasets))

    def suite(self, name: str) -> Suite:
        if name not in self.scale.suites:
            raise unknown(f"scales/{self.scale_name}.yaml: suites", name, self.scale.suites)
        return self.scale.suites[name]


_TOP = ("scale", "recipe", "seeds", *KNOBS, "overrides", "training", "pools", "experiments")


def _load(root: Path, scale_name: str) -> Params:
    params = read_yaml(root / "params.yaml")
    for key in params:
        if key not in _TOP:
            raise unknown(f"params.yaml: {key}: unknown key", key, _TOP)
    for key in _TOP:
        if key not in params:
            raise ConfigError(f"params.yaml: missing {key}; every value stands in the file")
    scale_name, scale, recipe_settings = _scale(root, scale_name or params["scale"], params["recipe"])
    pools = typed.convert(dict[str, Pool], params["pools"], "params.yaml: pools")
    seeds = _seeds(params["seeds"])
    if "seed" in _mapping(params["training"], "params.yaml: training"):
        raise ConfigError("params.yaml: training.seed: found a seed, allowed: none here; the list `seeds` holds them")
    base = _overlay(params["training"], scale.training, f"scales/{scale_name}.yaml: training", "params.yaml: training")
    base = {**base, "seed": seeds[0]}
    playground = {**{knob: params[knob] for knob in KNOBS}, **_mapping(params["overrides"], "params.yaml: overrides")}
    experiments = {PLAYGROUND: build_experiment(PLAYGROUND, playground, base, pools, scale, "params.yaml: ")}
    for name, entry in _mapping(params["experiments"], "params.yaml: experiments").items():
        where = f"params.yaml: experiments.{name}."
        experiments[name] = build_experiment(name, entry, base, pools, scale, where)
    check_inits(experiments, scale.pretrained)
    training = training_of(base, scale, "params.yaml: training")
    return Params(
        scale_name=scale_name,
        scale=scale,
        training=training,
        pools=pools,
        experiments=experiments,
        seeds=seeds,
        recipe=params["recipe"],
        recipe_settings=recipe_settings,
    )


def _seeds(found: object) -> tuple[int, ...]:
    seeds = typed.convert(tuple[int, ...], found, "params.yaml: seeds")
    if not seeds or len(set(seeds)) < len(seeds) or min(seeds) < 0:
        raise ConfigError(
            f"params.yaml: seeds: found {list(seeds)}, allowed: one or more different whole numbers from 0"
        )
    return seeds


def _scale(root: Path, name: object, recipe: object) -> tuple[str, Scale, dict[str, Any]]:
    names = sorted(path.stem for path in (root / "scales").glob("*.yaml"))
    if name not in names:
        raise unknown("params.yaml: scale", name, names)
    where = f"scales/{name}.yaml"
    settings, recipe_settings = recipes.chosen(read_yaml(root / where), recipe, where)
    scale = typed.build(Scale, settings, f"{where}:")
    for suite, found in scale.suites.items():
        _check_test_measures(found, f"{where}: suites.{suite}.test_measures")
        _check_groups(found, f"{where}: suites.{suite}")
    return str(name), scale, recipe_settings


def _check_test_measures(suite: Suite, where: str) -> None:
    for test, measures in suite.test_measures.items():
        if test not in suite.tests:
            raise unknown(where, test, suite.tests)
        if not measures:
            raise ConfigError(f"{where}.{test}: found an empty list, allowed: one or more measures")


def _check_groups(suite: Suite, where: str) -> None:
    """A group has a name of its own and tests that are measured alike; the mean is over tests."""
    for name, parts in suite.groups.items():
        if name in (*suite.tests, "mean"):  # the row that averages
            raise ConfigError(f"{where}.groups: found {name!r}, which is a test too; allowed: another name")
        for test in parts:
            if test not in suite.tests:
                raise unknown(f"{where}.groups.{name}", test, suite.tests)
        if len({suite.measures_of(test) for test in parts}) != 1:
            raise ConfigError(f"{where}.groups.{name}: found {list(parts)}, allowed: tests measured with one list")
    for test in suite.mean_of:
        if test in suite.groups:
            raise ConfigError(f"{where}.mean_of: found the group {test!r}, allowed: tests; tables average groups")


def _overlay(science: object, sizes: Mapping[str, Any], sizes_at: str, science_at: str) -> dict[str, Any]:
    """Training settings stand in exactly one of the two files."""
    science = _mapping(science, science_at)
    both = sorted(set(science) & set(sizes))
    if both:
        raise ConfigError(f"{sizes_at}.{both[0]}: stands in params.yaml too; keep one of them")
    return {**science, **sizes}


def _mapping(found: object, where: str) -> dict[str, Any]:
    if not isinstance(found, Mapping):
        raise ConfigError(f"{where}: found {found!r}, allowed: a mapping")
    return dict(found)


def read_yaml(path: Path) -> dict[str, Any]:
    """Read YAML 1.2 (as DVC does: ``3e-5`` is a number); a repeated key is an error."""
    try:
        found = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigError(f"{path}: not there; run from the root of the repository") from None
    except YAMLError as error:
        raise ConfigError(f"{path}: not YAML: {' '.join(str(error).split())}") from None
    return _mapping(found, str(path))


def resolved(experiment: Experiment) -> dict[str, Any]:
    """The experiment as plain data, for digests, meta files and MLflow."""
    return asdict(experiment)


def project_root(here: Path | None = None) -> Path:
    """The user's checkout, also from inside DVC's temporary copy of it (``--temp``, ``--queue``)."""
    here = (here or Path.cwd()).resolve()
    parts = here.parts
    for i in range(len(parts) - 2):
        if parts[i : i + 3] == (".dvc", "tmp", "exps"):
            return Path(*parts[:i])
    return here
