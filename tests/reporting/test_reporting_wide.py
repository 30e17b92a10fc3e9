"""What Table 4 needs: rows per collection, averages with gaps, marks of the second best, the paper's print alone."""

import csv
import dataclasses
import io
from pathlib import Path

import pytest

from dragon import artifacts
from dragon.config import Params
from dragon.core import MetricTable
from dragon.reporting.render import FORMATS, plain, to_csv, to_latex, to_markdown
from dragon.reporting.spec import TableSpec
from dragon.reporting.table import fill

ROOT = Path(__file__).parents[2]
PARAMS = Params.load(ROOT)
NAMES = sorted(path.stem for path in (ROOT / "reports" / "tables").glob("*.yaml"))
SMALL = """
title: Small.
paper: Table 98
section: "9"
heads: [[Set, A, B, C, D]]
columns: [{system: a, best: false}, {system: b}, {system: c}, {printed: true}]
best: rows
second: true
rows:
  - label: X
    cell: {suite: zero-shot, test: x, measure: nDCG@10}
    cells: [{paper: "1.0"}, {paper: "2.0*", underline: true}, {paper: "-"}, {paper: "3.0*", bold: true}]
  - label: All
    cell: {suite: zero-shot, average: [x, y, z], measure: nDCG@10}
    cells: [{}, {paper: "4.0"}, {}, {text: ✓}]
  - {label: more of this scale, span: true, bold: true, each: zero-shot}
  - {label: "set {test}", each: zero-shot, cell: {measure: nDCG@10}}
  - {label: none of these, span: true, each: lotte}
  - {label: "{test}", each: lotte, cell: {measure: Success@5}}
footnotes: ["* starred"]
"""
VALUES = {"a": {"x": 0.9, "y": 0.7, "w": 0.1}, "b": {"x": 0.5, "y": 0.1, "w": 0.2}, "c": {"x": 0.4, "y": 0.4}}


def scale_with(**suites):
    """The scale with other tests in its suites, and without those not named."""
    one = PARAMS.suite("zero-shot")
    made = {
        name: dataclasses.replace(one, tests=dict.fromkeys(tests, ""), mean_of=tuple(tests))
        for name, tests in suites.items()
    }
    return dataclasses.replace(PARAMS.scale, suites=made, labels={})


@pytest.fixture
def small(tmp_path, monkeypatch):
    """The small table, filled: tests x, y and w of which the paper knows x, y and z."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "reports" / "tables" / "small.yaml"
    artifacts.write_text(path, SMALL)
    for system, values in VALUES.items():
        found = {test: {"nDCG@10": value} for test, value in values.items()}
        MetricTable(system, "zero-shot", found).write(PARAMS.layout.metrics(system, "zero-shot"))

    def make(**suites):
        scale = scale_with(**(suites or {"zero-shot": ["x", "y", "w"]}))
        return fill(TableSpec.load("small", scale), dataclasses.replace(PARAMS, scale=scale))

    return make


def printed(table):
    return [[row.label, *map(plain, row.cells)] for row in table.rows]


def test_small_by_hand(small):
    assert printed(small()) == [
        ["X", "90.0 (paper 1.0)", "50.0 (paper 2.0*)", "40.0 (paper -)", "(paper 3.0*)"],
        ["All", "80.0, 2 of 3", "30.0, 2 of 3 (paper 4.0)", "40.0, 2 of 3", "✓"],
        ["more of this scale"],
        ["set y", "70.0", "10.0", "40.0", "-"],
        ["set w", "10.0", "20.0", "n/a: no nDCG@10 of c on zero-shot w", "-"],
    ]


def test_best_and_second_are_of_those_that_compete(small):
    marks = [["".join("bs"[i] for i in (0, 1) if (c.best, c.second)[i]) for c in row.cells] for row in small().rows]
    assert marks == [["", "b", "s", ""], ["", "s", "b", ""], [], ["", "s", "b", ""], ["", "", "", ""]]


def test_averages_over_other_collections_are_not_ranked(small):
    MetricTable("c", "zero-shot", {"x": {"nDCG@10": 0.4}}).write(PARAMS.layout.metrics("c", "zero-shot"))
    row = small().rows[1]
    assert [cell.covers for cell in row.cells] == ["2 of 3", "2 of 3", "1 of 3", ""]
    assert not any(cell.best or cell.second for cell in row.cells)


def test_what_the_scale_lacks_is_the_reason(small):
    lines = printed(small(**{"zero-shot": ["w"]}))
    assert lines[0][1:3] == ["n/a: scale mini has no x (paper 1.0)", "n/a: scale mini has no x (paper 2.0*)"]
    assert lines[1][1] == "n/a: scale mini has none of these 3 collections"
    assert [line[0] for line in lines] == ["X", "All", "more of this scale", "set w"]


def test_rows_of_their_own_only_for_tests_that_no_row_shows(small):
    assert [line[0] for line in printed(small(**{"zero-shot": ["x"]}))] == ["X", "All"]
    assert [line[0] for line in printed(small(**{"zero-shot": ["x"], "lotte": ["x", "v"]}))] == [
        "X",
        "All",
        "none of these",
        "x",
        "v",
    ]


def test_markdown_underlines_and_keeps_stars(small):
    text = " ".join(to_markdown(small()).split())
    assert (
        "| X | 90.0 (paper 1.0) | **50.0** (paper <ins>2.0\\*</ins>) | <ins>40.0</ins> (paper -) | (paper **3.0\\***) |"
        in text
    )
    assert "| **more of this scale** |" in text
    assert "A bracket alone is as printed there" in text
    assert '"k of n": the average is over' in text
    assert "\\* starred" in text


def test_latex_underlines(small):
    text = to_latex(small())
    assert "X & 90.0 (paper 1.0) & \\textbf{50.0} (paper \\underline{2.0*}) & \\underline{40.0} (paper -) & " in text
    assert "(paper \\textbf{3.0*}) \\\\" in text
    assert "\\multicolumn{5}{c}{\\textbf{more of this scale}} \\\\" in text
    assert "resizebox" not in text


def test_csv_says_what_is_only_printed_and_what_an_average_covers(small):
    rows = list(csv.DictReader(io.StringIO(to_csv(small()))))
    assert [rows[3][key] for key in ("ours", "paper", "paper_bold", "system", "suite", "reason")] == [
        "",
        "3.0*",
        "1",
        "",
        "",
        "as printed",
    ]
    assert (rows[1]["best"], rows[2]["second"], rows[1]["paper_underline"]) == ("1", "1", "1")
    assert [rows[5][key] for key in ("test", "covers", "value")] == ["x y z", "2 of 3", "0.3"]


def measured(scale):
    """Metric and quality files for everything that any table reads; values differ by system and test."""
    wanted = {}
    for name in NAMES:
        for cell in TableSpec.load(name, scale, ROOT).cells():
            for system in cell.systems():
                wanted.setdefault((system, cell.suite), None)
            if cell.quality and not cell.text:
                wanted.setdefault(("quality", cell.quality), {})[cell.key] = cell.unit
    for i, ((system, suite), keys) in enumerate(wanted.items()):
        if system == "quality":
            artifacts.write_json(PARAMS.layout.quality(suite), tree(keys))
        elif suite in scale.suites:
            tests = scale.suites[suite].tests
            values = {test: dict.fromkeys(MEASURES, (7 * i + 3 * k) % 50 / 100) for k, test in enumerate(tests)}
            mean = [values[test]["nDCG@10"] for test in scale.suites[suite].mean_of]
            values["mean"] = dict.fromkeys(MEASURES, sum(mean) / len(mean))
            MetricTable(system, suite, values, {"stands_for": system}).write(PARAMS.layout.metrics(system, suite))


MEASURES = ("RR@10", "nDCG@10", "R@1000", "Success@5")
QUARTILES = {"median": 2.0, "q1": 1.0, "q3": 3.0}


def tree(keys):
    """Nested JSON that has every key; quartiles where milliseconds are asked for, no GPU."""
    out = {"gpu_ms": None}
    for key in keys:
        place = out
        for part in key[:-1]:
            place = place.setdefault(part, {}) if place.get(part, {}) is not None else {}
        place.setdefault(key[-1], QUARTILES if key[-1].endswith("_ms") else 7)
    return {name: QUARTILES if name in ("wall_ms", "core_ms") else value for name, value in out.items()}


@pytest.fixture
def whole(tmp_path, monkeypatch):
    """A scale with every collection of the paper, everything measured."""
    specs = TableSpec.load("table4", PARAMS.scale, ROOT).rows
    tests = {"in-domain": ["dev", "see-also"], "zero-shot": [], "lotte": []}
    for row in (*specs, *TableSpec.load("table11", PARAMS.scale, ROOT).rows):
        if row.cell.get("test", "mean") != "mean":
            tests[row.cell["suite"]].append(row.cell["test"])
    made = {name: list(dict.fromkeys(found)) for name, found in tests.items()}
    ours = list(PARAMS.suite("zero-shot").tests)
    made["zero-shot"] = [test for test in made["zero-shot"] if test not in ours]
    scale = scale_with(**made)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "reports").symlink_to(ROOT / "reports")
    measured(scale)
    return dataclasses.replace(PARAMS, scale=scale)


@pytest.mark.parametrize("name", NAMES)
def test_every_table_renders_once_everything_is_measured(whole, name):
    table = fill(TableSpec.load(name, whole.scale), whole)
    reasons = {cell.reason for row in table.rows for cell in row.cells} - {""}
    assert reasons == ({"no GPU in use"} if name == "table6" else set())
    for render in FORMATS.values():
        assert render(table)


def test_averages_of_ours_are_the_means_of_our_rows(whole):
    table = fill(TableSpec.load("table4", whole.scale), whole)
    rows = {row.label: row.cells for row in table.rows}
    labels = list(rows)
    beir = labels[labels.index("TREC-COVID") : labels.index("BioASQ") + 1]
    for average, parts in (("PTR 11 subsets", [r for r in beir[:13] if r not in ("Quora", "NQ")]), ("All", beir)):
        for j in (0, 8, 15):
            expected = sum(rows[part][j].value for part in parts) / len(parts)
            assert rows[average][j].value == pytest.approx(expected)
            assert rows[average][j].covers == ""


def test_table_4_stays_short_where_reasons_repeat(tmp_path, monkeypatch):
    spec = TableSpec.load("table4", PARAMS.scale, ROOT)
    monkeypatch.chdir(tmp_path)
    text = to_markdown(fill(spec, PARAMS))
    widest = max(
        len(cell.strip()) for line in text.splitlines() if line.startswith("|") for cell in line.split("|")[2:]
    )
    assert widest < 35
    assert "scale mini has no dl19, dl20, trec-covid" in text
    assert "n/a [1] (38.9)" in text
    assert "(**39.9\\***)" in text
    eleven = to_markdown(fill(TableSpec.load("table11", PARAMS.scale, ROOT), PARAMS))
    assert " n/a [1] (paper 78.7) " in eleven
    assert "n/a: [1] scale mini has no search-writing, search-recreation" in eleven
