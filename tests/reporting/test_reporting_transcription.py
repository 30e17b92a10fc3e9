"""The transcription against itself: averages, cells that tables share, bold print, and the paper's own inconsistencies.

Whatever of the paper's does not agree with itself is listed here by its number in ``docs/discrepancies.md``; a check
fails when a listed inconsistency vanishes as well as when a new one appears.
"""

import dataclasses
import re
from pathlib import Path

import pytest

from dragon.config import Params
from dragon.reporting.spec import TableSpec

ROOT = Path(__file__).parents[2]
PARAMS = Params.load(ROOT)
ENVELOPE = 0.1 + 1e-9
"""Half a unit of the last place in each cell and half a unit in their mean (dossier of the replication, section 3)."""
COLUMNS = "0123456789ABCDEF"
BASELINES = range(3, 16)
"""Columns that compete for bold print in Table 4: the dense baselines and the paper's own."""


def texts(name):
    """Row -> what the paper prints in it; the key is its label, with the span before it where labels repeat."""
    spec = TableSpec.load(name, dataclasses.replace(PARAMS.scale, suites={}), ROOT)
    out, group = {}, ""
    for row, cells in zip(spec.rows, spec.grid(), strict=True):
        group = row.label if row.span else group
        key = row.label if row.label not in out else f"{group}: {row.label}"
        out[key] = [cell.paper or cell.text for cell in cells]
    return out


def number(text):
    """A printed number; None for ``-`` and texts."""
    found = re.fullmatch(r"(\d[\d,]*(?:\.\d)?)\*?", text)
    return float(found[1].replace(",", "")) if found else None


TABLES = {f"table{i}": texts(f"table{i}") for i in range(1, 12)}
ROWS = list(TABLES["table4"])
BEIR_18 = ROWS[ROWS.index("TREC-COVID") : ROWS.index("BioASQ") + 1]
AVERAGES = {
    "PTR 11 subsets": [row for row in BEIR_18[:13] if row not in ("Quora", "NQ")],
    "BEIR-13": BEIR_18[:13],
    "All": BEIR_18,
}


def recomputed(table4):
    """(average, column) -> printed minus the mean of the printed cells, where both are there."""
    out = {}
    for average, rows in AVERAGES.items():
        for j, column in enumerate(COLUMNS):
            parts = [number(table4[row][j]) for row in rows]
            if None not in parts:
                out[average, column] = number(table4[average][j]) - sum(parts) / len(parts)
    return out


def changed(table, row, column, text):
    """A copy of a table's texts with another text in one cell."""
    cells = list(table[row])
    cells[column] = text
    return {**table, row: cells}


def test_averages_of_table_4_are_the_means_of_their_cells():
    differences = recomputed(TABLES["table4"])
    assert len(BEIR_18) == 18
    assert len(AVERAGES["PTR 11 subsets"]) == 11
    assert len(differences) == 16 + 15 + 13
    assert {place for place, difference in differences.items() if abs(difference) > ENVELOPE} == set()


def test_four_averages_are_of_unrounded_cells():
    """Inside the envelope, but not the rounded mean of what is printed; a checker without an envelope would fail."""
    found = {place for place, difference in recomputed(TABLES["table4"]).items() if abs(difference) > 0.05 + 1e-9}
    assert found == {("PTR 11 subsets", "5"), ("PTR 11 subsets", "7"), ("All", "7"), ("PTR 11 subsets", "B")}


def test_averages_are_asked_of_the_collections_that_the_paper_names():
    spec = TableSpec.load("table4", dataclasses.replace(PARAMS.scale, suites={}), ROOT)
    cells = {row.label: row.cell for row in spec.rows}
    tests = {row: cells[row]["test"] for row in BEIR_18}
    assert len(set(tests.values())) == 18
    for average in ("PTR 11 subsets", "All"):
        assert list(cells[average]["average"]) == [tests[row] for row in AVERAGES[average]]


@pytest.mark.parametrize("row", BEIR_18)
@pytest.mark.parametrize("column", [0, 8, 15])
def test_a_wrong_digit_before_the_point_leaves_the_envelope(row, column):
    text = TABLES["table4"][row][column]
    wrong = changed(TABLES["table4"], row, column, f"{(int(text[0]) + 1) % 10}{text[1:]}")
    assert any(abs(difference) > ENVELOPE for difference in recomputed(wrong).values())


def shared(tables):
    """Pairs of (where, where, text, text) that the paper prints twice."""
    two, three, four, five = (tables[f"table{i}"] for i in (2, 3, 4, 5))
    seven, eight, nine, eleven = (tables[f"table{i}"] for i in (7, 8, 9, 11))
    student = {"Dev": "MARCO Dev", "BEIR": "BEIR-13"}
    for k, measure in enumerate(("Dev", "BEIR")):
        row = student[measure]
        in_eight = next(label for label in eight if label.startswith(row))
        in_four = "Dev (RR@10)" if measure == "Dev" else "BEIR-13"
        in_five = next(label for label in five if label.startswith(row))
        teacher = f"effectiveness of teacher: {row}"
        first = next(iter(three))
        yield f"T2 c5 = T3 r0 {measure}", two[row][5], three[first][k]
        yield f"T2 c5 = T9 progressive 3 {measure}", two[row][5], nine[row][5]
        yield f"T2 c5 = T8 k=10 {measure}", two[row][5], eight[in_eight][2]
        yield f"T2 c0 = T9 progressive 1 {measure}", two[row][0], nine[row][3]
        yield f"T2 c4 = T9 uniform 3 {measure}", two[row][4], nine[row][2]
        yield f"T2 teacher c1 = T4 8 {measure}", two[teacher][1], four[in_four][8]
        yield f"T2 teacher c2 = T4 1 {measure}", two[teacher][2], four[in_four][1]
        yield f"T5 c0 = T4 C {measure}", five[in_five][0], four[in_four][12]
        yield f"T7 r0 = T4 E {measure}", seven["(0) BERT base"][k], four[in_four][14]
        yield f"T7 r2 = T4 F {measure}", seven["(2) RetroMAE"][k], four[in_four][15]
    yield "T9 teacher 1 = T2 teacher c0", nine["effectiveness of teacher: MARCO Dev"][3], two[teacher_dev()][0]
    for kind, pooled in (("Search", "pooled"), ("Forum", "Forum: pooled")):
        for j, (column, k) in enumerate(zip("01CDEF", (0, 1, 12, 13, 14, 15), strict=True)):
            yield f"T11 {kind} pooled = T4 {column}", eleven[pooled][j], four[f"{kind} (pooled)"][k]


def teacher_dev():
    return "effectiveness of teacher: MARCO Dev"


def unequal(tables):
    return {where for where, left, right in shared(tables) if left != right}


def test_cells_that_tables_share_are_equal_but_for_one():
    assert sum(1 for _ in shared(TABLES)) == 20 + 1 + 12
    assert all(number(left) is not None for _, left, _ in shared(TABLES))
    assert unequal(TABLES) == {"T2 c4 = T9 uniform 3 BEIR"}  # 2d.3


@pytest.mark.parametrize(
    ("name", "row", "column", "where"),
    [
        ("table4", "BEIR-13", 14, "T7 r0 = T4 E BEIR"),
        ("table11", "Forum: pooled", 5, "T11 Forum pooled = T4 F"),
        ("table8", "MARCO Dev (RR@10)", 2, "T2 c5 = T8 k=10 Dev"),
        ("table2", "effectiveness of teacher: MARCO Dev", 1, "T2 teacher c1 = T4 8 Dev"),
    ],
)
def test_a_wrong_last_digit_of_a_shared_cell_is_found(name, row, column, where):
    text = TABLES[name][row][column]
    wrong = changed(TABLES[name], row, column, f"{text[:-1]}{(int(text[-1]) + 1) % 10}")
    assert where in unequal({**TABLES, name: wrong})


def test_pooled_lotte_lies_between_its_topics():
    """A pooled collection is larger than its parts: below their mean weighted by queries, above the hardest topic."""
    queries = {"": (1071, 924, 617, 596, 661), "Forum: ": (2000, 2002, 2017, 2004, 2002)}
    topics = ("writing", "recreating", "science", "technology", "lifestyle")
    for kind, counts in queries.items():
        for j in range(6):
            values = [number(TABLES["table11"][kind + topic][j]) for topic in topics]
            mean = sum(v * n for v, n in zip(values, counts, strict=True)) / sum(counts)
            assert min(values) < number(TABLES["table11"][f"{kind}pooled"][j]) < mean


EXCEPTIONS = {  # row -> (bold, underlined) columns as printed, where they leave the rule
    "Dev (R@1K)": ("D", ""),  # the second best, F, has no underline
    "DL2019": ("F", "9"),  # E prints the same 74.1
    "SciFact": ("9", ""),  # the second best, F, has no underline
    "NQ": ("", "CF"),  # the best is underlined
    "HotpotQA": ("", "CF"),  # the best is underlined
    "DBpedia": ("F", "E"),  # D prints the same 41.4
    "FEVER": ("F", "C"),  # 77.4 of column 6 is second
    "Signal-1M": ("E", "C"),  # F prints the same 30.1
    "BioASQ": ("A", ""),  # the second best, F, has no underline
    "All": ("", "CF"),  # the best is underlined
}


def test_bold_and_underlined_are_best_and_second_best_but_in_ten_rows():
    spec = TableSpec.load("table4", dataclasses.replace(PARAMS.scale, suites={}), ROOT)
    broken = {}
    for row, cells in zip(spec.rows, spec.grid(), strict=True):
        values = {j: number(cells[j].paper) for j in BASELINES if cells and number(cells[j].paper) is not None}
        ranks = sorted(set(values.values()), reverse=True)[:2]
        if not ranks:
            continue
        assert not any(cell.bold or cell.underline for cell in cells[:3])
        rule = tuple("".join(COLUMNS[j] for j, v in values.items() if v == rank) for rank in ranks)
        marks = [[cell.bold for cell in cells], [cell.underline for cell in cells]]
        print_ = tuple("".join(c for c, on in zip(COLUMNS, mark, strict=True) if on) for mark in marks)
        broken |= {row.label: print_} if print_ != rule else {}
    assert broken == EXCEPTIONS


@pytest.mark.parametrize(("name", "bold"), [("table2", 2), ("table3", 2), ("table5", 3), ("table7", 2)])
def test_bold_is_the_best_of_its_line(name, bold):
    spec = TableSpec.load(name, PARAMS.scale, ROOT)
    rows = [row for row in spec.grid() if any(number(cell.paper) for cell in row)]
    lines = rows if spec.best == "rows" else [list(column) for column in zip(*rows, strict=True)]
    marked = [line for line in lines if any(cell.bold for cell in line)]
    for line in marked:
        values = [number(cell.paper) for cell in line]
        top = max(value for value in values if value is not None)
        assert [cell.bold for cell in line] == [value == top for value in values]
    assert sum(cell.bold for line in lines for cell in line) == bold
    assert not any(cell.underline for cell in spec.cells())
