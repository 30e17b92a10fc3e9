"""A table's cells with all that is known about them: difference to the paper, interval, verdict, way back."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from dragon.reporting.cell import Cell
from dragon.reporting.cell_spec import CellSpec
from dragon.reporting.table import Table
from dragon.reporting.traces import anchor

_NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")
_SHARES = ("points", "percent")


@dataclass(frozen=True)
class Interval:
    """95 % interval of a cell's value over queries, in the unit of the value (fractions for effectiveness)."""

    low: float
    high: float
    queries: int


Intervals = Mapping[CellSpec, Interval]


@dataclass(frozen=True)
class Known:
    """One cell; texts are ready to print and empty where there is nothing to say.

    verdict  ``inside``: the paper's number lies within our interval; ``above``, ``below``: ours is above or below it;
             ``not comparable`` at a scale that is not; ``not measured``, ``no paper number``, ``no interval``
    trace    anchor of the entry that leads back, empty for a text or what was not measured
    """

    row: str
    column: str
    cell: Cell
    difference: str
    interval: str
    verdict: str
    trace: str

    @property
    def listed(self) -> bool:
        """Whether it stands among the numbers in full: everything measured."""
        return self.cell.value is not None and not self.cell.spec.text

    @property
    def hover(self) -> str:
        """What hovering over the cell says."""
        parts = [f"ours minus paper {self.difference}" if self.difference else ""]
        parts += [f"95 % interval {self.interval}" if self.interval else "", self.verdict]
        return "; ".join(filter(None, (f"{self.row}, {self.column}", *parts)))


def known(table: Table, intervals: Intervals, comparable: bool) -> list[list[Known]]:
    """Every cell by row and column; a span's row is empty."""
    columns = table.column_labels[1:]
    return [
        [_known(row.label, column, cell, intervals, comparable) for column, cell in pairs]
        for row in table.rows
        for pairs in [zip(columns, row.cells, strict=False)]
    ]


def paper_number(text: str) -> float | None:
    """The paper's number without its marks (``49.3*``, ``28,545,938``); None for ``-``, ``< 1`` and words."""
    match = _NUMBER.match(text.strip())
    return float(match[0].replace(",", "")) if match else None


def _known(row: str, column: str, cell: Cell, intervals: Intervals, comparable: bool) -> Known:
    value = _number(cell)
    paper = paper_number(cell.spec.paper)
    interval = intervals.get(cell.spec) if value is not None else None
    return Known(
        row=row,
        column=column,
        cell=cell,
        difference="" if value is None or paper is None else _signed(value - paper, cell.spec),
        interval=_range(interval, cell.spec),
        verdict=_verdict(value, paper, interval, cell, comparable),
        trace="" if cell.value is None else anchor(cell.spec),
    )


def _number(cell: Cell) -> float | None:
    """Our value in the unit that is printed; of a measured time, its median."""
    value = cell.value.get("median") if isinstance(cell.value, Mapping) else cell.value
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return _printed(value, cell.spec)


def _printed(value: float, spec: CellSpec) -> float:
    return 100 * value if spec.unit in _SHARES else float(value)


def _signed(difference: float, spec: CellSpec) -> str:
    """With as many decimals as the paper prints."""
    match = _NUMBER.match(spec.paper.strip())
    decimals = len(match[0].partition(".")[2]) if match else 1
    return f"{round(difference, decimals) + 0:+,.{decimals}f}"


def _range(interval: Interval | None, spec: CellSpec) -> str:
    if interval is None:
        return ""
    return f"{_printed(interval.low, spec):,.1f} to {_printed(interval.high, spec):,.1f}"


def _verdict(value: float | None, paper: float | None, interval: Interval | None, cell: Cell, comparable: bool) -> str:
    if cell.spec.text or cell.spec.as_printed:
        return "as printed" if cell.spec.as_printed else ""
    if cell.value is None:
        return "not measured"
    if value is None or paper is None:
        return "no paper number"
    if not comparable:
        return "not comparable"
    if interval is None:
        return "no interval"
    low, high = _printed(interval.low, cell.spec), _printed(interval.high, cell.spec)
    return "above" if low > paper else "below" if high < paper else "inside"
