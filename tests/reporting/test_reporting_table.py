"""A hand-worked table from spec to Markdown, CSV and LaTeX, and what specs must not say."""

import csv
import dataclasses
import io
from pathlib import Path

import pytest

from dragon import artifacts
from dragon.config import Params
from dragon.core import MetricTable
from dragon.reporting.render import latex, to_csv, to_latex, to_markdown
from dragon.reporting.spec import TableSpec
from dragon.reporting.table import fill, shown, spans

PARAMS = Params.load(Path(__file__).parents[2])
TINY = """
title: Tiny & small.
paper: Table 99
section: "9"
heads:
  - [System, both, both, union]
  - ["", RR@10, nDCG@10, ""]
columns:
  - {suite: in-domain, test: dev, measure: RR@10}
  - {suite: zero-shot, test: mean, measure: nDCG@10}
  - {quality: sizes, unit: number}
best: columns
rows:
  - {label: students, span: true}
  - label: one*
    cell: {system: one}
    cells: [{paper: "36.6"}, {paper: "49.3", bold: true}, {key: [one, n], paper: "7"}]
  - {label: two, cell: {system: two}, cells: [{paper: "36.9"}, {paper: "- △"}, {key: [two, n]}]}
  - {label: a|b, cells: [{text: ✓}, {text: "-", paper: "-"}, {text: ✗}]}
footnotes: ["* starred"]
teachers: [unicoil]
notes:
  - text: "sizes {}, weights {}"
    cells: [{quality: sizes, key: [one, n], unit: number}, {quality: sizes, key: [weights]}]
"""
EXPECTED = """**Table 99: Tiny & small.**

| System | both RR@10 (here: PyDocs dev) | both nDCG@10 (here: PyDocs zero-shot) | union |
|:-|:-|:-|:-|
| *students* | | | |
| one\\* | 26.4 (paper 36.6) | 31.3 (paper **49.3**) | 1,234 (paper 7) |
| two | **26.5** (paper 36.9) | n/a: two not evaluated on zero-shot (paper - △) | n/a: no two n in sizes |
| a\\|b | ✓ | - | ✗ |

\\* starred

Not comparable with the paper: scale mini ({about}), evidence L3. Queries: PyDocs dev 2,100; \
PyDocs zero-shot 30 over 6 collections.

Teachers here: unicoil: {unicoil}.

sizes 1,234, weights unicoil 1, contriever 0.25
"""


def write_spec(root, text, name="tiny"):
    folder = root / "reports" / "tables"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.yaml").write_text(text, encoding="utf-8")


def write_metrics(system, suite, values, **facts):
    MetricTable(system, suite, values, facts).write(PARAMS.layout.metrics(system, suite))


@pytest.fixture
def measured(tmp_path, monkeypatch):
    """Metric and quality files of the hand-worked table."""
    monkeypatch.chdir(tmp_path)
    write_spec(tmp_path, TINY)
    write_metrics("one", "in-domain", {"dev": {"RR@10": 0.26449}}, num_queries={"dev": 2100}, mean_of=["dev"])
    write_metrics("two", "in-domain", {"dev": {"RR@10": 0.2651}}, num_queries={"dev": 2100}, mean_of=["dev"])
    counts = dict.fromkeys(PARAMS.suite("zero-shot").mean_of, 5)
    facts = {"num_queries": {**counts, "extra": 9}, "mean_of": list(counts)}
    write_metrics("one", "zero-shot", {"mean": {"nDCG@10": 0.3125000001}}, **facts)
    sizes = {"one": {"n": 1234}, "weights": {"unicoil": 1.0, "contriever": 0.25}}
    artifacts.write_json(PARAMS.layout.quality("sizes"), sizes)


def tiny(**changes):
    scale = dataclasses.replace(PARAMS.scale, **changes)
    return fill(TableSpec.load("tiny", scale), dataclasses.replace(PARAMS, scale=scale))


def squeezed(text):
    """Without the padding of columns."""
    lines = [" ".join(line.split()) for line in text.splitlines()]
    return ["|" + ":-|" * (line.count("|") - 1) if line.startswith("|:-") else line for line in lines]


def test_markdown_by_hand(measured):
    stand_in = PARAMS.teacher("unicoil").stands_for
    expected = EXPECTED.replace("{about}", PARAMS.scale.about).replace("{unicoil}", stand_in)
    assert squeezed(to_markdown(tiny())) == squeezed(expected)


def test_markdown_columns_align(measured):
    lines = [line for line in to_markdown(tiny()).splitlines() if line.startswith("|")]
    assert len({len(line) for line in lines}) == 1
    assert len(lines) == 6


def test_one_value_is_not_the_best_of_anything(measured):
    """``two`` has no zero-shot value, so ``one`` is bold there only if one value counts as a contest."""
    PARAMS.layout.metrics("two", "in-domain").unlink()
    assert "**26.4**" not in to_markdown(tiny())


def test_csv_by_hand(measured):
    rows = list(csv.DictReader(io.StringIO(to_csv(tiny()))))
    assert len(rows) == 9
    first, second, third = rows[:3]
    assert first["value"] == "0.26449"
    assert [first[key] for key in ("group", "row", "ours", "paper", "unit", "best")] == [
        "students",
        "one*",
        "26.4",
        "36.6",
        "points",
        "0",
    ]
    assert [second[key] for key in ("system", "suite", "test", "measure")] == ["one", "zero-shot", "mean", "nDCG@10"]
    assert (third["quality"], third["key"], third["ours"]) == ("sizes", "one/n", "1,234")
    assert [row["reason"] for row in rows if row["ours"] == "n/a"] == [
        "two not evaluated on zero-shot",
        "no two n in sizes",
    ]


def test_latex_by_hand(measured):
    lines = to_latex(tiny()).splitlines()
    assert lines[:6] == [
        "\\begin{table}",
        "\\centering",
        "\\caption{Tiny \\& small.}",
        "\\label{tab:tiny}",
        "\\begin{tabular}{lccc}",
        "\\toprule",
    ]
    assert "System & \\multicolumn{2}{c}{both} & union \\\\" in lines
    assert "\\multicolumn{4}{c}{\\emph{students}} \\\\" in lines
    assert (
        "two & \\textbf{26.5} (paper 36.9) & n/a: two not evaluated on zero-shot (paper - $\\triangle$) & "
        in "".join(lines)
    )
    assert "a|b & $\\checkmark$ & - & $\\times$ \\\\" in lines
    assert sum(line.endswith("\\\\") for line in lines) == 7
    assert lines[-1] == "\\end{table}"


def test_latex_escapes():
    assert latex("50 % of a_b & `c_d` #1 → {x}") == "50 \\% of a\\_b \\& \\texttt{c\\_d} \\#1 $\\rightarrow$ \\{x\\}"


def test_a_note_says_once_why_its_numbers_are_missing(measured):
    PARAMS.layout.quality("sizes").unlink()
    assert tiny().notes[-1] == "sizes n/a, weights n/a (n/a: sizes not measured)"


def test_a_comparable_scale_says_so_and_names_no_stand_ins(measured):
    table = tiny(comparable=True)
    assert table.notes[0].startswith("Comparable with the paper: scale mini")
    assert not any(note.startswith("Teachers here") for note in table.notes)


def test_no_cell_is_blank_even_when_nothing_has_been_measured(tmp_path, monkeypatch):
    names = sorted(path.stem for path in Path("reports/tables").glob("*.yaml"))
    tables = [TableSpec.load(name, PARAMS.scale) for name in names]
    monkeypatch.chdir(tmp_path)
    for spec in tables:
        for cell in (cell for row in fill(spec, PARAMS).rows for cell in row.cells):
            assert cell.ours.strip()
            assert cell.spec.text or cell.spec.as_printed or (cell.ours == "n/a" and cell.reason)
    assert len(names) >= 14


def test_shares_divide_by_the_best_system(measured, tmp_path):
    share = "{suite: in-domain, test: dev, measure: RR@10, unit: percent, relative_to: [one, two]}"
    text = TINY.replace("{quality: sizes, unit: number}", share).replace(', {key: [one, n], paper: "7"}', ", {}")
    write_spec(tmp_path, text.replace(", {key: [two, n]}", ", {}"))
    assert [row.cells[2].ours for row in tiny().rows if row.cells][:2] == ["99.8 %", "100.0 %"]


def test_best_values_that_print_alike_are_all_best(measured):
    write_metrics("one", "in-domain", {"dev": {"RR@10": 0.26501}})
    assert [row.cells[0].best for row in tiny().rows if row.cells] == [True, True, False]


def test_best_along_rows_and_rows_that_do_not_compete(measured, tmp_path):
    write_spec(tmp_path, TINY.replace("best: columns", "best: rows"))
    assert [[cell.best for cell in row.cells] for row in tiny().rows][1] == [False, True, False]
    write_spec(
        tmp_path, TINY.replace("best: columns", "best: rows").replace("label: one*", "label: one*\n    best: false")
    )
    assert not any(cell.best for cell in tiny().rows[1].cells)


def test_a_column_for_each_collection_of_a_suite(measured, tmp_path):
    text = TINY.replace("union", "'{test} nDCG@10'").replace(
        "{quality: sizes, unit: number}", "{each: zero-shot, measure: nDCG@10}"
    )
    rows = text[text.index("rows:") : text.index("footnotes:")]
    write_spec(tmp_path, text.replace(rows, "rows:\n  - {label: one, cell: {system: one}}\n"))
    table = tiny()
    tests = PARAMS.suite("zero-shot").mean_of
    assert table.heads[0][3:] == tuple(f"{test} nDCG@10" for test in tests)
    assert [cell.spec.test for cell in table.rows[0].cells] == ["dev", "mean", *tests]


def test_the_last_header_line_names_single_columns(measured):
    heads = (("", "a", "a", "b"), ("", "x", "x", "x"))
    assert dataclasses.replace(tiny(), heads=heads).head_spans == [
        [("", 1), ("a", 2), ("b", 1)],
        [("", 1), ("x", 1), ("x", 1), ("x", 1)],
    ]


def test_spans_join_equal_neighbours_that_are_not_empty():
    assert spans(["", "", "a", "a", "b", "a"]) == [("", 1), ("", 1), ("a", 2), ("b", 1), ("a", 1)]


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.36649, "points", "36.6"),
        (1.0, "percent", "100.0 %"),
        (17.46, "number", "17.5"),
        (0.01234, "ms", "0.0123"),
        (12.34, "ms", "12.3"),
        (1234.5, "ms", "1,234"),
        ({"median": 1.0, "q1": 0.5, "q3": 600}, "ms", "1 (0.5 to 600)"),
        (28545938, "number", "28,545,938"),
        ({"a": 1.0, "b": 0.25}, "points", "a 1, b 0.25"),
        ("BM25", "points", "BM25"),
    ],
)
def test_how_values_are_shown(value, unit, text):
    assert shown(value, unit) == text
