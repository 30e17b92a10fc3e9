"""The playground's student beside the paper's, and beside the questions that were asked before."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from dragon.config import PLAYGROUND
from dragon.core import MetricTable
from dragon.reporting.earlier import Asked, Earlier
from dragon.reporting.provenance import System
from dragon.reporting.spec import TableSpec
from dragon.reporting.traces import place_anchor


@dataclass(frozen=True)
class Column:
    """One number that the table shows of each student; ``head`` as that table prints it."""

    head: str
    suite: str
    test: str
    measure: str


@dataclass(frozen=True)
class Line:
    """One student: its settings in words, and ``(text, anchor of the way back)`` for every column."""

    name: str
    says: str
    values: tuple[tuple[str, str], ...]
    commit: str = ""
    time: str = ""


@dataclass(frozen=True)
class Beside:
    """What stands beside a table: the student of ``params.yaml``, the one it is compared with, earlier questions."""

    columns: tuple[Column, ...]
    lines: tuple[Line, ...]
    says: str


def beside(spec: TableSpec, found: Iterable[System], against: str, asked: Earlier) -> Beside:
    """Students in the columns of a table."""
    columns = tuple(_columns(spec))
    by_name = {system.name: system for system in found}
    now = [_system(by_name[name], columns) for name in (PLAYGROUND, against) if name in by_name]
    before = [_asked(one, columns) for one in asked.experiments]
    return Beside(columns, (*now, *before), asked.says)


def settings(student: System, other: System | None) -> list[tuple[str, str, str]]:
    """(setting, the student's, the other's): what is asked, and every training setting that differs."""
    theirs = other.settings if other else {}
    rows = [(key, value, theirs.get(key, "n/a")) for key, value in student.settings.items() if key != "name"]
    return [row for row in rows if "." not in row[0] or row[1] != row[2]]


def _columns(spec: TableSpec) -> Iterable[Column]:
    for i, column in enumerate(spec.columns, 1):
        if column.get("measure") and column.get("test"):
            head = " ".join(filter(None, dict.fromkeys(line[i] for line in spec.heads)))
            yield Column(head, column["suite"], column["test"], column["measure"])


def _system(system: System, columns: Sequence[Column]) -> Line:
    tables = {file.table.suite: file.table for file in system.files}
    values = [(_shown(_value(tables, one)), place_anchor(system.name, one.suite, one.test)) for one in columns]
    linked = [(text, anchor if text != _NONE else "") for text, anchor in values]
    return Line(system.name, system.settings.get("trajectory", ""), tuple(linked))


def _asked(one: Asked, columns: Sequence[Column]) -> Line:
    says = [value if key == "trajectory" else f"{key}: {value}" for key, value in one.settings.items()]
    values = [(_shown(one.value(column.suite, column.test, column.measure)), "") for column in columns]
    return Line(one.name, "; ".join(says), tuple(values), one.commit[:12], one.time[:16].replace("T", " "))


def _value(tables: Mapping[str, MetricTable], column: Column) -> float | None:
    table = tables.get(column.suite)
    return table.values.get(column.test, {}).get(column.measure) if table else None


_NONE = "n/a"


def _shown(value: float | None) -> str:
    return _NONE if value is None else f"{100 * value:.1f}"
