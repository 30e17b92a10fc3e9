"""dvc.yaml and what it runs agree with each other and with the settings."""

import ast
import re
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from dragon.config import PLAYGROUND, Params
from dragon.reporting.claims import ClaimsSpec
from dragon.reporting.figures.spec import FigureSpec
from dragon.reporting.pilot.spec import Pilot
from dragon.reporting.spec import TableSpec

ROOT = Path(__file__).parents[1]
STAGES = YAML(typ="safe").load((ROOT / "dvc.yaml").read_text())["stages"]
TABLES, FIGURES = (
    sorted(path.stem for path in (ROOT / "reports" / kind).glob("*.yaml")) for kind in ("tables", "figures")
)


def body(stage):
    return stage.get("do", stage)


def filled(text, scale):
    return text.replace("${scale}", scale)


@pytest.mark.parametrize("name", STAGES)
def test_every_stage_runs_a_module_and_depends_on_its_file(name):
    stage = body(STAGES[name])
    module = re.match(r"python -m stages\.(\w+)", stage["cmd"]).group(1)
    assert (ROOT / "stages" / f"{module}.py").exists()
    assert f"stages/{module}.py" in stage["deps"]


@pytest.mark.parametrize("name", STAGES)
def test_code_and_settings_that_a_stage_depends_on_exist(name):
    stage = body(STAGES[name])
    for path in stage["deps"]:
        if not path.startswith(("artifacts/", "reports/built/")):
            assert (ROOT / path).exists(), path
    settings = YAML(typ="safe").load((ROOT / "params.yaml").read_text())
    for entry in stage.get("params", []):
        keys = [entry] if isinstance(entry, str) else []
        assert all(key.split(".")[0] in settings for key in keys), entry


def spec_of(name):
    """What a stage of the paper reads: a table, a figure, the claims or the pilot."""
    scale = Params.load(ROOT).scale
    if name == "claims":
        return ClaimsSpec.load(ROOT)
    if name == "pilot":
        return Pilot.load(ROOT)
    kind = TableSpec if name in TABLES else FigureSpec
    return kind.load(name, scale, ROOT)


@pytest.mark.parametrize("name", [*TABLES, *FIGURES, "claims", "pilot"])
def test_a_stage_of_the_paper_depends_on_exactly_what_its_spec_reads(name):
    params = Params.load(ROOT)
    needed = {str(path) for path in spec_of(name).inputs(params.layout)}
    assert name in STAGES, f"add a stage {name} with deps {sorted(needed)}"
    found = {filled(path, params.scale_name) for path in STAGES[name]["deps"] if path.startswith("artifacts/")}
    needed = {path for path in needed if path.startswith("artifacts/")} | {str(params.layout.facts("printed"))}
    paste = "\n".join(f"      - {path.replace(params.scale_name, '${scale}', 1)}" for path in sorted(needed))
    assert found == needed, f"stage {name} should have these artifacts as deps:\n{paste}"


def test_every_table_and_figure_of_the_paper_is_a_stage():
    assert {f"table{number}" for number in range(1, 12)} | {f"figure{number}" for number in range(1, 5)} <= set(STAGES)


def test_every_experiment_is_used_by_a_table_or_a_figure():
    params = Params.load(ROOT)
    used = {system for name in [*TABLES, *FIGURES] for system in spec_of(name).systems()}
    assert set(params.experiments) - {PLAYGROUND} <= used


def test_every_system_of_the_paper_is_evaluated_where_a_spec_looks():
    """Each metric file that a table, a figure or a claim reads is an output of some stage."""
    params = Params.load(ROOT)
    made = {path for stage in STAGES.values() for path in outputs(stage, params)}
    metrics = str(params.layout.root / "metrics")
    for name in [*TABLES, *FIGURES, "claims", "pilot"]:
        read = {str(path) for path in spec_of(name).inputs(params.layout)}
        assert {path for path in read if path.startswith(metrics)} <= made, name


def outputs(stage, params):
    """Metric files of a stage, its foreach unrolled."""
    items = stage.get("foreach", [""])
    names = list(params.experiments) if items == "${experiments}" else items
    folders = [out for out in body(stage).get("outs", []) if isinstance(out, str) and "/metrics/" in out]
    for text in [*body(stage).get("metrics", []), *folders]:
        for item in names:
            yield filled(text.replace("${item}", item).replace("${key}", item), params.scale_name)


def test_nothing_of_the_papers_tables_depends_on_the_playground():
    playground = {"trajectory", "supervision", "labels", "init", "overrides"}
    users = {n for n, s in STAGES.items() if playground & {e for e in body(s).get("params", []) if isinstance(e, str)}}
    assert users == {"student", "figure2", "track"}
    readers = {n for n, s in STAGES.items() if any(re.search(r"/student(/|$)", d) for d in body(s)["deps"])}
    assert readers == {"evaluate_student", "question"}


@pytest.mark.parametrize("path", sorted((ROOT / "stages").glob("*.py")), ids=lambda p: p.stem)
def test_stages_are_short(path):
    assert len(path.read_text().splitlines()) <= 90
    functions = [n for n in ast.walk(ast.parse(path.read_text())) if isinstance(n, ast.FunctionDef)]
    assert all(f.end_lineno - f.lineno < 30 for f in functions)


def test_no_machine_paths_and_no_addresses_in_the_lock_file():
    lock = (ROOT / "requirements.lock").read_text()
    assert "://" not in lock
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.!_]+", line) for line in lock.splitlines())
    assert not re.search(r"nvidia|triton|cuda", lock)
