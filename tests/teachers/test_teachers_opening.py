"""From an entry of a scale's file to an opened teacher, and what decides its lists."""

import re
import subprocess
import sys
from dataclasses import replace

import pytest

from dragon import artifacts
from dragon.artifacts import Layout
from dragon.config import Teacher
from dragon.core import Corpus, Passage
from dragon.errors import ArtifactError, ConfigError
from dragon.teachers import ENGINE_MODULES, chain, fit_teacher, open_teacher
from dragon.teachers.hardware import engine
from dragon.teachers.shards import ranking_key

BM25 = {"k1": 0.9, "b": 0.4, "scale": 25.0}
ENGINE = {"threads": 1, "heap": "512m"}
LAYOUT = Layout("mini")


def _bm25(encoder, engine):
    options = {"encoder": {**BM25, **encoder}, "engine": {**ENGINE, **engine}}
    return Teacher(kind="lucene", encoder="bm25", stands_for="", options=options)


@pytest.fixture
def fitted(tmp_path, monkeypatch):
    """Two BM25 teachers, and one that says it re-ranks the first, with their encoders on disk."""
    monkeypatch.chdir(tmp_path)
    teachers = {"a": _bm25({}, {}), "b": _bm25({"k1": 1.2}, {}), "r": _bm25({}, {"first_stage": "a"})}
    for name in teachers:
        encoder = fit_teacher(teachers, name, LAYOUT, None)
        with artifacts.folder(LAYOUT.teacher(name), {"kind": "teacher"}) as part:
            encoder.save(part)
    passages = [Passage("1", "", "one array"), Passage("2", "", "two matrices")]
    return teachers, Corpus.write(tmp_path / "corpus", passages)


def test_open_teacher_searches(fitted, tmp_path):
    teachers, corpus = fitted
    docs, _ = open_teacher(teachers, "a", LAYOUT, corpus, tmp_path / "work").search(["matrices", "array"], 1)
    assert docs.tolist() == [[1], [0]]


def test_chain_follows_first_stages_and_finds_circles(fitted):
    teachers, _ = fitted
    assert chain(teachers, "a", LAYOUT) == ["a"]
    assert chain(teachers, "r", LAYOUT) == ["r", "a"]
    circle = {**teachers, "a": replace(teachers["a"], options={"engine": {"first_stage": "r"}})}
    with pytest.raises(ConfigError, match="circle, r > a > r"):
        chain(circle, "r", LAYOUT)
    with pytest.raises(ConfigError, match=r"teachers\.r: teacher: found 'aa'"):
        chain({"r": replace(teachers["r"], options={"engine": {"first_stage": "aa"}})}, "r", LAYOUT)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"kind": "lucen"}, r"scales/mini.yaml: teachers.a: kind: found 'lucen'.*did you mean 'lucene'"),
        ({"encoder": "bm52"}, r"teachers.a: encoder: found 'bm52'.*did you mean 'bm25'"),
        ({"options": {"encoder": {**BM25, "K1": 1.0}}}, r"teachers.a: options.encoder.K1: unknown key"),
        ({"options": {"encodr": BM25}}, r"teachers.a: options.encodr: unknown key.*did you mean 'encoder'"),
        ({"options": {"encoder": 3}}, r"teachers.a: options.encoder: found 3, allowed: a mapping"),
    ],
)
def test_a_wrong_entry_is_named_with_its_file(fitted, change, message):
    teachers, _ = fitted
    with pytest.raises(ConfigError, match=message):
        fit_teacher({"a": replace(teachers["a"], **change)}, "a", LAYOUT, None)


def test_a_teacher_that_was_not_fitted_is_named(fitted, tmp_path):
    teachers, corpus = fitted
    with pytest.raises(ArtifactError, match="teachers/new"):
        open_teacher({"new": teachers["a"]}, "new", LAYOUT, corpus, tmp_path / "work")
    with pytest.raises(ConfigError, match="found 'c'"):
        open_teacher(teachers, "c", LAYOUT, corpus, tmp_path / "work")


def test_ranking_key_holds_what_decides_and_nothing_else(fitted, tmp_path):
    teachers, corpus = fitted

    def key(name="a", **change):
        return ranking_key({**teachers, name: replace(teachers[name], **change)}, name, LAYOUT, corpus)

    assert key() == key(stands_for="another name in reports")
    slower = {"encoder": BM25, "engine": {**ENGINE, "threads": 2}}
    assert key() != key(options=slower)
    assert key("a") != key("b")
    before = key("r")
    with artifacts.folder(LAYOUT.teacher("a"), {"kind": "teacher"}) as part:
        (part / "bm25.json").write_text('{"k1": 0.5, "b": 0.4, "scale": 25.0}')
    assert key("r") != before  # the first stage changed
    other = Corpus.write(tmp_path / "other", [Passage("1", "", "another collection")])
    assert ranking_key(teachers, "b", LAYOUT, other) != key("b")


def test_importing_teachers_loads_no_heavy_package():
    heavy = ("torch", "faiss", "jnius", "sklearn", "transformers", "scipy")
    script = f"import sys, dragon.teachers; print([name for name in {heavy!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("kind", ENGINE_MODULES)
def test_every_kind_has_a_library_that_reports_can_name(kind):
    assert re.search(r"\d", engine(kind))
