"""Who may import whom, and that each heavy dependency has one door: an AST walk."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
BASE = {"artifacts", "config", "errors", "experiments", "imports", "progress", "recipes", "registry", "releases"}
BASE |= {"settings", "store", "typed"}
ALLOWED = {
    "core": set(),
    "models": {"core"},
    "datasets": {"core"},
    "queries": {"core"},
    "supervision": {"core"},
    "retrieval": {"core", "models"},
    "teachers": {"core", "models", "retrieval"},
    "training": {"core", "models", "supervision"},
    "evaluation": {"core"},
    "reporting": {"core"},
    "planning": {"core", "datasets", "models", "reporting", "supervision", "training"},
    "doctor": {"core", "datasets", "models", "planning", "retrieval", "supervision", "teachers", "training"},
    "tracking": set(),
}
DOORS = {
    "mlflow": {"dragon/tracking.py"},
    "faiss": {"dragon/retrieval/index.py"},
    "ir_measures": {"dragon/evaluation/measures.py"},
    "sentence_splitter": {"dragon/queries/sentences.py"},
    "ir_datasets": {"dragon/datasets/fetch.py", "dragon/datasets/forms.py"},
    "dvc": set(),
    "argparse": set(),
}
GLUE = {"benched", "entry", "evaluations", "fusions", "given", "importing", "judging", "outside", "pooling"}
GLUE |= {"scoring", "sources", "systems", "targets"}


def imports(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


FILES = sorted((ROOT / "dragon").rglob("*.py"))


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_packages_import_only_what_they_may(path):
    package = path.relative_to(ROOT / "dragon").parts[0].removesuffix(".py")
    used = {name.split(".")[1] for name in imports(path) if name.startswith("dragon.")}
    if package in BASE or package == "__init__":
        assert used <= BASE
    else:
        assert used <= ALLOWED[package] | BASE | {package}
    assert not any(name.startswith("stages") for name in imports(path))


@pytest.mark.parametrize("module", DOORS)
def test_heavy_dependencies_have_one_door(module):
    places = [*FILES, *sorted((ROOT / "stages").glob("*.py"))]
    users = {str(p.relative_to(ROOT)) for p in places if any(n.split(".")[0] == module for n in imports(p))}
    assert users == DOORS[module]


def test_java_is_reached_from_the_lucene_teacher_only():
    users = {
        p.parent.name
        for p in FILES
        if any(n.split(".")[0] in ("jnius", "jnius_config", "pyserini") for n in imports(p))
    }
    assert users == {"teachers"}


def test_stages_do_not_import_stages_but_shared_glue():
    for path in sorted((ROOT / "stages").glob("*.py")):
        used = {name.split(".")[1] for name in imports(path) if name.startswith("stages.")}
        assert used <= GLUE, path


def test_importing_dragon_loads_nothing_heavy():
    script = (
        "import dragon, dragon.config, sys; print([m for m in ('torch', 'faiss', 'mlflow', 'dvc') if m in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"
