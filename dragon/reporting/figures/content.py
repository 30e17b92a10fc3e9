"""What a figure shows, as plain data: a table to read, one record per number drawn, notes, and the picture's parts."""

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from dragon.settings import Iteration, Scale

Place = tuple[str, str, str, str]
"""(system, suite, test, measure)."""
Span = tuple[str, bool]
"""A piece of text, and whether it is bold."""
Cell = str | tuple[Span, ...]
"""Text of a table's cell; spans come from collections and are escaped by whoever prints them."""


@dataclass(frozen=True)
class Given:
    """What the caller computes for figures, since reporting reads files only.

    iterations  of the playground student, in order
    intervals   95 % intervals of places, (low, high) in fractions
    """

    iterations: Sequence[Iteration] = ()
    intervals: Mapping[Place, tuple[float, float]] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Content:
    """What one kind of figure gathers.

    heads, rows  the table below the picture; every row as long as ``heads``
    fields       columns of the CSV file
    records      exactly the numbers that are drawn, each with its source
    notes        what is missing, and what must be known to read the picture
    picture      what the kind's drawing reads
    """

    heads: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    fields: tuple[str, ...]
    records: tuple[Mapping[str, Any], ...]
    notes: tuple[str, ...]
    picture: Any


@dataclass(frozen=True)
class Figure:
    """A figure ready to print; ``heading`` stands in the picture, ``caption`` below it."""

    name: str
    kind: str
    heading: str
    caption: str
    content: Content
    notes: tuple[str, ...]


def to_markdown(figure: Figure) -> str:
    """The picture as a link to the SVG file beside it, its table and its notes."""
    lines = [figure.content.heads, *figure.content.rows]
    head, *body = ("| " + " | ".join(map(_markdown, line)) + " |" for line in lines)
    rule = "|" + " :- |" * len(figure.content.heads)
    link = f"[![{escape(figure.caption)}]({figure.name}.svg)]({figure.name}.svg)"
    notes = [f"\n{escape(note)}" for note in figure.notes]
    return "\n".join([f"**{escape(figure.caption)}**", "", link, "", head, rule, *body, *notes]) + "\n"


def to_csv(figure: Figure) -> str:
    """One line per record; fractions in full precision."""
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, figure.content.fields, lineterminator="\n")
    writer.writeheader()
    writer.writerows({key: _csv(value) for key, value in record.items()} for record in figure.content.records)
    return buffer.getvalue()


def escape(text: str) -> str:
    """Text that Markdown (GitHub's, with mathematics and HTML) prints to the letter, on one line."""
    text = re.sub(r"([\\`*_{}\[\]|~$#!])", r"\\\1", " ".join(text.split()))
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def plain(cell: Cell) -> str:
    """A cell without its bold print."""
    return cell if isinstance(cell, str) else "".join(text for text, _ in cell)


def points(value: float) -> str:
    """A fraction as tables print it."""
    return f"{100 * value:.1f}"


def standing(scale: Scale, name: str) -> str:
    """Whether numbers of this scale may be compared with the paper's."""
    what = "Comparable with the paper" if scale.comparable else "Not comparable with the paper"
    return f"{what}: scale {name} ({scale.about}), evidence {scale.evidence}."


def missing_note(reasons: Sequence[str]) -> tuple[str, ...]:
    """One note that names everything that is not drawn; no note when all is."""
    return (f"Not drawn: {'; '.join(dict.fromkeys(reasons))}.",) if reasons else ()


def _markdown(cell: Cell) -> str:
    if isinstance(cell, str):
        return escape(cell)
    return "".join(f"**{escape(text)}**" if bold else _edges(text) for text, bold in cell)


def _edges(text: str) -> str:
    """Escaped, with one space kept where the text begins or ends with any."""
    if not text.strip():
        return " " if text else ""
    return " " * text[0].isspace() + escape(text) + " " * text[-1].isspace()


def _csv(value: object) -> object:
    return repr(value) if isinstance(value, float) else value
