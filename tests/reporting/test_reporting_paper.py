"""The paper's tables, copied a second time from its text (``paper_tables.txt``), and what their cells stand for."""

import dataclasses
import re
import shutil
from pathlib import Path

import pytest

from dragon.config import Params
from dragon.reporting.spec import TableSpec, places
from dragon.supervision.schedule import iterations

ROOT = Path(__file__).parents[2]
PARAMS = Params.load(ROOT)
NAMES = sorted(path.stem for path in (ROOT / "reports" / "tables").glob("*.yaml"))
OURS = {"table2": 1, "table6": 2}
"""Columns at the right end that are not the paper's."""
BEIR = (
    *("trec-covid", "nfcorpus", "fiqa", "arguana", "webis-touche2020", "quora", "scidocs", "scifact", "nq"),
    *("hotpotqa", "dbpedia-entity", "fever", "climate-fever", "cqadupstack", "robust04", "signal1m", "trec-news"),
    "bioasq",
)
TOPICS = ("writing", "recreation", "science", "technology", "lifestyle", "pooled")
ELSEWHERE = {
    "in-domain": ("dl19", "dl20"),
    "zero-shot": BEIR,
    "lotte": tuple(f"{kind}-{topic}" for kind in ("search", "forum") for topic in TOPICS),
}
"""Tests that other scales have."""


def paper():
    """Table -> (caption, lines, footnotes), as the second copy has them."""
    found = {}
    for block in (Path(__file__).parent / "paper_tables.txt").read_text(encoding="utf-8").split("## ")[1:]:
        name, caption, *lines = block.rstrip("\n").split("\n")
        rows = [line for line in lines if not line.startswith("> ")]
        found[name] = caption, rows, tuple(line[2:] for line in lines if line.startswith("> "))
    return found


PAPER = paper()


def spec(name, root=ROOT):
    """The spec without rows for what only this scale has."""
    bare = dataclasses.replace(PARAMS.scale, suites={})
    return TableSpec.load(name, bare if name in PAPER else PARAMS.scale, root)


def printed(cell):
    text = cell.paper or cell.text
    return f"<b>{text}</b>" if cell.bold else f"<u>{text}</u>" if cell.underline else text


def lines(table):
    """What a spec says that the paper prints, a line a row, our own columns left out."""
    end = len(table.columns) - OURS.get(table.name, 0)
    out = ["\t".join(head[: end + 1]) for head in table.heads]
    for row, cells in zip(table.rows, table.grid(), strict=True):
        label = f"<b>{row.label}</b>" if row.bold else row.label
        out.append("\t".join([label, *map(printed, cells[:end])]))
    return out


def test_every_table_of_the_paper_is_there():
    assert list(PAPER) == [f"table{number}" for number in range(1, 12)]
    assert set(PAPER) <= set(NAMES)


@pytest.mark.parametrize("name", PAPER)
def test_tables_are_the_papers_to_the_letter(name):
    caption, expected, footnotes = PAPER[name]
    table = spec(name)
    assert lines(table) == expected
    assert table.title == caption
    assert table.footnotes == footnotes
    assert table.paper == f"Table {name.removeprefix('table')}"


@pytest.mark.parametrize("name", OURS)
def test_columns_of_ours_hold_nothing_of_the_papers(name):
    table = spec(name)
    assert all(cell.paper == "" for row in table.grid() for cell in row[len(table.columns) - OURS[name] :])
    assert all(any("ours" in line[-i] for line in table.heads) for i in range(1, OURS[name] + 1))


@pytest.mark.parametrize(("name", "old", "new"), [("table4", '"70.0"', '"70.1"'), ("table9", '"17.5"', '"17.4"')])
def test_one_wrong_digit_is_found(tmp_path, name, old, new):
    shutil.copytree(ROOT / "reports" / "tables", tmp_path / "reports" / "tables")
    path = tmp_path / "reports" / "tables" / f"{name}.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")
    assert sum(a != b for a, b in zip(lines(spec(name, tmp_path)), PAPER[name][1], strict=True)) == 1


def test_the_same_place_of_the_paper_is_filled_by_the_same_system():
    found = {}
    for name in PAPER:
        for cell in spec(name).cells():
            if cell.measure and cell.systems() and re.fullmatch(r"\d+\.\d", cell.paper):
                place = cell.system, cell.suite, cell.test or cell.average, cell.measure
                found.setdefault(place, set()).add(cell.paper)
    assert {place: texts for place, texts in found.items() if len(texts) > 1} == {
        ("uniform", "zero-shot", "mean", "nDCG@10"): {"47.6", "47.7"}
    }
    assert len(found) == 34 + 200 + 6 + 2 + 60  # Tables 2, 3, 8, 9; then what 4, 5, 7 and 11 add


def test_check_marks_say_what_the_schedules_do():
    table = spec("table9")
    units = [unit for name in ("uniform", "progressive") for unit in iterations(PARAMS.experiment(name))]
    for row, cells in list(zip(table.rows, table.grid(), strict=True))[:3]:
        expected = ["✓" if row.label.lower() in unit.sources else "✗" for unit in units]
        assert [cell.text for cell in cells] == expected


def test_recipes_are_those_of_the_students():
    kinds = {"cropping": "crop", "GenQ": "genq", "cropping+GenQ": "mix"}
    recipes = {cells[0].text: [cell.text for cell in cells[1:]] for cells in spec("table1").grid()}
    for name, student in (("DRAGON-S", "dragon-s"), ("DRAGON-Q", "dragon-q"), ("DRAGON", "dragon")):
        queries, labels, _ = recipes[name]
        query_set, pool = PARAMS.experiment(student).labels.split("/")
        assert query_set == kinds[queries]
        assert labels == "retrievers"
        assert "cross-encoder" not in PARAMS.pools[pool].teachers
    sources = [cell.text for cell in spec("table5").grid()[1]]
    found = [PARAMS.experiment(cell.system) for cell in spec("table5").grid()[2]]
    assert [{"all": 5, "all + CE": 6, "CE only": 1}[text] for text in sources] == [len(one.trajectory) for one in found]
    continued = [cell.text == "✓" for cell in spec("table5").grid()[0]]
    assert continued == [one.init == "dragon-s" for one in found]


def test_starts_are_those_that_table_7_names():
    starts = [PARAMS.experiment(row.cell["system"]).init for row in spec("table7").rows]
    assert starts == ["plain", "contrastive", "retromae"]


def known_systems():
    students = PARAMS.experiments
    inner = {f"{name}.{unit.number}" for name, one in students.items() for unit in iterations(one)}
    teachers = {f"teacher-{name}" for name in (*PARAMS.scale.teachers, "fused")}
    return {*students, *inner, *teachers, *(f"start-{name}" for name in PARAMS.scale.pretrained)}


@pytest.mark.parametrize("name", NAMES)
def test_every_cell_has_a_system_a_suite_and_a_measure_that_exist(name):
    table, suites = TableSpec.load(name, PARAMS.scale, ROOT), PARAMS.scale.suites
    assert set(table.systems()) <= known_systems()
    for cell in table.cells():
        if cell.systems():
            here = suites.get(cell.suite)
            tests = {*ELSEWHERE[cell.suite], *(here.tests if here else ()), "mean"}
            assert cell.fact or {cell.test} <= tests or set(cell.average) <= tests
            assert cell.fact or cell.measure in (here.measures if here else ("Success@5",))
    assert set(table.teachers) <= set(PARAMS.scale.teachers)


@pytest.mark.parametrize("name", NAMES)
def test_a_teachers_or_trajectorys_label_matches_its_system(name):
    for row in spec(name).rows:
        trajectory = row.label.removesuffix("*").partition(") ")[2].lower().split(" → ")
        if len(trajectory) > 1:
            assert tuple(trajectory) == PARAMS.experiment(row.cell["system"]).trajectory


def test_table_3_is_made_from_eight_metric_files():
    systems = ("progressive", "progressive-cub", "progressive-bcu", "progressive-last-only")
    expected = [PARAMS.layout.metrics(system, suite) for system in systems for suite in ("in-domain", "zero-shot")]
    assert spec("table3").inputs(PARAMS.layout) == expected


def test_where_a_student_stands_is_a_column_or_a_row():
    assert places("dragon", PARAMS.scale, ROOT) == [
        "Table 11: dense E DRAGON",
        "Table 4: dense (ours) E DRAGON",
        "Table 7: (0) BERT base",
    ]
    assert "Table 3: (0) uniCOIL → Contriever → ColBERTv2" in places("progressive", PARAMS.scale, ROOT)


def test_every_table_but_the_playgrounds_stays_clear_of_the_playground():
    assert [name for name in NAMES if "student" in spec(name).systems()] == ["question"]
