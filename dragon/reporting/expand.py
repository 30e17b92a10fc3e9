"""``each: <suite>`` in a table's YAML: one column, or one row, per collection of that suite at the scale in force."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from dragon import typed
from dragon.config import Scale
from dragon.errors import ConfigError
from dragon.registry import unknown
from dragon.settings import BASELINES


def expand(found: Mapping[str, Any], scale: Scale, where: str) -> dict[str, Any]:
    """The mapping with every ``each`` written out; ``{test}`` becomes the collection's name, ``{here}`` what the scale
    calls the suite.

    A column that names a ``baseline`` shows it where the scale has it, else only what the paper prints.

    A column becomes one per collection of the suite's mean, with its heads; with ``except: [<test>, ...]`` one per test
    of the suite, whether the mean is over it or not, that the list leaves. A row becomes one per test of the suite, or
    group of its tests, that no other row shows, and none at a scale without the suite; a span row stays only where
    there is such a test.

    Raises:
        ConfigError: a header line of another length than the columns, or a column's suite that the scale lacks.
    """
    columns, heads = _columns(found, scale, where)
    return {**found, "columns": columns, "heads": heads, "rows": list(_rows(found.get("rows", ()), scale))}


def _columns(found: Mapping[str, Any], scale: Scale, where: str) -> tuple[list[Any], list[list[str]]]:
    given, columns = found.get("columns", ()), []
    heads = found.get("heads", ())
    for i, head in enumerate(heads):
        if len(head) != len(given) + 1:
            raise ConfigError(
                f"{where} heads[{i}]: found {len(head)} texts, allowed: {len(given) + 1}, the stub's first"
            )
    lines = [[head[0]] for head in heads]
    for i, column in enumerate(given):
        for expanded, test in _column(column, scale, f"{where} columns[{i}]"):
            columns.append(expanded)
            for line, head in zip(lines, heads, strict=True):
                line.append(head[i + 1].replace("{test}", test).replace("{here}", _label(expanded, scale)))
    return columns, lines


def _label(column: Mapping[str, Any], scale: Scale) -> str:
    """What the scale calls the suite of a column."""
    suite = column.get("suite", "")
    return scale.labels.get(suite, suite)


def _column(column: Mapping[str, Any], scale: Scale, where: str) -> Iterator[tuple[dict[str, Any], str]]:
    """(column, test) pairs; a column without ``each`` stays one."""
    if "each" not in column:
        yield {**column, **_baseline(column, scale)}, ""
        return
    shared = {key: value for key, value in column.items() if key not in ("each", "except")}
    if column["each"] not in scale.suites:
        raise unknown(f"{where}.each", column["each"], scale.suites)
    suite = scale.suites[column["each"]]
    left_out = typed.convert(tuple[str, ...], column.get("except", ()), f"{where}.except")
    for test in suite.shown if "except" in column else suite.mean_of:
        if test not in left_out:
            yield {**shared, "suite": column["each"], "test": test}, test


def _baseline(column: Mapping[str, Any], scale: Scale) -> dict[str, Any]:
    """What a column that names a baseline shows: the system, or only the paper's print where the scale lacks it."""
    if not (name := column.get("baseline")):
        return {}
    return {"system": f"{BASELINES}/{name}"} if name in scale.baselines else {"printed": True}


def _rows(rows: Sequence[Any], scale: Scale) -> Iterator[Any]:
    for row in rows:
        if not isinstance(row, Mapping) or "each" not in row:
            yield row
            continue
        suite = row["each"]
        shared = {key: value for key, value in row.items() if key != "each"}
        tests = scale.suites[suite].shown if suite in scale.suites else ()
        shown = {test for other in rows if isinstance(other, Mapping) for test in _tests(other, suite)}
        left = [test for test in tests if test not in shown]
        if row.get("span"):
            yield from [shared] if left else []
            continue
        for test in left:
            cell = {**shared.get("cell", {}), "suite": suite, "test": test}
            yield _named({**shared, "cell": cell}, test)


def _tests(row: Mapping[str, Any], suite: str) -> Iterator[str]:
    """Tests of a suite that a row names for all its cells."""
    cell = row.get("cell", {})
    if isinstance(cell, Mapping) and cell.get("suite") == suite and "test" in cell:
        yield cell["test"]


def _named(value: Any, test: str) -> Any:
    """The value with ``{test}`` replaced in every text of it."""
    if isinstance(value, str):
        return value.replace("{test}", test)
    if isinstance(value, Mapping):
        return {key: _named(item, test) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_named(item, test) for item in value]
    return value
