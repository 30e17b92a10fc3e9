"""A filled table as Markdown, CSV and LaTeX; effectiveness in points with one decimal.

In a table of many columns reasons for ``n/a`` are numbered; with more still, what the paper prints stands in brackets
without a word. Its legend says so.
"""

import csv
import io
import re
from collections.abc import Callable, Iterable, Sequence

from dragon.reporting.table import Cell, Row, Table

Mark = Callable[[str], str]


def to_markdown(table: Table) -> str:
    """A GitHub table, columns padded so that it reads in a terminal too; header lines are joined into one."""
    heads = [_starred(text) for text in table.column_labels]
    lines = [heads, *(_markdown_row(row, table) for row in table.rows)]
    lines = [[text.replace("|", "\\|") for text in line] for line in lines]
    widths = [max(3, *map(len, column)) for column in zip(*lines, strict=True)]
    head, *body = ["| " + " | ".join(t.ljust(w) for t, w in zip(line, widths, strict=True)) + " |" for line in lines]
    rule = "|" + "|".join(f":{'-' * (w + 1)}" for w in widths) + "|"
    notes = [*map(_starred, table.footnotes), *legend(table), *table.notes]
    return "\n".join([f"**{table.title}**", "", head, rule, *body, *(f"\n{note}" for note in notes)]) + "\n"


def to_csv(table: Table) -> str:
    """One line per cell, with where its number comes from: system, suite, test and measure, or quality and key."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(("group", "row", "column", *_FIELDS, "system", "suite", "test", "measure", "quality", "key"))
    group = ""
    for row in table.rows:
        group = group if row.cells else row.label
        for column, cell in zip(table.column_labels[1:], row.cells, strict=False):
            writer.writerow((group, row.label, column, *_csv_values(cell), *_csv_source(cell)))
    return buffer.getvalue()


def to_latex(table: Table) -> str:
    """A ``table`` environment for booktabs and amssymb, notes below it; a wide one is scaled by graphicx."""
    width = len(table.heads[0])
    notes = (*table.footnotes, *legend(table), *table.notes)
    lines = [
        "\\begin{table}",
        "\\centering",
        f"\\caption{{{latex(table.spec.title)}}}",
        f"\\label{{tab:{table.spec.name}}}",
        *(["\\resizebox{\\textwidth}{!}{%"] if table.wide else []),
        f"\\begin{{tabular}}{{l{'c' * (width - 1)}}}",
        "\\toprule",
        *map(_latex_head, table.head_spans),
        "\\midrule",
        *(_latex_row(row, table) for row in table.rows),
        "\\bottomrule",
        "\\end{tabular}" + ("}" if table.wide else ""),
        *(f"\\par\\footnotesize {latex(note)}" for note in notes),
        "\\end{table}",
    ]
    return "\n".join(lines) + "\n"


FORMATS: dict[str, Callable[[Table], str]] = {"md": to_markdown, "csv": to_csv, "tex": to_latex}
"""Suffix of a built table -> how it is printed."""


def plain(cell: Cell, bold: Mark = str, underline: Mark = str, table: Table | None = None) -> str:
    """``26.4 (paper 36.6)``, ``n/a: why (paper 36.6)``, or the text of a cell that has no number.

    As a table of many columns prints it: ``n/a [1]``, ``26.4 (36.6)``. What only the paper has is its bracket alone.
    """
    numbered, short = (table.numbered, table.wide) if table else ({}, False)
    theirs = _marked(cell.spec.paper, cell.spec.bold, cell.spec.underline, bold, underline)
    paper = f"({theirs})" if short else f"(paper {theirs})"
    if cell.spec.as_printed:
        return paper if cell.spec.paper else cell.ours
    ours = _marked(cell.ours, cell.best, cell.second, bold, underline)
    ours += f", {cell.covers}" if cell.covers else ""
    if cell.reason:
        ours += f" [{numbered[cell.reason]}]" if cell.reason in numbered else f": {cell.reason}"
    return ours if cell.spec.text or not cell.spec.paper else f"{ours} {paper}"


def legend(table: Table) -> Iterable[str]:
    """What numbers of reasons, brackets without a word and brackets alone mean, where the table has them."""
    cells = [cell for row in table.rows for cell in row.cells]
    if any(cell.covers for cell in cells):
        yield '"k of n": the average is over those k of its n collections that this scale has.'
    alone = "a bracket alone is as printed there: no system of ours stands in that place."
    if table.wide and any(cell.spec.paper for cell in cells if not cell.spec.text):
        yield f"In brackets: what the paper prints; {alone}"
    elif any(cell.spec.as_printed and cell.spec.paper for cell in cells):
        yield alone.capitalize()
    if table.numbered:
        yield "n/a: " + "; ".join(f"[{i}] {line}" for i, line in enumerate(table.reason_lines, 1)) + "."


def latex(text: str) -> str:
    """Escape a text for LaTeX; `code` becomes typewriter, the paper's signs become symbols."""
    escaped = "".join(_LATEX.get(character, character) for character in text)
    return re.sub(r"`([^`]*)`", r"\\texttt{\1}", escaped)


_FIELDS = ("ours", "paper", "unit", "value", "best", "second", "covers", "paper_bold", "paper_underline", "reason")
_LATEX = {c: f"\\{c}" for c in "&%$#_{}"} | {
    "\\": "\\textbackslash{}",
    "~": "\\textasciitilde{}",
    "^": "\\textasciicircum{}",
    "<": "$<$",
    ">": "$>$",
    "→": "$\\rightarrow$",
    "△": "$\\triangle$",
    "†": "$\\dagger$",
    "✓": "$\\checkmark$",
    "✗": "$\\times$",
}
_LATEX_MARKS = {"\0": "\\textbf{", "\1": "\\underline{", "\2": "}"}


def _marked(text: str, is_bold: bool, is_underlined: bool, bold: Mark, underline: Mark) -> str:
    return bold(text) if is_bold else underline(text) if is_underlined else text


def _starred(text: str) -> str:
    """The paper's stars must not start a list or bold print."""
    return text.replace("*", "\\*")


def _markdown_row(row: Row, table: Table) -> list[str]:
    if not row.cells:
        mark = "**" if row.bold else "*"
        return [f"{mark}{_starred(row.label)}{mark}", *[""] * (len(table.heads[0]) - 1)]
    label = _starred(row.label) + (f" (here: {row.here})" if row.here else "")
    return [label, *(_markdown_cell(cell, table) for cell in row.cells)]


def _markdown_cell(cell: Cell, table: Table) -> str:
    """GitHub shows ``<ins>`` underlined and drops ``<u>``."""
    text = plain(cell, lambda text: f"\0{text}\0", lambda text: f"\1{text}\2", table)
    return _starred(text).replace("\0", "**").replace("\1", "<ins>").replace("\2", "</ins>")


def _csv_values(cell: Cell) -> tuple[object, ...]:
    spec = cell.spec
    value = repr(cell.value) if isinstance(cell.value, float) else ""
    ours, reason = ("", "as printed") if spec.as_printed else (cell.ours, cell.reason)
    marks = int(cell.best), int(cell.second), cell.covers, int(spec.bold), int(spec.underline)
    return ours, spec.paper, "" if spec.text else spec.unit, value, *marks, reason


def _csv_source(cell: Cell) -> tuple[str, ...]:
    spec = cell.spec
    if spec.text or spec.as_printed:
        return ("",) * 6
    if spec.quality:
        return "", "", "", "", spec.quality, "/".join(spec.key)
    test = " ".join(spec.average) or spec.test
    return spec.system, spec.suite, test, spec.measure or spec.fact, "", ""


def _latex_head(head: Sequence[tuple[str, int]]) -> str:
    cells = [latex(text) if n == 1 else f"\\multicolumn{{{n}}}{{c}}{{{latex(text)}}}" for text, n in head]
    return " & ".join(cells) + " \\\\"


def _latex_row(row: Row, table: Table) -> str:
    if not row.cells:
        mark = "textbf" if row.bold else "emph"
        return f"\\multicolumn{{{len(table.heads[0])}}}{{c}}{{\\{mark}{{{latex(row.label)}}}}} \\\\"
    label = latex(row.label) + (f" (here: {latex(row.here)})" if row.here else "")
    return " & ".join([label, *(_latex_cell(cell, table) for cell in row.cells)]) + " \\\\"


def _latex_cell(cell: Cell, table: Table) -> str:
    text = latex(plain(cell, lambda text: f"\0{text}\2", lambda text: f"\1{text}\2", table))
    return "".join(_LATEX_MARKS.get(character, character) for character in text)
