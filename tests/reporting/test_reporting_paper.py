"""The paper's tables, copied a second time from its text, and against each other where cells repeat."""

import re
from pathlib import Path

import pytest

from dragon.config import Params
from dragon.reporting.spec import TableSpec
from dragon.supervision.schedule import iterations

ROOT = Path(__file__).parents[2]
PARAMS = Params.load(ROOT)
NAMES = sorted(path.stem for path in (ROOT / "reports" / "tables").glob("*.yaml"))
PAPER = {
    "table2": """
		0	1	2	3	4	5*
	Teacher	uniCOIL	Contriever	ColBERTv2	three teachers	three teachers	three teachers
					fused	unif.	prog.
	effectiveness of student
	MARCO Dev	34.9	33.9	36.4	36.7	<b>36.9</b>	36.6
	BEIR-13	46.7	47.0	46.3	46.6	47.7	<b>49.3</b>
	effectiveness of teacher
	MARCO Dev	35.1	34.1	39.7	40.0	-	-
	BEIR-13	- △	47.5	49.9	- △	-	-""",
    "table3": """
	Progressive supervision trajectories	MARCO dev	BEIR-13
		RR@10	nDCG@10
	(0) uniCOIL → Contriever → ColBERTv2	36.6	<b>49.3</b>
	(1) Contriever → uniCOIL → ColBERTv2	36.7	48.4
	(2) ColBERTv2 → Contriever → uniCOIL	36.4	47.7
	(3) uniCOIL → Contriever → ColBERTv2*	<b>36.8</b>	47.4""",
    "table8": """
	top-k positives	1	5	10
	MARCO Dev (RR@10)	33.1	36.4	36.6
	BEIR-13 (nDCG@10)	42.4	48.0	49.3""",
    "table9": """
	Teacher / iteration	uniform	uniform	uniform	progressive	progressive	progressive
		1	2	3	1	2	3
	uniCOIL	✓	✓	✓	✓	✓	✓
	Contriever	✓	✓	✓	✗	✓	✓
	ColBERTv2	✓	✓	✓	✗	✗	✓
	MARCO Dev	36.2	37.0	36.9	34.9	35.8	36.6
	BEIR-13	46.6	47.4	47.6	46.7	48.6	49.3
	effectiveness of teacher
	MARCO Dev	39.1	39.1	39.1	35.1	36.5	39.1
	diversity of teacher
	Avg. # rel	17.5	17.5	17.5	10.0	14.9	17.5""",
}
FOOTNOTES = {
    "table2": (
        "* The condition of column 5 corresponds to row 0 in Table 3.",
        "△ We do not evaluate uniCOIL on BEIR due to its requirement of expensive document expansion from corpus.",
    ),
    "table3": ("* ColBERTv2 is the only teacher at the last (3rd) iteration.",),
    "table8": ("* Trajectory: uniCOIL → Contriever → ColBERTv2.",),
    "table9": (),
}


def spec(name):
    return TableSpec.load(name, PARAMS.scale, ROOT)


def printed(cell):
    text = cell.paper or cell.text
    return f"<b>{text}</b>" if cell.bold else text


@pytest.mark.parametrize("name", PAPER)
def test_tables_are_the_papers_to_the_letter(name):
    table = spec(name)
    lines = ["\t".join(head) for head in table.heads]
    for row, cells in zip(table.rows, table.grid(), strict=True):
        lines.append("\t".join([row.label, *map(printed, cells)]))
    assert lines == [line.removeprefix("\t") for line in PAPER[name].strip("\n").split("\n")]
    assert table.footnotes == FOOTNOTES[name]
    assert table.paper == f"Table {name.removeprefix('table')}"


def column(name, index, *, labels=("MARCO", "BEIR")):
    """What the paper prints in one column of the students' rows."""
    table = spec(name)
    students = [cells for row, cells in zip(table.rows, table.grid(), strict=True) if row.label.startswith(labels)]
    return [cells[index].paper for cells in students[:2]]


def test_the_same_student_has_the_same_numbers_wherever_it_stands():
    progressive = [cell.paper for cell in spec("table3").grid()[0]]
    assert progressive == column("table2", 5) == column("table8", 2) == column("table9", 5) == ["36.6", "49.3"]
    assert column("table2", 0) == column("table9", 3) == ["34.9", "46.7"]
    assert column("table2", 4)[0] == column("table9", 2)[0]


def test_the_one_cell_that_the_paper_prints_in_two_ways_is_noted_in_both_tables():
    assert (column("table2", 4)[1], column("table9", 2)[1]) == ("47.7", "47.6")
    for name in ("table2", "table9"):
        assert any("47.6" in note.text and "47.7" in note.text for note in spec(name).notes)


def test_the_same_place_of_the_paper_is_filled_by_the_same_system():
    places = {}
    for name in PAPER:
        for cell in spec(name).cells():
            if cell.measure and re.fullmatch(r"\d+\.\d", cell.paper):
                places.setdefault((cell.system, cell.suite, cell.test, cell.measure), set()).add(cell.paper)
    assert {place: found for place, found in places.items() if len(found) > 1} == {
        ("uniform", "zero-shot", "mean", "nDCG@10"): {"47.6", "47.7"}
    }
    assert len(places) == 34


def test_check_marks_say_what_the_schedules_do():
    table = spec("table9")
    units = [unit for name in ("uniform", "progressive") for unit in iterations(PARAMS.experiment(name))]
    for row, cells in list(zip(table.rows, table.grid(), strict=True))[:3]:
        expected = ["✓" if row.label.lower() in unit.sources else "✗" for unit in units]
        assert [cell.text for cell in cells] == expected


def known_systems():
    students = PARAMS.experiments
    inner = {f"{name}.{unit.number}" for name, one in students.items() for unit in iterations(one)}
    teachers = {f"teacher-{name}" for name in (*PARAMS.scale.teachers, "fused")}
    return {*students, *inner, *teachers, *(f"start-{name}" for name in PARAMS.scale.pretrained)}


@pytest.mark.parametrize("name", NAMES)
def test_every_cell_has_a_system_a_suite_and_a_measure_that_exist(name):
    table, suites = spec(name), PARAMS.scale.suites
    assert set(table.systems()) <= known_systems()
    for cell in table.cells():
        if cell.systems():
            assert cell.suite in suites
            assert cell.fact or cell.test in (*suites[cell.suite].tests, "mean")
            assert cell.fact or cell.measure in suites[cell.suite].measures
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


def test_every_table_but_the_playgrounds_stays_clear_of_the_playground():
    assert [name for name in NAMES if "student" in spec(name).systems()] == ["question"]
