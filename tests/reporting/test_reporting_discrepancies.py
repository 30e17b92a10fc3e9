"""What the paper does not agree with itself about (docs/discrepancies.md): each must be there as transcribed."""

import dataclasses
import re
from pathlib import Path

import pytest

from dragon.config import Params, read_yaml
from dragon.reporting.spec import TableSpec

ROOT = Path(__file__).parents[2]
PARAMS = Params.load(ROOT)
SPECS = {
    f"table{i}": TableSpec.load(f"table{i}", dataclasses.replace(PARAMS.scale, suites={}), ROOT) for i in range(1, 12)
}


def cells(name, label, nth=0):
    """The nth row of that label."""
    table = SPECS[name]
    rows = [row for spec, row in zip(table.rows, table.grid(), strict=True) if spec.label.startswith(label)]
    return [cell.paper or cell.text for cell in rows[nth]]


def value(name, label, column, nth=0):
    return float(cells(name, label, nth)[column].replace(",", ""))


def noted(name, *words):
    """Whether one note below a table says all of these."""
    return any(all(word in note.text for word in words) for note in SPECS[name].notes)


def gpl():
    return next(row for row in SPECS["table1"].grid() if row[0].text == "GPL")[2].text


FOUND = {
    "2d.1 one point is 0.9": lambda: round(value("table3", "(0)", 1) - value("table3", "(1)", 1), 1) == 0.9,
    "2d.1 row 2 is the reverse, by over 1.5": lambda: (
        value("table3", "(0)", 1) - value("table3", "(2)", 1) > 1.5
        and SPECS["table3"].rows[2].label.endswith("ColBERTv2 → Contriever → uniCOIL")
        and noted("table3", "column 0 vs 3", "row 2")
    ),
    "2d.3 47.7 and 47.6": lambda: (
        (value("table2", "BEIR-13", 4), value("table9", "BEIR-13", 2)) == (47.7, 47.6)
        and noted("table2", "47.7", "47.6")
        and noted("table9", "47.7", "47.6")
    ),
    "2d.4 CE only ties with uniform": lambda: (
        value("table5", "BEIR-13", 3) == value("table2", "BEIR-13", 4)
        and round(value("table2", "MARCO Dev", 4) - value("table5", "MARCO Dev", 3), 1) == 0.1
        and noted("table5", "even worse", "equal")
    ),
    "2d.5 generated queries have more positives": lambda: (
        value("table10", "cropped", 2) < value("table10", "generative", 2)
        and noted("table10", "23.1", "24.7", "30", "26")
    ),
    "2d.6 68.0 is over 53 queries": lambda: (
        round(3606 / 53, 1) == value("table10", "DL20", 2) != round(3606 / value("table10", "DL20", 0), 1)
        and noted("table10", "53 queries, not 54")
    ),
    "2d.7 rows of judgments, not queries": lambda: (
        value("table10", "training queries", 0) == 532761 and noted("table10", "532,761", "502,939")
    ),
    "2d.8 uniform is below its best member": lambda: (
        value("table9", "MARCO Dev", 2, nth=1) < value("table2", "MARCO Dev", 2, nth=1)
        and value("table2", "MARCO Dev", 2, nth=1) < value("table2", "MARCO Dev", 3, nth=1)
        and noted("table9", "39.1", "39.7", "40.0")
    ),
    "2d.9 two cross-encoders": lambda: (
        "miniLML6v2" in SPECS["table5"].title
        and cells("table6", "cross-encoder")[0] == "miniLML6v2"
        and noted("table5", "L-12")
    ),
    "2d.9 ranks of negatives": lambda: noted("table8", "46-50", "45-50"),
    "2d.11 70.0 is not over 70.0": lambda: value("table4", "DL2020", 12) == 70.0 and noted("table4", "70.0 on DL2020"),
    "GPL is distilled in Table 4 only": lambda: (
        (gpl(), cells("table4", "Distillation")[10]) == ("✗", "✓") and noted("table1", "GPL")
    ),
    "recreating is recreation": lambda: (
        sum(row.label == "recreating" for row in SPECS["table11"].rows) == 2 and noted("table11", "recreation")
    ),
}


@pytest.mark.parametrize("name", FOUND)
def test_an_inconsistency_of_the_paper_is_still_there_and_noted(name):
    assert FOUND[name]()


def test_marks_of_tables_1_and_4_agree_but_for_gpl():
    names, distilled, target = (SPECS["table4"].heads[2][1:], cells("table4", "Distill"), cells("table4", "Target"))
    columns = {name: j for j, name in enumerate(names)}
    rows = {row[0].text: [cell.text for cell in row[1:]] for row in SPECS["table1"].grid()}
    assert set(rows) <= set(columns)
    augmented = {name for name, (_, labels, _) in rows.items() if labels != "✗"}
    assert augmented ^ {name for name in rows if distilled[columns[name]] == "✓"} == {"GPL"}
    assert {name for name in rows if rows[name][2] == "BEIR"} == {n for n in rows if target[columns[n]] == "✓"}


def test_the_page_of_discrepancies_lists_every_number():
    page = (ROOT / "docs" / "discrepancies.md").read_text(encoding="utf-8")
    listed = re.findall(r"^\| (2d\.\d+) \|", page, flags=re.MULTILINE)
    assert listed == [f"2d.{number}" for number in range(1, 15)]
    assert {name.split()[0] for name in FOUND if name.startswith("2d.")} <= set(listed)
    for number in re.findall(r"test_\w+\.py", page):
        assert (ROOT / "tests" / "reporting" / number).exists()


PAGE = (ROOT / "docs" / "discrepancies.md").read_text(encoding="utf-8")
RECIPE_SCALE = ROOT / "scales" / "paper.yaml"
if not RECIPE_SCALE.exists():
    RECIPE_SCALE = ROOT / "tests" / "planning" / "paper_scale.yaml"


def rows_below(heading):
    """Cells of the first table below a heading, without its two header lines."""
    lines = PAGE.split(f"## {heading}", 1)[1].split("\n## ", 1)[0].splitlines()
    return [[cell.strip() for cell in line.split(" | ")] for line in lines if line.startswith("| ")][1:]


def test_every_number_of_the_ledger_is_listed():
    assert {int(n) for n in re.findall(r"\(L(\d+)\)", PAGE)} == set(range(1, 17))


def test_recipes_switch_exactly_the_conflicts_that_have_a_switch():
    rows = rows_below("What a recipe switches")
    switches = {re.search("`(.+)`", row[6])[1] for row in rows if row[6] != "none"}
    recipes = read_yaml(RECIPE_SCALE)["recipes"]
    assert set(recipes["paper"]) == set(recipes["official-code"]) == switches
    assert all("**conflict**" in row[3] for row in rows if row[6] != "none")
    assert all(recipes["paper"][name] != recipes["official-code"][name] for name in switches)


def test_every_switch_of_the_page_is_a_setting():
    settings = {**read_yaml(ROOT / "scales" / "mini.yaml"), **read_yaml(ROOT / "params.yaml")}
    scale, science = (read_yaml(ROOT / name)["training"] for name in ("scales/mini.yaml", "params.yaml"))
    sections = ("Model, loss, optimisation", "Labels and sampling", "Queries", "Evaluation")
    rows = [row for heading in sections for row in rows_below(heading)]
    assert len(rows) > 45 and {len(row) for row in rows} == {7}
    assert {row[3] for row in rows} == {"silent", "settled"}
    for name in (name for row in rows for name in re.findall("`(.+?)`", row[5])):
        top, _, rest = name.partition(".")
        assert top in settings, name
        assert top != "training" or rest.split(".")[0] in {**scale, **science}, name
        assert top != "query_sets" or rest in settings["query_sets"], name
