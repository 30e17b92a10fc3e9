"""A filled table as Markdown, CSV and LaTeX; effectiveness in points with one decimal."""

import csv
import io
import re
from collections.abc import Callable, Sequence

from dragon.reporting.table import Cell, Row, Table


def to_markdown(table: Table) -> str:
    """A GitHub table, columns padded so that it reads in a terminal too; header lines are joined into one."""
    heads = table.column_labels
    lines = [heads, *(_markdown_row(row, len(heads)) for row in table.rows)]
    lines = [[text.replace("|", "\\|") for text in line] for line in lines]
    widths = [max(3, *map(len, column)) for column in zip(*lines, strict=True)]
    head, *body = ["| " + " | ".join(t.ljust(w) for t, w in zip(line, widths, strict=True)) + " |" for line in lines]
    rule = "|" + "|".join(f":{'-' * (w + 1)}" for w in widths) + "|"
    notes = [*table.footnotes, *table.notes]
    return "\n".join([f"**{table.title}**", "", head, rule, *body, *(f"\n{_starless(note)}" for note in notes)]) + "\n"


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
    """A ``table`` environment for booktabs and amssymb, notes below it."""
    width = len(table.heads[0])
    notes = [f"\\par\\footnotesize {latex(note)}" for note in (*table.footnotes, *table.notes)]
    lines = [
        "\\begin{table}",
        "\\centering",
        f"\\caption{{{latex(table.spec.title)}}}",
        f"\\label{{tab:{table.spec.name}}}",
        f"\\begin{{tabular}}{{l{'c' * (width - 1)}}}",
        "\\toprule",
        *map(_latex_head, table.head_spans),
        "\\midrule",
        *(_latex_row(row, width) for row in table.rows),
        "\\bottomrule",
        "\\end{tabular}",
        *notes,
        "\\end{table}",
    ]
    return "\n".join(lines) + "\n"


FORMATS: dict[str, Callable[[Table], str]] = {"md": to_markdown, "csv": to_csv, "tex": to_latex}
"""Suffix of a built table -> how it is printed."""


def plain(cell: Cell, bold: Callable[[str], str] = str) -> str:
    """``26.4 (paper 36.6)``, ``n/a: why (paper 36.6)``, or the text of a cell that has no number."""
    ours = bold(cell.ours) if cell.best else cell.ours
    ours += f": {cell.reason}" if cell.reason else ""
    if not cell.spec.paper or cell.spec.text:
        return ours
    return f"{ours} (paper {bold(cell.spec.paper) if cell.spec.bold else cell.spec.paper})"


def latex(text: str) -> str:
    """Escape a text for LaTeX; `code` becomes typewriter, the paper's signs become symbols."""
    escaped = "".join(_LATEX.get(character, character) for character in text)
    return re.sub(r"`([^`]*)`", r"\\texttt{\1}", escaped)


_FIELDS = ("ours", "paper", "unit", "value", "best", "reason")
_LATEX = {c: f"\\{c}" for c in "&%$#_{}"} | {
    "\\": "\\textbackslash{}",
    "~": "\\textasciitilde{}",
    "^": "\\textasciicircum{}",
    "→": "$\\rightarrow$",
    "△": "$\\triangle$",
    "✓": "$\\checkmark$",
    "✗": "$\\times$",
}


def _starless(note: str) -> str:
    """A footnote's star must not start a list."""
    return "\\" + note if note.startswith("*") else note


def _markdown_row(row: Row, width: int) -> list[str]:
    if not row.cells:
        return [f"*{row.label}*", *[""] * (width - 1)]
    label = row.label.replace("*", "\\*") + (f" (here: {row.here})" if row.here else "")
    return [label, *(plain(cell, lambda text: f"**{text}**") for cell in row.cells)]


def _csv_values(cell: Cell) -> tuple[object, ...]:
    value = repr(cell.value) if isinstance(cell.value, float) else ""
    return cell.ours, cell.spec.paper, "" if cell.spec.text else cell.spec.unit, value, int(cell.best), cell.reason


def _csv_source(cell: Cell) -> tuple[str, ...]:
    spec = cell.spec
    if spec.text:
        return ("",) * 6
    if spec.quality:
        return "", "", "", "", spec.quality, "/".join(spec.key)
    return spec.system, spec.suite, spec.test, spec.measure or spec.fact, "", ""


def _latex_head(head: Sequence[tuple[str, int]]) -> str:
    cells = [latex(text) if n == 1 else f"\\multicolumn{{{n}}}{{c}}{{{latex(text)}}}" for text, n in head]
    return " & ".join(cells) + " \\\\"


def _latex_row(row: Row, width: int) -> str:
    if not row.cells:
        return f"\\multicolumn{{{width}}}{{c}}{{\\emph{{{latex(row.label)}}}}} \\\\"
    label = latex(row.label) + (f" (here: {latex(row.here)})" if row.here else "")
    return " & ".join([label, *map(_latex_cell, row.cells)]) + " \\\\"


def _latex_cell(cell: Cell) -> str:
    marks = "\0", "\1"
    text = latex(plain(cell, lambda text: marks[0] + text + marks[1]))
    return text.replace(marks[0], "\\textbf{").replace(marks[1], "}")
