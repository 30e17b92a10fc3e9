"""Everything that the report's templates print, gathered from specs, metric files, git, DVC and the store's ledger."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from markupsafe import Markup

from dragon import artifacts
from dragon.config import PLAYGROUND, Params
from dragon.reporting import claim_view, git, machine
from dragon.reporting.earlier import earlier
from dragon.reporting.figures.content import Figure, Given
from dragon.reporting.figures.spec import FigureSpec, gather
from dragon.reporting.known import Intervals, Known, known
from dragon.reporting.lock import Lock
from dragon.reporting.provenance import System, flat, systems, units
from dragon.reporting.question import beside, settings
from dragon.reporting.report import Contrast, ReportSpec
from dragon.reporting.spec import TableSpec
from dragon.reporting.svg import inline
from dragon.reporting.table import Table, fill
from dragon.reporting.traces import place_anchor, quality_traces, traces

_REASONS = 4


@dataclass(frozen=True, kw_only=True)
class Computed:
    """What the caller computes or asks for, since reporting reads files only.

    intervals  95 % interval of each cell that is a mean over queries
    figures    what each figure is given
    runs       run key -> MLflow's run id
    events     lines of the store's ledger
    root       the user's checkout
    """

    contrasts: Sequence[Contrast] = ()
    intervals: Intervals = field(default_factory=dict)
    figures: Mapping[str, Given] = field(default_factory=dict)
    runs: Mapping[str, str] = field(default_factory=dict)
    events: Sequence[machine.Event] = ()
    root: Path = Path()


@dataclass(frozen=True)
class ShownTable:
    """A filled table and what is known about each of its cells."""

    table: Table
    rows: Sequence[Sequence[Known]]

    @property
    def listed(self) -> list[Known]:
        """Cells of the list below the table: everything measured."""
        return [cell for row in self.rows for cell in row if cell.listed]

    @property
    def numbered(self) -> bool:
        """Whether reasons for ``n/a`` are numbered and written out once: in wide tables, and where there are many."""
        reasons = [cell.cell.reason for row in self.rows for cell in row if cell.cell.reason]
        return bool(reasons) and (self.table.wide or len(reasons) > _REASONS)

    @property
    def gaps(self) -> bool:
        """Whether some average covers only a part of its collections."""
        return any(cell.cell.covers for row in self.rows for cell in row)


@dataclass(frozen=True)
class ShownFigure:
    """A gathered figure and its picture."""

    spec: FigureSpec
    figure: Figure
    picture: Markup

    @property
    def drawn(self) -> bool:
        """Whether the page shows the picture; examples read better as a table."""
        return self.spec.kind != "examples"

    @property
    def fields(self) -> list[str]:
        """What is listed of every number; long texts stand in the table and in the figure's CSV file."""
        return [name for name in self.figure.content.fields if not name.endswith("_text")]

    @property
    def records(self) -> list[tuple[Mapping[str, Any], str]]:
        """Every number drawn and where it is traced; empty for one that is the paper's or no metric."""
        return [(one, _anchor(one)) for one in self.figure.content.records]


def table_specs(spec: ReportSpec, params: Params) -> dict[str, TableSpec]:
    """Every table of the page, for whoever computes the intervals of its cells; raises ConfigError."""
    return {name: TableSpec.load(name, params.scale) for name in spec.tables}


def context(params: Params, spec: ReportSpec, tables: Mapping[str, TableSpec], computed: Computed) -> dict[str, Any]:
    """What the templates print.

    Raises:
        ConfigError: a spec is wrong.
        ArtifactError: a metric file, a checkpoint's facts or a figure cannot be read, or a figure has not been drawn.
    """
    figures = [FigureSpec.load(name, params.scale) for name in spec.figures]
    shown = {name: _table(one, params, computed) for name, one in tables.items()}
    named = (name for one in (*tables.values(), *figures) for name in one.systems())
    found = systems([*params.experiments, *named], params)
    lock = Lock.read()
    ways = traces(found, params, lock, computed.runs)
    qualities = quality_traces([cell for one in tables.values() for cell in one.cells()], params, lock)
    return {
        "spec": spec,
        "params": params,
        "claims": _claims(params),
        "run": _run(params, found, computed),
        "paper": [shown[name] for name in spec.paper],
        "figures": [_figure(one, params, computed) for one in figures],
        "ours": [shown[name] for name in spec.ours],
        **_question(spec, tables, shown, found, params, computed),
        **_contrasts(spec, computed),
        "systems": ways,
        "qualities": qualities,
        "anchors": {anchor for one in (*ways, *qualities) for anchor in one.anchors},
        "units": units(found),
        "diversity": _read(params.layout.quality("diversity")),
    }


def _table(spec: TableSpec, params: Params, computed: Computed) -> ShownTable:
    table = fill(spec, params)
    return ShownTable(table, known(table, computed.intervals, params.scale.comparable))


def _figure(spec: FigureSpec, params: Params, computed: Computed) -> ShownFigure:
    figure = gather(spec, params, computed.figures.get(spec.name, Given()))
    return ShownFigure(spec, figure, inline(params.layout.built(f"{spec.name}.svg"), spec.name, figure.caption))


def _anchor(record: Mapping[str, Any]) -> str:
    found = [str(record.get(key) or "") for key in ("system", "suite", "test")]
    return place_anchor(*found) if all(found) else ""


def _claims(params: Params) -> dict[str, Any] | None:
    """What the stage ``claims`` found and how many there are of each verdict; None before it has run."""
    found = _read(params.layout.quality("claims"))
    return {"results": claim_view.views(found), "counts": claim_view.counts(found), "spec": found} if found else None


def _run(params: Params, found: Sequence[System], computed: Computed) -> dict[str, Any]:
    keys = [iteration["key"] for system in found for iteration in system.iterations]
    return {
        "revision": git.revision(computed.root),
        "machine": machine.machine(),
        "times": machine.stage_times(computed.events, computed.root, params.scale_name),
        "iterations": machine.iterations(keys, computed.events),
        "recipe": flat(asdict(params.training)),
    }


def _question(
    spec: ReportSpec,
    tables: Mapping[str, TableSpec],
    shown: Mapping[str, ShownTable],
    found: Sequence[System],
    params: Params,
    computed: Computed,
) -> dict[str, Any]:
    """The playground: its table and settings once its student has been evaluated, and what was asked before."""
    question, by_name = spec.question, {system.name: system for system in found}
    asked = earlier(computed.root, params.scale_name, list(params.scale.suites), question.experiments)
    student = by_name.get(PLAYGROUND)
    return {
        "beside": beside(tables[question.beside], found, question.against, asked),
        "student": student,
        "question": shown[question.table],
        "settings": settings(student, by_name.get(question.against)) if student else [],
    }


def _contrasts(spec: ReportSpec, computed: Computed) -> dict[str, Any]:
    compared = [one.pair for one in computed.contrasts]
    return {
        "not_compared": [pair for pair in spec.contrasts if pair not in compared],
        "contrasts": [one for one in computed.contrasts if one.pair.left != PLAYGROUND],
        "asked": [one for one in computed.contrasts if one.pair.left == PLAYGROUND],
    }


def _read(path: Path) -> Any:
    return artifacts.read_json(path) if path.exists() else None
