"""docs/reproducing.md says what the plan says, and names nothing that does not exist."""

import re

import pytest
from planning_checkout import ROOT

from dragon.errors import ArtifactError
from dragon.planning.rates import all_rates
from dragon.planning.reproducing import PAGE, SHOWN, blocks, filled

TEXT = (ROOT / PAGE).read_text(encoding="utf-8")


def test_the_numbers_of_the_page_are_the_plans(everything, papers_own, root):
    machines = {name: all_rates(everything.params.layout, name, root)[name] for name in SHOWN}
    assert filled(TEXT, blocks(everything, papers_own, machines)) == TEXT, "run `make reproducing`"


def test_a_page_without_marks_is_refused():
    with pytest.raises(ArtifactError, match="no marks `<!-- plan: costs -->`"):
        filled("text", {"costs": "x"})


def test_every_table_and_figure_has_a_row():
    rows = re.findall(r"^\| ((?:Table|Figure) \d+) \|", TEXT, flags=re.MULTILINE)
    assert rows == [f"Table {n}" for n in range(1, 12)] + [f"Figure {n}" for n in range(1, 5)]


def test_every_stage_and_target_that_the_page_names_exists():
    stages = set(re.findall(r"python -m stages\.(\w+)", TEXT))
    assert stages and all((ROOT / "stages" / f"{name}.py").exists() for name in stages)
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert all(f"\n{name}:" in makefile for name in re.findall(r"make (\w+) SCALE", TEXT))
