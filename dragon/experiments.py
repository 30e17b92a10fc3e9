"""An entry of ``experiments:`` (or the playground) -> a checked :class:`Experiment`; every message names its key."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from dragon import typed
from dragon.errors import ConfigError
from dragon.registry import unknown
from dragon.settings import Experiment, Pool, Scale, Training

KNOBS = ("labels", "init", "supervision", "trajectory")
ITERATIONS = "iterations"
SUPERVISIONS = ("progressive", "uniform", "progressive-last-only")
ALL_QUERIES = "all"


def build_experiment(
    name: str, entry: object, base: Mapping[str, Any], pools: Mapping[str, Pool], scale: Scale, where: str
) -> Experiment:
    """The four knobs, optionally ``iterations``, and any training setting that differs from ``base``.

    Raises:
        ConfigError: one line with the key, what was found and what is allowed.
    """
    if not isinstance(entry, Mapping):
        raise ConfigError(f"{where.rstrip('.')}: found {entry!r}, allowed: a mapping")
    overrides = {key: value for key, value in entry.items() if key not in (*KNOBS, ITERATIONS)}
    allowed = [f.name for f in fields(Training)]
    for key in overrides:
        if key not in allowed:
            raise unknown(f"{where}{key}: unknown key", key, [*KNOBS, ITERATIONS, *allowed])
    for knob in KNOBS:
        if knob not in entry:
            raise ConfigError(f"{where}{knob}: missing; an experiment states {', '.join(KNOBS)}")
    pool = _check_labels(entry["labels"], pools, scale, where)
    trajectory = _check_trajectory(entry["trajectory"], pool, f"{where}trajectory")
    if entry["supervision"] not in SUPERVISIONS:
        raise unknown(f"{where}supervision", entry["supervision"], SUPERVISIONS)
    training = training_of({**base, **overrides}, scale, f"{where}training")
    return Experiment(
        name=name,
        training=training,
        **{knob: entry[knob] for knob in KNOBS if knob != "trajectory"},
        trajectory=trajectory,
        iterations=_check_iterations(entry, trajectory, f"{where}{ITERATIONS}"),
    )


def training_of(found: Mapping[str, Any], scale: Scale, where: str) -> Training:
    """Training settings with the name of a query-set size resolved; raises ConfigError."""
    training = typed.build(Training, {**found, "queries": _queries(found.get("queries"), scale, where)}, where)
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
        "soft": training.soft.passages >= 2 and training.soft.temperature > 0,
    }
    for key, holds in rules.items():
        if not holds:
            raise ConfigError(f"{where}.{key}: found {getattr(training, key)!r}, out of range")
    return training


def check_inits(experiments: Mapping[str, Experiment], starts: Mapping[str, object]) -> None:
    """Every student begins at a start of the scale, perhaps by way of other students; raises ConfigError."""
    for name in set(experiments) & set(starts):
        raise ConfigError(f"params.yaml: experiments.{name}: the scale has a start of that name; choose another")
    for name, experiment in experiments.items():
        where = f"params.yaml: experiments.{name}.init" if name != "student" else "params.yaml: init"
        seen = [name]
        while experiment.init not in starts:
            if experiment.init not in experiments:
                raise unknown(where, experiment.init, [*starts, *experiments])
            if experiment.init in seen:
                raise ConfigError(f"{where}: found a circle: {' > '.join([*seen, experiment.init])}")
            seen.append(experiment.init)
            experiment = experiments[experiment.init]


def _queries(found: object, scale: Scale, where: str) -> object:
    """A number of queries, or a name: ``all`` or a size of the scale."""
    if not isinstance(found, str):
        if isinstance(found, int) and found < 0:
            raise ConfigError(f"{where}.queries: found {found}, out of range")
        return found
    sizes = {ALL_QUERIES: 0, **scale.query_sizes}
    if found not in sizes:
        raise unknown(f"{where}.queries", found, sizes)
    return sizes[found]


def _check_labels(labels: object, pools: Mapping[str, Pool], scale: Scale, where: str) -> Pool:
    query_set, _, pool = str(labels).partition("/")
    if query_set not in scale.query_sets:
        raise unknown(f"{where}labels: query set", query_set, scale.query_sets)
    if pool not in pools:
        raise unknown(f"{where}labels: pool", pool, pools)
    return pools[pool]


def _check_trajectory(trajectory: object, pool: Pool, where: str) -> tuple[str, ...]:
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
    return tuple(trajectory)


def _check_iterations(entry: Mapping[str, Any], trajectory: tuple[str, ...], where: str) -> int:
    found = entry.get(ITERATIONS, len(trajectory))
    if type(found) is not int or found < 1:
        raise ConfigError(f"{where}: found {found!r}, allowed: a whole number from 1")
    if found != len(trajectory) and entry["supervision"] != "uniform":
        raise ConfigError(f"{where}: found {found}, allowed: {len(trajectory)}, one per teacher, but for uniform")
    return found
