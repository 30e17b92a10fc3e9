"""Questions asked before: the students of earlier ``dvc exp run``, read from git and DVC's cache.

``dvc exp show`` reads everything of every experiment; here only the settings and the student's metric files are read,
a few milliseconds each.
"""

import configparser
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from dragon.artifacts import Layout
from dragon.config import PLAYGROUND
from dragon.reporting import git
from dragon.reporting.lock import LOCK, Lock

Values = Mapping[str, Mapping[str, float]]
_SETTINGS = ("trajectory", "supervision", "labels", "init", "overrides", "training")


@dataclass(frozen=True)
class Asked:
    """One earlier experiment at the scale in force.

    settings  what differs from ``params.yaml`` now, as texts, the trajectory first and always
    values    suite -> test -> measure -> fraction; a suite is missing when DVC's cache lacks its file
    """

    name: str
    commit: str
    time: str
    settings: Mapping[str, str]
    values: Mapping[str, Values]

    def value(self, suite: str, test: str, measure: str) -> float | None:
        """One number, or None where it was not measured."""
        return self.values.get(suite, {}).get(test, {}).get(measure)


@dataclass(frozen=True)
class Earlier:
    """What was found, newest first, and what was not read, in a sentence that may be empty."""

    experiments: tuple[Asked, ...]
    says: str


def earlier(root: Path, scale: str, suites: Sequence[str], limit: int) -> Earlier:
    """The newest ``limit`` experiments of a checkout whose student was evaluated at this scale."""
    refs = git.experiments(root)
    if not refs:
        return Earlier((), "No earlier experiments: `dvc exp run` keeps each question that it is asked.")
    now, cache = _yaml((root / "params.yaml").read_text(encoding="utf-8")), cache_folder(root)
    found, others = [], 0
    for ref in refs[:limit]:
        settings = _yaml(git.show(root, ref.commit, "params.yaml"))
        if settings.get("scale") == scale:
            values = _values(git.show(root, ref.commit, str(LOCK)), cache, Layout(scale), suites)
            found.append(Asked(ref.name, ref.commit, ref.time, _changed(settings, now), values))
        else:
            others += 1
    return Earlier(tuple(found), _says(len(refs) - limit, others))


def cache_folder(root: Path) -> Path:
    """DVC's cache of a checkout: ``cache.dir`` of its configuration, else ``.dvc/cache``."""
    config = configparser.ConfigParser(interpolation=None)
    config.read([root / ".dvc" / "config", root / ".dvc" / "config.local"], encoding="utf-8")
    return (root / ".dvc" / config.get("cache", "dir", fallback="cache")).resolve()


def _says(older: int, others: int) -> str:
    parts = [f"{older} older"] if older > 0 else []
    parts += [f"{others} at other scales"] if others else []
    return f"Experiments that are not shown: {', '.join(parts)}." if parts else ""


def _yaml(text: str) -> Mapping[str, Any]:
    try:
        found = YAML(typ="safe").load(text)
    except YAMLError:
        found = None
    return found if isinstance(found, Mapping) else {}


def _changed(settings: Mapping[str, Any], now: Mapping[str, Any]) -> dict[str, str]:
    """The trajectory, and whichever other settings of the student are not those of today.

    A setting that only one of the two files knows is not a difference, save for an override.
    """
    ours, theirs = (_flat({key: one[key] for key in _SETTINGS if key in one}) for one in (settings, now))
    both = {key for key in ours.keys() & theirs.keys() if ours[key] != theirs[key]}
    overrides = {key for key in ours.keys() ^ theirs.keys() if key.startswith("overrides.")}
    keys = ["trajectory", *sorted((both | overrides) - {"trajectory"})]
    return {key: ours.get(key, "not set") for key in keys}


def _flat(settings: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    out: dict[str, str] = {}
    for key, value in settings.items():
        if isinstance(value, Mapping):
            out |= _flat(value, f"{prefix}{key}.")
        elif isinstance(value, list):
            out[prefix + key] = (" → " if key == "trajectory" else ", ").join(map(str, value))
        else:
            out[prefix + key] = str(value)
    return out


def _values(lock: str, cache: Path, layout: Layout, suites: Sequence[str]) -> dict[str, Values]:
    """The student's metric files, by the md5 that the experiment's lock gives them."""
    stages, found = Lock.parse(lock), {}
    for suite in suites:
        path = layout.metrics(PLAYGROUND, suite)
        stage = stages.producer(path)
        file = _cached(cache, stage.outs[str(path)]) if stage and str(path) in stage.outs else None
        if file is not None and file.exists():
            found[suite] = json.loads(file.read_text(encoding="utf-8"))["values"]
    return found


def _cached(cache: Path, md5: str) -> Path:
    return cache / "files" / "md5" / md5[:2] / md5[2:]
