"""The way back from a printed number: stage, settings, data, run file and MLflow run of each thing that was measured.

Every number of a table links to an anchor of its own: ``trace-<system>-<suite>-<test>`` or ``trace-quality-<name>``.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from dragon import artifacts
from dragon.config import Params
from dragon.core.metric_table import MEAN
from dragon.reporting.cell_spec import CellSpec
from dragon.reporting.intervals import per_query
from dragon.reporting.lock import Lock, LockedStage
from dragon.reporting.provenance import MetricFile, System, trained


@dataclass(frozen=True)
class Place:
    """One test of a system: judged queries, how many of them without results, and the run file with its digest.

    ``mean`` has no run of its own but names the tests that it averages.
    """

    anchor: str
    suite: str
    test: str
    queries: str
    without: int
    run: str
    sha256: str
    per_query: str
    mean_of: tuple[str, ...] = ()


@dataclass(frozen=True)
class Trace:
    """Everything that leads back from a system's numbers.

    stages    DVC stages, by what they made: ``evaluated by``, ``trained by``
    settings  digest of the resolved experiment, teacher or start, its first 12 characters
    data      generated inputs of those stages, path -> DVC's md5
    mlflow    run id, empty without one
    """

    system: System
    stages: Mapping[str, str]
    settings: str
    data: Mapping[str, str]
    mlflow: str
    places: tuple[Place, ...]

    @property
    def anchors(self) -> list[str]:
        return [place_anchor(self.system.name, "", ""), *(place.anchor for place in self.places)]


@dataclass(frozen=True)
class QualityTrace:
    """The way back from a number of ``quality/<name>.json``."""

    anchor: str
    name: str
    path: Path
    sha256: str
    stage: str
    data: Mapping[str, str]

    @property
    def anchors(self) -> list[str]:
        return [self.anchor]


def anchor(cell: CellSpec) -> str:
    """Where a cell's number is traced; empty for a text."""
    if cell.text or cell.printed:
        return ""
    if cell.quality:
        return f"trace-quality-{cell.quality}"
    return place_anchor(cell.system, cell.suite, "" if cell.fact else cell.test)


def place_anchor(system: str, suite: str, test: str) -> str:
    """Where one test of a system is traced; without a test, the system as a whole."""
    return f"trace-{system}-{suite}-{test}" if test else f"trace-{system}"


def traces(systems: Iterable[System], params: Params, lock: Lock, runs: Mapping[str, str]) -> list[Trace]:
    """One for each system; ``runs`` maps a run key to MLflow's run id."""
    return [_trace(system, params, lock, runs) for system in systems]


def quality_traces(cells: Iterable[CellSpec], params: Params, lock: Lock) -> list[QualityTrace]:
    """One for each quality file that exists, in order of first use."""
    names = dict.fromkeys(cell.quality for cell in cells if cell.quality and not (cell.text or cell.printed))
    return [_quality(name, path, lock) for name in names if (path := params.layout.quality(name)).exists()]


def _trace(system: System, params: Params, lock: Lock, runs: Mapping[str, str]) -> Trace:
    made = {
        "evaluated by": lock.producer(system.files[0].path),
        "trained by": lock.producer(params.layout.checkpoint(trained(system.name, params))),
    }
    stages = {what: stage for what, stage in made.items() if stage is not None}
    data = {path: md5 for stage in stages.values() for path, md5 in stage.data.items()}
    names = {what: stage.name for what, stage in stages.items()}
    places = [place for file in system.files for place in _places(system.name, file, params)]
    return Trace(system, names, settings_digest(system, params), data, _mlflow(system, runs), tuple(places))


def settings_digest(system: System, params: Params) -> str:
    """sha256 of the settings that made a system, 12 characters; empty where none are recorded."""
    found = system.experiment or _configured(system.name, params)
    return artifacts.digest(found)[:12] if found else ""


def _configured(name: str, params: Params) -> Mapping[str, Any]:
    kind, _, rest = name.partition("-")
    if kind == "teacher" and rest == "fused":
        return asdict(params.scale.fusion)
    known = {"teacher": params.scale.teachers, "start": params.scale.pretrained}.get(kind, {})
    return asdict(known[rest]) if rest in known else {}


def _mlflow(system: System, runs: Mapping[str, str]) -> str:
    return runs.get(system.facts.get("run_key", ""), "")


def _places(name: str, file: MetricFile, params: Params) -> Iterable[Place]:
    facts, suite = file.table.facts, file.table.suite
    counts, mean_of = facts.get("num_queries", {}), tuple(facts.get("mean_of", ()))
    for test in file.table.values:
        over = mean_of if test == MEAN else tuple(facts.get("groups", {}).get(test, ()))
        run = facts.get("runs", {}).get(test, {})
        queries = [counts[one] for one in over or (test,) if one in counts]
        beside = per_query(params.layout, name, suite, test)
        yield Place(
            anchor=place_anchor(name, suite, test),
            suite=suite,
            test=test,
            queries=f"{sum(queries):,}" if queries else "",
            without=sum(facts.get("without_results", {}).get(one, 0) for one in over or (test,)),
            run=run.get("path", ""),
            sha256=run.get("sha256", ""),
            per_query=str(beside) if run else "",
            mean_of=over,
        )


def _quality(name: str, path: Path, lock: Lock) -> QualityTrace:
    stage = lock.producer(path) or LockedStage("", {}, {})
    return QualityTrace(f"trace-quality-{name}", name, path, artifacts.file_digest(path), stage.name, stage.data)
