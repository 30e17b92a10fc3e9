"""A spec and measured numbers -> a filled table: every cell says ours and the paper's, or why there is none."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dragon.config import Params
from dragon.core.metric_table import MEAN
from dragon.reporting.cell import Cell, fill_cell, shown, with_best
from dragon.reporting.notes import notes
from dragon.reporting.numbers import LACKS, Numbers
from dragon.reporting.spec import RowSpec, TableSpec

__all__ = ["HERE", "NUMBERED", "WIDE", "Cell", "Row", "Table", "fill", "shown", "spans"]

HERE = "here: "
"""Opens the name of what stands at this scale for a collection of the paper's."""
NUMBERED, WIDE = 6, 10
"""Columns, the stub included, above which reasons for ``n/a`` are numbered, and above which cells are printed short."""


@dataclass(frozen=True)
class Row:
    """``label`` as in the paper; ``here`` what stands for it at this scale, or empty; a span has no cells."""

    label: str
    here: str
    cells: tuple[Cell, ...]
    bold: bool = False


@dataclass(frozen=True)
class Table:
    """A table ready to print; ``heads[i][0]`` is the stub of header line i."""

    spec: TableSpec
    heads: tuple[tuple[str, ...], ...]
    rows: tuple[Row, ...]
    footnotes: tuple[str, ...]
    notes: tuple[str, ...]
    lacks: str
    """Opens the reasons for what the scale in force does not have."""

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
    def wide(self) -> bool:
        """Whether it has so many columns that its cells are printed short."""
        return len(self.heads[0]) > WIDE

    @property
    def numbered(self) -> dict[str, int]:
        """``reasons`` where they are better numbered than written out, else nothing."""
        return self.reasons if len(self.heads[0]) > NUMBERED else {}

    @property
    def reasons(self) -> dict[str, int]:
        """Reasons for ``n/a`` in order of first use, numbered from 1; all tests that the scale lacks are one."""
        found = dict.fromkeys(cell.reason for row in self.rows for cell in row.cells if cell.reason)
        numbers: dict[str, int] = {}
        for reason in found:
            numbers.setdefault(self._shared(reason), len(numbers) + 1)
        return {reason: numbers[self._shared(reason)] for reason in found}

    @property
    def reason_lines(self) -> list[str]:
        """What each number of ``reasons`` stands for: ``scale mini has no dl19, dl20``."""
        lines: dict[int, str] = {}
        for reason, number in self.reasons.items():
            rest = reason.removeprefix(self._shared(reason))
            lines[number] = f"{lines[number]}, {rest}" if number in lines else reason
        return list(lines.values())

    def _shared(self, reason: str) -> str:
        """The opening that reasons of one number share."""
        return self.lacks if reason.startswith(self.lacks) else reason

    @property
    def title(self) -> str:
        """``Table 3: ...`` as the paper numbers it, or the bare title of a table of ours."""
        return f"{self.spec.paper}: {self.spec.title}" if self.spec.paper else self.spec.title


def fill(spec: TableSpec, params: Params) -> Table:
    """Fill a spec from the metric and quality files of the scale in force."""
    numbers = Numbers(params.layout, params.scale)
    grid = [[fill_cell(cell, numbers) for cell in row] for row in spec.grid()]
    rows = [_row(row, cells, numbers) for row, cells in zip(spec.rows, with_best(spec, grid), strict=True)]
    lacks = LACKS.format(params.scale_name)
    below = tuple(notes(spec, params, numbers))
    return Table(spec, _heads(spec, numbers), tuple(rows), spec.footnotes, below, lacks)


def spans(head: Sequence[str]) -> list[tuple[str, int]]:
    """A header line as (text, number of columns): equal neighbours that are not empty become one."""
    out: list[tuple[str, int]] = []
    for text in head:
        if out and text and out[-1][0] == text:
            out[-1] = (text, out[-1][1] + 1)
        else:
            out.append((text, 1))
    return out


def _row(spec: RowSpec, cells: list[Cell], numbers: Numbers) -> Row:
    return Row(spec.label, _here(spec.cell, spec.label, numbers), tuple(cells), spec.bold)


def _here(cell: Mapping[str, Any], label: str, numbers: Numbers) -> str:
    """What stands at this scale for the collection that a paper's label names.

    Nothing for one that it lacks, and nothing where the collections are the paper's own.
    """
    if numbers.scale.comparable:
        return ""
    suite, tests = cell.get("suite", ""), cell.get("average") or [cell.get("test", MEAN)]
    name = numbers.scale.labels.get(suite, "")
    there = any(numbers.has(suite, test) for test in tests)
    return "" if name in label or label in tests or not there else name


def _heads(spec: TableSpec, numbers: Numbers) -> tuple[tuple[str, ...], ...]:
    """Header lines, with one more where columns name collections."""
    if not spec.paper:
        return spec.heads
    labels = [" ".join(line[j + 1] for line in spec.heads) for j in range(len(spec.columns))]
    stand_ins = [_here(column, label, numbers) for column, label in zip(spec.columns, labels, strict=True)]
    return (
        (*spec.heads, ("", *(f"{HERE}{name}" if name else "" for name in stand_ins))) if any(stand_ins) else spec.heads
    )
