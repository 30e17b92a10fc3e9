"""What stands below a table: whether it may be compared, what stands for what, and the spec's own notes."""

from collections.abc import Iterator

from dragon.config import Params, Scale
from dragon.core.metric_table import MEAN
from dragon.reporting.cell import fill_cell
from dragon.reporting.numbers import Numbers
from dragon.reporting.spec import NoteSpec, TableSpec


def notes(spec: TableSpec, params: Params, numbers: Numbers) -> Iterator[str]:
    """In the order in which they are printed, after the paper's footnotes."""
    yield _standing(spec, params, numbers)
    if not params.scale.comparable:
        yield from _stand_ins(spec, params.scale)
    for note in spec.notes:
        yield _note(note, numbers)


def _standing(spec: TableSpec, params: Params, numbers: Numbers) -> str:
    """Whether the numbers may be compared with the paper's, and over how many queries they are."""
    scale = params.scale
    cells = [cell for cell in spec.cells() if cell.measure and cell.systems() and numbers.has(cell.suite, cell.test)]
    places = dict.fromkeys((cell.suite, cell.test) for cell in cells)
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


def _stand_ins(spec: TableSpec, scale: Scale) -> Iterator[str]:
    known = [name for name in spec.teachers if name in scale.teachers]
    if known:
        yield "Teachers here: " + "; ".join(f"{name}: {scale.teachers[name].stands_for}" for name in known) + "."


def _note(note: NoteSpec, numbers: Numbers) -> str:
    """The note with its numbers in place; the reasons for those that are missing follow it."""
    cells = [fill_cell(cell, numbers) for cell in note.cells]
    reasons = "; ".join(dict.fromkeys(cell.reason for cell in cells if cell.reason))
    return note.text.format(*(cell.ours for cell in cells)) + (f" (n/a: {reasons})" if reasons else "")
