"""What leads back from a number: a system's settings, iterations, checkpoint, metric files and run files."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dragon import artifacts
from dragon.config import Params
from dragon.core import MetricTable


@dataclass(frozen=True)
class MetricFile:
    """A metric file and what it says."""

    path: Path
    sha256: str
    table: MetricTable


@dataclass(frozen=True)
class System:
    """One evaluated system.

    facts       texts and counts of its metric files that hold for all suites: run_key, evidence, checkpoint, ...
    experiment  of a student: the resolved experiment that its checkpoint was made with, as plain data
    iterations  of a student: ``{"number", "sources", "key"}``, in order
    """

    name: str
    files: tuple[MetricFile, ...]
    facts: Mapping[str, str]
    experiment: Mapping[str, Any]
    iterations: tuple[Mapping[str, Any], ...]

    @property
    def settings(self) -> dict[str, str]:
        """The experiment on one level, ``training.batch_size -> 32``."""
        return flat(self.experiment)


@dataclass(frozen=True)
class Unit:
    """A distinct iteration and the students that asked for it, as ``student number``."""

    key: str
    sources: tuple[str, ...]
    asked_by: tuple[str, ...]


def systems(names: Iterable[str], params: Params) -> list[System]:
    """Those of the systems that have at least one metric file."""
    found = [_system(name, params) for name in dict.fromkeys(names)]
    return [system for system in found if system.files]


def units(found: Iterable[System]) -> list[Unit]:
    """Distinct iterations, in the order in which they are first asked for."""
    asked: dict[str, list[tuple[str, Mapping[str, Any]]]] = {}
    for system in found:
        for iteration in system.iterations:
            asked.setdefault(iteration["key"], []).append((f"{system.name} {iteration['number']}", iteration))
    return [Unit(key, tuple(who[0][1]["sources"]), tuple(name for name, _ in who)) for key, who in asked.items()]


def flat(settings: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    """Nested settings on one level, as texts; a list reads ``unicoil → contriever`` or ``46, 50``."""
    out: dict[str, str] = {}
    for key, value in settings.items():
        if isinstance(value, Mapping):
            out |= flat(value, f"{prefix}{key}.")
        elif isinstance(value, list | tuple):
            out[prefix + key] = (" → " if key == "trajectory" else ", ").join(map(str, value))
        else:
            out[prefix + key] = str(value)
    return out


def trained(name: str, params: Params) -> str:
    """Whose checkpoint a system is, or looks inside: ``uniform`` for ``uniform.1``, ``plain`` for ``start-plain``."""
    base, _, number = name.rpartition(".")
    if number.isdigit() and base in params.experiments:
        return base
    return name.removeprefix("start-")


def _system(name: str, params: Params) -> System:
    paths = [params.layout.metrics(name, suite) for suite in params.scale.suites]
    files = tuple(MetricFile(p, artifacts.file_digest(p), MetricTable.read(p)) for p in paths if p.exists())
    facts = {k: str(v) for file in files for k, v in file.table.facts.items() if isinstance(v, str | int)}
    meta = _training(name, params) if files else {}
    iterations = meta.get("iterations", ()) if name in params.experiments else ()
    return System(name, files, facts, meta.get("experiment", {}), tuple(iterations))


def _training(name: str, params: Params) -> Mapping[str, Any]:
    """What a student's checkpoint says about how it was made; nothing for other systems."""
    student = trained(name, params)
    folder = params.layout.checkpoint(student)
    if student not in params.experiments or not folder.exists():
        return {}
    return artifacts.read_meta(folder)
