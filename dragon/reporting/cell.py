"""A cell's spec and the measured numbers -> what is printed in it, and which cells of a line are best."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from dragon.core.absent import GATED
from dragon.reporting.cell_spec import CellSpec
from dragon.reporting.numbers import AbsentError, MissingNumberError, Numbers
from dragon.reporting.spec import TableSpec


@dataclass(frozen=True)
class Cell:
    """``ours`` is printed as it stands: a number in the spec's unit, a text, ``n/a`` with ``reason``, or ``-`` where
    only the paper has something (``spec.as_printed``); ``covers`` is ``9 of 11`` for an average with gaps."""

    spec: CellSpec
    value: Any
    ours: str
    reason: str = ""
    best: bool = False
    second: bool = False
    covers: str = ""


def shown(value: Any, unit: str) -> str:
    """A number in its unit with one decimal, counts with separators, a mapping as ``name value, ...``."""
    if isinstance(value, str):
        return value
    if unit == "ms":
        return _milliseconds(value)
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {item:g}" for key, item in value.items())
    if unit == "number":
        return f"{value:,}" if isinstance(value, int) else f"{value:.1f}"
    return f"{100 * value:.1f}" + (" %" if unit == "percent" else "")


def _milliseconds(value: Any) -> str:
    """Three digits; median and quartiles as ``1.23 (1.1 to 1.4)``."""
    if isinstance(value, Mapping):
        median, low, high = (_milliseconds(value[key]) for key in ("median", "q1", "q3"))
        return f"{median} ({low} to {high})"
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def fill_cell(spec: CellSpec, numbers: Numbers) -> Cell:
    """The number in its unit, or ``n/a`` with the reason."""
    if spec.as_printed:
        return Cell(spec, None, "-")
    try:
        value = numbers.of(spec)
    except AbsentError as error:
        return Cell(spec, None, f"n/a ({GATED})", str(error))
    except MissingNumberError as error:
        return Cell(spec, None, "n/a", str(error))
    return Cell(spec, value, shown(value, spec.unit), covers=numbers.covers(spec))


def with_best(spec: TableSpec, grid: list[list[Cell]]) -> list[list[Cell]]:
    """Mark the best of ours along rows or columns; what prints alike is equally good."""
    places = [(i, j) for i, row in enumerate(grid) if spec.rows[i].best for j, cell in enumerate(row) if cell.spec.best]
    lines: dict[int, list[tuple[int, int]]] = {}
    for i, j in places if spec.best != "none" else ():
        lines.setdefault(i if spec.best == "rows" else j, []).append((i, j))
    out = [list(row) for row in grid]
    for line in lines.values():
        for (i, j), rank in _ranked(line, grid, 2 if spec.second else 1):
            out[i][j] = replace(grid[i][j], best=rank == 0, second=rank == 1)
    return out


def _ranked(line: list[tuple[int, int]], grid: list[list[Cell]], ranks: int) -> Iterable[tuple[tuple[int, int], int]]:
    """Places of the best (0) and second best (1); none where fewer than two compete or averages cover other tests."""
    numeric = {(i, j): grid[i][j] for i, j in line if isinstance(grid[i][j].value, float)}
    if len(numeric) < 2 or len({cell.covers for cell in numeric.values()}) > 1:
        return
    texts = list(dict.fromkeys(cell.ours for cell in sorted(numeric.values(), key=lambda cell: -cell.value)))
    yield from ((place, texts.index(cell.ours)) for place, cell in numeric.items() if cell.ours in texts[:ranks])
