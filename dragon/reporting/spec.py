"""``reports/tables/*.yaml``, read strictly: what each cell of a table shows, and what the paper prints there.

A cell is described by its column, its row and itself, the later winning: a table whose rows are systems states
suite and measure once per column, one whose columns are systems states them once per row.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from dragon import typed
from dragon.artifacts import Layout
from dragon.config import Scale, read_yaml
from dragon.errors import ConfigError
from dragon.registry import unknown
from dragon.reporting.cell_spec import CellSpec
from dragon.reporting.expand import expand

__all__ = ["FOLDER", "CellSpec", "NoteSpec", "RowSpec", "TableSpec", "places"]

FOLDER = Path("reports/tables")


@dataclass(frozen=True, kw_only=True)
class RowSpec:
    """``cell`` holds for the whole row, ``cells`` has one entry per column; a ``span`` is a line of text.

    ``each: <suite>`` in its place of the file makes one row per test of the suite that no other row shows.
    """

    label: str
    span: bool = False
    bold: bool = False
    """Whether the paper prints a span bold."""
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
             suite's mean, or with ``except`` per other test, ``{test}`` in its heads being the collection's name
    rows     ``each: <suite>`` makes one row per test of the suite that no other row shows (``expand``)
    best     along what our best value is bold
    second   whether the next best is underlined
    """

    title: str
    paper: str
    """``Table 3``; empty for a table that the paper lacks."""
    section: str
    heads: tuple[tuple[str, ...], ...]
    columns: tuple[dict[str, Any], ...]
    rows: tuple[RowSpec, ...]
    best: Literal["rows", "columns", "none"]
    second: bool = False
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
        spec = typed.build(cls, expand(found, scale, f"{path}:"), f"{path}:")
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
    """Where a system stands in the paper's tables: ``Table 3: (0) uniCOIL -> ...``, a row or a whole column."""
    specs = [TableSpec.load(path.stem, scale, root) for path in sorted((root / FOLDER).glob("*.yaml"))]
    return [f"{spec.paper}: {label}" for spec in specs if spec.paper for label in _labels(spec, system)]


def _labels(spec: TableSpec, system: str) -> list[str]:
    """Labels of the columns that are the system's, then of the rows that show it elsewhere."""
    own = [j for j, column in enumerate(spec.columns) if column.get("system") == system]
    columns = [" ".join(filter(None, (line[j + 1] for line in spec.heads))) for j in own]
    rows = [
        row.label
        for row, cells in zip(spec.rows, spec.grid(), strict=True)
        if any(cell.system == system for j, cell in enumerate(cells) if j not in own)
    ]
    return columns + rows
