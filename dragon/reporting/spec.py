"""``reports/tables/*.yaml``, read strictly: what each cell of a table shows, and what the paper prints there.

A cell is described by its column, its row and itself, the later winning: a table whose rows are systems states
suite and measure once per column, one whose columns are systems states them once per row.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from dragon import typed
from dragon.artifacts import Layout
from dragon.config import Scale, read_yaml
from dragon.errors import ConfigError
from dragon.registry import unknown

FOLDER = Path("reports/tables")


@dataclass(frozen=True, kw_only=True)
class CellSpec:
    """Exactly one source: a metric, a fact of a metric file, a measured quality, or a text.

    system, suite, test, measure  a value of ``metrics/<system>/<suite>.json``
    relative_to  systems; the value is divided by the best of theirs
    fact         instead of a value, this entry of the metric file's facts
    quality, key  ``quality/<quality>.json`` and the path of keys in it
    unit         points: a fraction printed times 100; percent: the same with a sign; number: as it is
    paper        what the paper prints in this place, to the letter; empty where it has no such place
    bold         whether the paper prints it bold
    """

    system: str = ""
    suite: str = ""
    test: str = ""
    measure: str = ""
    relative_to: tuple[str, ...] = ()
    fact: str = ""
    quality: str = ""
    key: tuple[str, ...] = ()
    text: str = ""
    unit: Literal["points", "percent", "number"] = "points"
    paper: str = ""
    bold: bool = False

    def systems(self) -> tuple[str, ...]:
        """Systems whose metric files the cell reads."""
        return () if self.text or self.quality else (self.system, *self.relative_to)

    def inputs(self, layout: Layout) -> Iterator[Path]:
        """Files the cell reads."""
        if self.quality and not self.text:
            yield layout.quality(self.quality)
        for system in self.systems():
            yield layout.metrics(system, self.suite)

    def check(self, where: str) -> None:
        """Raise ConfigError when nothing would fill the cell."""
        place = self.fact or (self.test and self.measure)
        if not (self.text or (self.quality and self.key) or (self.system and self.suite and place)):
            raise ConfigError(
                f"{where}: found no source, allowed: text; quality and key; system, suite, test and measure (or fact)"
            )


@dataclass(frozen=True, kw_only=True)
class RowSpec:
    """``cell`` holds for the whole row, ``cells`` has one entry per column; a ``span`` is a line of text."""

    label: str
    span: bool = False
    best: bool = True
    """Whether its cells compete for our bold print."""
    cell: dict[str, Any] = field(default_factory=dict)
    cells: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True, kw_only=True)
class NoteSpec:
    """A sentence below the table; ``{}`` stand for its cells, in order."""

    text: str
    cells: tuple[CellSpec, ...] = ()


@dataclass(frozen=True, kw_only=True)
class TableSpec:
    """One table.

    heads    header lines as printed, each with the stub first; equal neighbours span
    columns  what holds for every cell of the column; ``each: <suite>`` makes one column per collection of that
             suite's mean, ``{test}`` in its heads being the collection's name
    best     along what our best value is bold
    """

    title: str
    paper: str
    """``Table 3``; empty for a table that the paper lacks."""
    section: str
    heads: tuple[tuple[str, ...], ...]
    columns: tuple[dict[str, Any], ...]
    rows: tuple[RowSpec, ...]
    best: Literal["rows", "columns", "none"]
    teachers: tuple[str, ...] = ()
    """Whose stand-ins at this scale the notes name."""
    footnotes: tuple[str, ...] = ()
    """The paper's, to the letter."""
    notes: tuple[NoteSpec, ...] = ()
    name: str = ""

    @classmethod
    def load(cls, name: str, scale: Scale, root: Path = Path()) -> "TableSpec":
        """Read and check ``reports/tables/<name>.yaml``.

        Raises:
            ConfigError: one line with the file, the key, what was found and what is allowed.
        """
        names = sorted(path.stem for path in (root / FOLDER).glob("*.yaml"))
        if name not in names:
            raise unknown(str(FOLDER), name, names)
        path = FOLDER / f"{name}.yaml"
        found = {**read_yaml(root / path), "name": name}
        spec = typed.build(cls, _each(found, scale, f"{path}:"), f"{path}:")
        spec._check(f"{path}:")
        return spec

    def grid(self) -> list[list[CellSpec]]:
        """Cells by row, then column; a span has none."""
        return [self._cells(row, f"{FOLDER / self.name}.yaml: rows[{i}]") for i, row in enumerate(self.rows)]

    def cells(self) -> list[CellSpec]:
        """Every cell, those of the notes included."""
        return [cell for row in self.grid() for cell in row] + [cell for note in self.notes for cell in note.cells]

    def inputs(self, layout: Layout) -> list[Path]:
        """Metric and quality files that the table is made from, in order of first use."""
        return list(dict.fromkeys(path for cell in self.cells() for path in cell.inputs(layout)))

    def systems(self) -> list[str]:
        """Systems that the table shows or divides by, in order of first use."""
        return list(dict.fromkeys(system for cell in self.cells() for system in cell.systems()))

    def _cells(self, row: RowSpec, where: str) -> list[CellSpec]:
        if row.span:
            return []
        own = row.cells or ({},) * len(self.columns)
        if len(own) != len(self.columns):
            raise ConfigError(f"{where}.cells: found {len(own)}, allowed: {len(self.columns)}, one per column")
        merged = [{**column, **row.cell, **cell} for column, cell in zip(self.columns, own, strict=True)]
        return [typed.build(CellSpec, cell, f"{where}.cells[{i}]") for i, cell in enumerate(merged)]

    def _check(self, where: str) -> None:
        for i, row in enumerate(self.grid()):
            for j, cell in enumerate(row):
                cell.check(f"{where} rows[{i}].cells[{j}]")
        for i, note in enumerate(self.notes):
            for cell in note.cells:
                cell.check(f"{where} notes[{i}]")
            if note.text.count("{}") != len(note.cells):
                raise ConfigError(f"{where} notes[{i}]: found {len(note.cells)} cells, allowed: one for each {{}}")


def places(system: str, scale: Scale, root: Path = Path()) -> list[str]:
    """Where a system stands in the paper's tables: ``Table 3: (0) uniCOIL -> ...`` for every row that shows it."""
    specs = [TableSpec.load(path.stem, scale, root) for path in sorted((root / FOLDER).glob("*.yaml"))]
    return [
        f"{spec.paper}: {row.label}"
        for spec in specs
        if spec.paper
        for row, cells in zip(spec.rows, spec.grid(), strict=True)
        if any(cell.system == system for cell in cells)
    ]


def _each(found: Mapping[str, Any], scale: Scale, where: str) -> dict[str, Any]:
    """Replace every column that says ``each: <suite>`` by one column per collection of that suite's mean."""
    given, columns = found.get("columns", ()), []
    heads = found.get("heads", ())
    for i, head in enumerate(heads):
        if len(head) != len(given) + 1:
            raise ConfigError(
                f"{where} heads[{i}]: found {len(head)} texts, allowed: {len(given) + 1}, the stub's first"
            )
    lines = [[head[0]] for head in heads]
    for i, column in enumerate(given):
        for expanded, test in _expanded(column, scale, f"{where} columns[{i}]"):
            columns.append(expanded)
            for line, head in zip(lines, heads, strict=True):
                line.append(head[i + 1].replace("{test}", test))
    return {**found, "columns": columns, "heads": lines}


def _expanded(column: Mapping[str, Any], scale: Scale, where: str) -> Iterator[tuple[dict[str, Any], str]]:
    """(column, test) pairs; a column without ``each`` stays one."""
    shared = {key: value for key, value in column.items() if key != "each"}
    if "each" not in column:
        yield shared, ""
        return
    if column["each"] not in scale.suites:
        raise unknown(f"{where}.each", column["each"], scale.suites)
    for test in scale.suites[column["each"]].mean_of:
        yield {**shared, "suite": column["each"], "test": test}, test
