"""Figure 1: systems by supervised and zero-shot effectiveness; the paper's printed ones, and ours beside them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, Literal

from dragon.artifacts import Layout
from dragon.config import Params, Scale
from dragon.registry import unknown
from dragon.reporting.figures.content import Content, Given, Place, missing_note, points, standing
from dragon.reporting.numbers import MissingNumberError, Numbers
from dragon.reporting.spec import FOLDER as TABLES
from dragon.reporting.spec import CellSpec, TableSpec

Representation = Literal["sparse", "multi-vector", "dense", "re-ranker"]
Group = Literal["existing", "teacher", "start", "student"]
FIELDS = ("panel", "label", "representation", "group", "axis", "value", "printed", "table", "row", "column")
SOURCE = ("system", "suite", "test", "measure")


@dataclass(frozen=True, kw_only=True)
class Axis:
    """One axis: the paper's name of it, the row of its table, and where our numbers come from."""

    label: str
    row: str
    suite: str
    test: str
    measure: str


@dataclass(frozen=True, kw_only=True)
class Mark:
    """How a point is marked: shape by representation, colour by group."""

    representation: Representation
    group: Group


@dataclass(frozen=True, kw_only=True)
class Printed:
    """Which table of the paper holds its systems.

    names  header line with the systems' names, counted from 0
    kinds  header line with their representations
    marks  a representation as printed -> how its systems are marked
    """

    table: str
    names: int
    kinds: int
    marks: dict[str, Mark]


@dataclass(frozen=True, kw_only=True)
class Ours:
    """One measured system."""

    system: str
    label: str
    representation: Representation
    group: Group


@dataclass(frozen=True)
class Point:
    """One system; ``x`` and ``y`` are fractions, ``sources`` say where each comes from."""

    label: str
    representation: str
    group: str
    x: float
    y: float
    sources: tuple[dict[str, str], dict[str, str]]


@dataclass(frozen=True)
class Panel:
    """Points that share axes; ``comparable`` with the paper's or not stands in the title."""

    title: str
    x_label: str
    y_label: str
    points: tuple[Point, ...]


@dataclass(frozen=True, kw_only=True)
class Scatter:
    """Options of the kind ``scatter``."""

    x: Axis
    y: Axis
    printed: Printed
    ours: tuple[Ours, ...]

    def check(self, scale: Scale, root: Path, where: str) -> None:
        """Raise ConfigError when a suite, the table, a header line or a row is not there."""
        for name, axis in (("x", self.x), ("y", self.y)):
            if axis.suite not in scale.suites:
                raise unknown(f"{where}.{name}.suite", axis.suite, scale.suites)
        list(_printed(self, TableSpec.load(self.printed.table, scale, root), where))

    def inputs(self, layout: Layout) -> list[Path]:
        """The paper's table and the metric files of our systems."""
        metrics = [layout.metrics(one.system, axis.suite) for one in self.ours for axis in (self.x, self.y)]
        return [TABLES / f"{self.printed.table}.yaml", *metrics]

    def systems(self) -> list[str]:
        return [one.system for one in self.ours]

    def places(self) -> list[Place]:
        return []

    def gather(self, params: Params, given: Given) -> Content:
        """Two panels; a system that lacks one of its two numbers is named in a note."""
        table = TableSpec.load(self.printed.table, params.scale)
        theirs, absent = _split(_printed(self, table, str(TABLES)))
        ours, missing = _split(_measured(self, params))
        panels = (
            Panel(f"the paper, as printed ({table.paper})", self.x.label, self.y.label, theirs),
            Panel(_title(params), _here(self.x, params.scale), _here(self.y, params.scale), ours),
        )
        starred = any(point.label.endswith("*") for point in theirs)
        return Content(
            heads=("Panel", "System", "Representation", "Group", self.x.label, self.y.label),
            rows=tuple(_row(panel, point) for panel in panels for point in panel.points),
            fields=(*FIELDS, *SOURCE),
            records=tuple(_records(panels)),
            notes=(
                standing(params.scale, params.scale_name),
                *missing_note([*absent, *missing]),
                *(f"{table.paper}: {note}" for note in table.footnotes if starred and note.startswith("*")),
            ),
            picture=panels,
        )


def number(text: str) -> float:
    """A printed number (``38.8*``) in points as a fraction; raises ValueError when there is none (``-``)."""
    try:
        return float(Decimal(text.rstrip("*")) / 100)
    except InvalidOperation:
        raise ValueError(f"{text!r} is not a number") from None


def _printed(options: Scatter, spec: TableSpec, where: str) -> Iterator[Point | str]:
    """The paper's systems, or why one has no place."""
    kinds, names = (_line(spec, line, where) for line in (options.printed.kinds, options.printed.names))
    rows = [_paper_row(spec, axis.row, where) for axis in (options.x, options.y)]
    for column, (kind, name) in enumerate(zip(kinds, names, strict=True)):
        if kind not in options.printed.marks:
            raise unknown(f"{where}.printed.marks", kind, options.printed.marks)
        texts = [row[column].paper for row in rows]
        try:
            x, y = map(number, texts)
        except ValueError:
            yield f"{name} ({spec.paper} prints {texts[0] or 'nothing'} and {texts[1] or 'nothing'})"
            continue
        sources = tuple(
            {"table": spec.paper, "row": axis.row, "column": name, "printed": text}
            for axis, text in zip((options.x, options.y), texts, strict=True)
        )
        star = "*" * any(text.endswith("*") for text in texts)
        mark = options.printed.marks[kind]
        yield Point(name + star, mark.representation, mark.group, x, y, sources)


def _line(spec: TableSpec, line: int, where: str) -> tuple[str, ...]:
    if not 0 <= line < len(spec.heads):
        raise unknown(f"{where}.printed: header line", line, map(str, range(len(spec.heads))))
    return spec.heads[line][1:]


def _paper_row(spec: TableSpec, label: str, where: str) -> list[CellSpec]:
    grid = {row.label: cells for row, cells in zip(spec.rows, spec.grid(), strict=True) if cells}
    if label not in grid:
        raise unknown(f"{where}: row of {spec.name}", label, grid)
    return grid[label]


def _measured(options: Scatter, params: Params) -> Iterator[Point | str]:
    """Our systems, or why one has no place."""
    numbers = Numbers(params.layout, params.scale)
    for one in options.ours:
        sources = tuple(
            {"system": one.system, "suite": axis.suite, "test": axis.test, "measure": axis.measure}
            for axis in (options.x, options.y)
        )
        try:
            x, y = (numbers.of(CellSpec(**source)) for source in sources)
        except MissingNumberError as error:
            yield f"{one.label} ({error})"
            continue
        yield Point(one.label, one.representation, one.group, x, y, sources)


def _split(found: Iterable[Point | str]) -> tuple[tuple[Point, ...], list[str]]:
    everything = list(found)
    return tuple(one for one in everything if isinstance(one, Point)), [
        one for one in everything if isinstance(one, str)
    ]


def _title(params: Params) -> str:
    what = "comparable with the paper" if params.scale.comparable else "not comparable with the paper"
    return f"measured here, scale {params.scale_name}: {what}"


def _here(axis: Axis, scale: Scale) -> str:
    """The axis' name with this scale's collection."""
    mean = "mean " if axis.test == "mean" else ""
    return f"{scale.labels.get(axis.suite, axis.suite)}, {mean}{axis.measure}"


def _row(panel: Panel, point: Point) -> tuple[str, ...]:
    return (panel.title, point.label, point.representation, point.group, points(point.x), points(point.y))


def _records(panels: Iterable[Panel]) -> Iterator[dict[str, Any]]:
    for panel in panels:
        for point in panel.points:
            for axis, value, source in zip("xy", (point.x, point.y), point.sources, strict=True):
                marks = {"representation": point.representation, "group": point.group}
                yield {"panel": panel.title, "label": point.label, **marks, "axis": axis, "value": value, **source}
