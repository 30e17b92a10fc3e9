"""``params.yaml`` and ``scales/<scale>.yaml`` -> typed, frozen settings, read once and strictly.

``params.yaml`` says what is asked (the playground, the science of training, pools, experiments); the
scale's file says where text, teachers, checkpoints and sizes come from. No other module reads either file.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from dragon import typed
from dragon.artifacts import Layout
from dragon.errors import ConfigError
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
SUPERVISIONS = ("progressive", "uniform", "progressive-last-only")


@dataclass(frozen=True, kw_only=True)
class Params:
    """All settings in force."""

    scale_name: str
    scale: Scale
    training: Training
    """Settings before any experiment's overrides; untrained starts are evaluated with its lengths."""
    pools: dict[str, Pool]
    experiments: dict[str, Experiment]

    @classmethod
    def load(cls, root: Path = Path()) -> "Params":
        """Read and check both files.

        Raises:
            ConfigError: one line with the file, the key, what was found and what is allowed.
        """
        return _load(root)

    @property
    def layout(self) -> Layout:
        return Layout(self.scale_name)

    def experiment(self, name: str) -> Experiment:
        """A named experiment, or ``student`` for the playground at the top of ``params.yaml``."""
        if name not in self.experiments:
            raise unknown("params.yaml: experiments", name, self.experiments)
        return self.experiments[name]

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


KNOBS = ("labels", "init", "supervision", "trajectory")
_TOP = ("scale", *KNOBS, "overrides", "training", "pools", "experiments")


def _load(root: Path) -> Params:
    params = read_yaml(root / "params.yaml")
    for key in params:
        if key not in _TOP:
            raise unknown(f"params.yaml: {key}: unknown key", key, _TOP)
    for key in _TOP:
        if key not in params:
            raise ConfigError(f"params.yaml: missing {key}; every value stands in the file")
    scale_name, scale = _scale(root, params["scale"])
    pools = typed.convert(dict[str, Pool], params["pools"], "params.yaml: pools")
    base = _overlay(params["training"], scale.training, f"scales/{scale_name}.yaml: training", "params.yaml: training")
    playground = {**{knob: params[knob] for knob in KNOBS}, **_mapping(params["overrides"], "params.yaml: overrides")}
    experiments = {PLAYGROUND: _experiment(PLAYGROUND, playground, base, pools, scale, "params.yaml: ")}
    for name, entry in _mapping(params["experiments"], "params.yaml: experiments").items():
        experiments[name] = _experiment(name, entry, base, pools, scale, f"params.yaml: experiments.{name}.")
    training = typed.build(Training, base, "params.yaml: training")
    return Params(scale_name=scale_name, scale=scale, training=training, pools=pools, experiments=experiments)


def _scale(root: Path, name: object) -> tuple[str, Scale]:
    names = sorted(path.stem for path in (root / "scales").glob("*.yaml"))
    if name not in names:
        raise unknown("params.yaml: scale", name, names)
    where = f"scales/{name}.yaml"
    return str(name), typed.build(Scale, read_yaml(root / where), f"{where}:")


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


def _experiment(
    name: str, entry: object, base: Mapping[str, Any], pools: Mapping[str, Pool], scale: Scale, where: str
) -> Experiment:
    entry = _mapping(entry, where.rstrip("."))
    knobs = {knob: entry.pop(knob) for knob in KNOBS if knob in entry}
    allowed = [f.name for f in fields(Training)]
    for key in entry:
        if key not in allowed:
            raise unknown(f"{where}{key}: unknown key", key, [*KNOBS, *allowed])
    for knob in KNOBS:
        if knob not in knobs:
            raise ConfigError(f"{where}{knob}: missing; an experiment states {', '.join(KNOBS)}")
    pool = _check_labels(knobs["labels"], pools, scale, where)
    _check_trajectory(knobs["trajectory"], pool, f"{where}trajectory")
    for knob, names in (("supervision", SUPERVISIONS), ("init", scale.pretrained)):
        if knobs[knob] not in tuple(names):
            raise unknown(f"{where}{knob}", knobs[knob], names)
    training = typed.build(Training, {**base, **entry}, f"{where}training")
    _check_training(training, f"{where}training")
    return Experiment(name=name, training=training, **{**knobs, "trajectory": tuple(knobs["trajectory"])})


def _check_labels(labels: object, pools: Mapping[str, Pool], scale: Scale, where: str) -> Pool:
    query_set, _, pool = str(labels).partition("/")
    if query_set not in scale.query_sets:
        raise unknown(f"{where}labels: query set", query_set, scale.query_sets)
    if pool not in pools:
        raise unknown(f"{where}labels: pool", pool, pools)
    return pools[pool]


def _check_trajectory(trajectory: object, pool: Pool, where: str) -> None:
    allowed = ", ".join(pool.teachers)
    if not isinstance(trajectory, list | tuple):
        raise ConfigError(f"{where}: found {trajectory!r}, allowed: a list of teachers from {allowed}")
    if not trajectory:
        raise ConfigError(f"{where}: found an empty list, allowed: one or more of {allowed}")
    for teacher in trajectory:
        if teacher not in pool.teachers:
            raise unknown(where, teacher, pool.teachers)
    repeated = [teacher for teacher in pool.teachers if list(trajectory).count(teacher) > 1]
    if repeated:
        raise ConfigError(f"{where}: found {repeated[0]!r} twice, allowed: each of {allowed} at most once")


def _check_training(training: Training, where: str) -> None:
    first, last = training.negatives
    rules = {
        "positives": training.positives >= 1,
        "negatives": 1 <= first <= last,
        "batch_size": training.batch_size >= 1,
        "epochs": training.epochs > 0 and training.epochs_scale > 0,
        "learning_rate": training.learning_rate > 0,
        "warmup": 0 <= training.warmup <= 1,
        "temperature": training.temperature > 0,
        "threads": training.threads >= 1,
    }
    for key, holds in rules.items():
        if not holds:
            raise ConfigError(f"{where}.{key}: found {getattr(training, key)!r}, out of range")


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
