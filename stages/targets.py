"""Which systems the tables, figures and claims that DVC was asked for will need."""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Protocol

import psutil

from dragon.artifacts import Layout
from dragon.config import PLAYGROUND, Params
from dragon.reporting.claims import ClaimsSpec
from dragon.reporting.figures.spec import FOLDER as FIGURES
from dragon.reporting.figures.spec import FigureSpec
from dragon.reporting.pilot.spec import Pilot
from dragon.reporting.spec import FOLDER as TABLES
from dragon.reporting.spec import TableSpec
from stages.systems import MAIN_SUITES, TEACHER

WHOLE = ("report", "track")
"""Stages that need every system."""


class Spec(Protocol):
    """A table, a figure, the claims or the pilot."""

    def inputs(self, layout: Layout) -> list[Path]: ...


def wanted(params: Params, asked: Iterable[str] | None = None) -> dict[str, list[str]]:
    """System -> suites, for the bi-encoders behind what DVC was asked for (everything when it named nothing)."""
    pairs: dict[str, list[str]] = {}
    for system, suite in _pairs(params, list(targets() if asked is None else asked)):
        if not system.startswith(TEACHER) and system != PLAYGROUND:
            pairs.setdefault(system, list(MAIN_SUITES))
            pairs[system] += [suite] * (suite not in pairs[system])
    return pairs


def targets() -> list[str]:
    """What the `dvc repro` or `dvc exp run` above this process was asked for; nothing means everything."""
    for parent in psutil.Process().parents():
        words = parent.cmdline()
        at = next((i for i, word in enumerate(words) if word in ("repro", "run") and "dvc" in " ".join(words[:i])), 0)
        if at:
            return [word for word in words[at + 1 :] if not word.startswith("-") and "=" not in word]
    return []


def _pairs(params: Params, asked: list[str]) -> Iterator[tuple[str, str]]:
    """Targets that name no system (a stage of data, the value of an option) say nothing, unless they are all."""
    specs = _specs(params)
    named = [target for target in asked if target in specs or _student(target) in params.experiments]
    if not named or any(target in WHOLE for target in asked):
        named = list(specs)
    for target in named:
        if target in specs:
            yield from _systems(specs[target](), params)
        else:
            yield from ((target.partition("@")[2], suite) for suite in MAIN_SUITES)


def _student(target: str) -> str:
    """``uniform`` of ``evaluate_iteration@uniform.1``; empty for a target without an item."""
    return target.partition("@")[2].partition(".")[0]


def _specs(params: Params) -> dict[str, Callable[[], Spec]]:
    """Stage -> how to load the spec that says what it reads."""
    scale = params.scale
    tables = {path.stem: partial(TableSpec.load, path.stem, scale) for path in sorted(TABLES.glob("*.yaml"))}
    figures = {path.stem: partial(FigureSpec.load, path.stem, scale) for path in sorted(FIGURES.glob("*.yaml"))}
    return {**tables, **figures, "claims": ClaimsSpec.load, "pilot": Pilot.load}


def _systems(spec: Spec, params: Params) -> Iterator[tuple[str, str]]:
    """(system, suite) of every metric file that a spec reads; folders of what others trained or ran are left out."""
    metrics = params.layout.root / "metrics"
    for path in spec.inputs(params.layout):
        if path.parent.parent == metrics:
            yield path.parent.name, path.stem
