"""A spec and measured numbers -> a filled table: every cell says ours and the paper's, or why there is none."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from dragon.config import Params, Scale
from dragon.core.metric_table import MEAN
from dragon.reporting.numbers import MissingNumberError, Numbers
from dragon.reporting.spec import CellSpec, NoteSpec, RowSpec, TableSpec

HERE = "here: "
"""Opens the name of what stands at this scale for a collection of the paper's."""


@dataclass(frozen=True)
class Cell:
    """``ours`` is printed as it stands: a number in the spec's unit, a text, or ``n/a`` with ``reason``."""

    spec: CellSpec
    value: Any
    ours: str
    reason: str = ""
    best: bool = False


@dataclass(frozen=True)
class Row:
    """``label`` as in the paper; ``here`` what stands for it at this scale, or empty; a span has no cells."""

    label: str
    here: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Table:
    """A table ready to print; ``heads[i][0]`` is the stub of header line i."""

    spec: TableSpec
    heads: tuple[tuple[str, ...], ...]
    rows: tuple[Row, ...]
    footnotes: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def column_labels(self) -> list[str]:
        """One text per column, the stub first: its header lines joined, stand-ins in brackets."""
        lines = [[f"({text})" if text.startswith(HERE) else text for text in head] for head in self.heads]
        return [" ".join(dict.fromkeys(filter(None, column))) for column in zip(*lines, strict=True)]

    @property
    def head_spans(self) -> list[list[tuple[str, int]]]:
        """Header lines as (text, number of columns); the last line names single columns, so nothing spans there."""
        return [*(spans(head) for head in self.heads[:-1]), [(text, 1) for text in self.heads[-1]]]

    @property
    def title(self) -> str:
        """``Table 3: ...`` as the paper numbers it, or the bare title of a table of ours."""
        return f"{self.spec.paper}: {self.spec.title}" if self.spec.paper else self.spec.title


def fill(spec: TableSpec, params: Params) -> Table:
    """Fill a spec from the metric and quality files of the scale in force."""
    numbers = Numbers(params.layout)
    grid = [[_cell(cell, numbers) for cell in row] for row in spec.grid()]
    here = params.scale.labels
    rows = [_row(row, cells, here) for row, cells in zip(spec.rows, _with_best(spec, grid), strict=True)]
    return Table(spec, _heads(spec, here), tuple(rows), spec.footnotes, tuple(_notes(spec, params, numbers)))


def spans(head: Sequence[str]) -> list[tuple[str, int]]:
    """A header line as (text, number of columns): equal neighbours that are not empty become one."""
    out: list[tuple[str, int]] = []
    for text in head:
        if out and text and out[-1][0] == text:
            out[-1] = (text, out[-1][1] + 1)
        else:
            out.append((text, 1))
    return out


def shown(value: Any, unit: str) -> str:
    """A number in its unit with one decimal, counts with separators, a mapping as ``name value, ...``."""
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {item:g}" for key, item in value.items())
    if unit == "number":
        return f"{value:,}" if isinstance(value, int) else f"{value:.1f}"
    return f"{100 * value:.1f}" + (" %" if unit == "percent" else "")


def _cell(spec: CellSpec, numbers: Numbers) -> Cell:
    try:
        value = numbers.of(spec)
    except MissingNumberError as error:
        return Cell(spec, None, "n/a", str(error))
    return Cell(spec, value, shown(value, spec.unit))


def _with_best(spec: TableSpec, grid: list[list[Cell]]) -> list[list[Cell]]:
    """Mark the best of ours along rows or columns; what prints alike is equally good."""
    places = [(i, j) for i, row in enumerate(grid) if spec.rows[i].best for j in range(len(row))]
    lines: dict[int, list[tuple[int, int]]] = {}
    for i, j in places if spec.best != "none" else ():
        lines.setdefault(i if spec.best == "rows" else j, []).append((i, j))
    out = [list(row) for row in grid]
    for line in lines.values():
        numeric = [(i, j) for i, j in line if isinstance(grid[i][j].value, float)]
        top = max((grid[i][j].value for i, j in numeric), default=None)
        for i, j in numeric if len(numeric) > 1 else ():
            if grid[i][j].ours == shown(top, grid[i][j].spec.unit):
                out[i][j] = replace(grid[i][j], best=True)
    return out


def _row(spec: RowSpec, cells: list[Cell], here: Mapping[str, str]) -> Row:
    return Row(spec.label, _here(spec.cell.get("suite"), spec.label, here), tuple(cells))


def _here(suite: str | None, label: str, here: Mapping[str, str]) -> str:
    """What stands at this scale for the collection that a paper's label names."""
    name = here.get(suite or "", "")
    return "" if name in label else name


def _heads(spec: TableSpec, here: Mapping[str, str]) -> tuple[tuple[str, ...], ...]:
    """Header lines, with one more where columns name collections."""
    if not spec.paper:
        return spec.heads
    labels = [" ".join(line[j + 1] for line in spec.heads) for j in range(len(spec.columns))]
    stand_ins = [_here(column.get("suite"), label, here) for column, label in zip(spec.columns, labels, strict=True)]
    return (
        (*spec.heads, ("", *(f"{HERE}{name}" if name else "" for name in stand_ins))) if any(stand_ins) else spec.heads
    )


def _notes(spec: TableSpec, params: Params, numbers: Numbers) -> Iterable[str]:
    yield _standing(spec, params, numbers)
    if not params.scale.comparable:
        yield from _stand_ins(spec, params.scale)
    for note in spec.notes:
        yield _note(note, numbers)


def _standing(spec: TableSpec, params: Params, numbers: Numbers) -> str:
    """Whether the numbers may be compared with the paper's, and over how many queries they are."""
    scale = params.scale
    places = dict.fromkeys((cell.suite, cell.test) for cell in spec.cells() if cell.measure and cell.systems())
    parts = {(suite, test) for suite, mean in places if mean == MEAN for test in scale.suites[suite].mean_of}
    counts = [_queries(*place, scale, numbers.queries(*place)) for place in places if place not in parts]
    what = "Comparable with the paper" if scale.comparable else "Not comparable with the paper"
    queries = f" Queries: {'; '.join(counts)}." if counts else ""
    return f"{what}: scale {params.scale_name} ({scale.about}), evidence {scale.evidence}.{queries}"


def _queries(suite: str, test: str, scale: Scale, count: int | None) -> str:
    name = scale.labels.get(suite, suite)
    number = "n/a" if count is None else f"{count:,}"
    if test == MEAN:
        return f"{name} {number} over {len(scale.suites[suite].mean_of)} collections"
    return f"{name} {number}" if test in name else f"{name} ({test}) {number}"


def _stand_ins(spec: TableSpec, scale: Scale) -> Iterable[str]:
    known = [name for name in spec.teachers if name in scale.teachers]
    if known:
        yield "Teachers here: " + "; ".join(f"{name}: {scale.teachers[name].stands_for}" for name in known) + "."


def _note(note: NoteSpec, numbers: Numbers) -> str:
    """The note with its numbers in place; the reasons for those that are missing follow it."""
    cells = [_cell(cell, numbers) for cell in note.cells]
    reasons = "; ".join(dict.fromkeys(cell.reason for cell in cells if cell.reason))
    return note.text.format(*(cell.ours for cell in cells)) + (f" (n/a: {reasons})" if reasons else "")
