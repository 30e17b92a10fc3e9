"""What teachers read from outside the repository: a commit stands for its files, other files are digested."""

import hashlib
from types import SimpleNamespace

import pytest

from dragon import artifacts
from dragon.artifacts import Layout
from dragon.config import Teacher
from dragon.errors import ConfigError
from stages import folders

COMMIT = "0123456789abcdef0123456789abcdef01234567"


def teacher(encoder, engine=None):
    return Teacher(kind="lucene", encoder="x", stands_for="", options={"encoder": encoder, "engine": engine or {}})


@pytest.fixture
def noted(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DRAGON_DATA", str(tmp_path / "data"))
    (tmp_path / "data" / "index").mkdir(parents=True)
    (tmp_path / "data" / "index" / "segments_1").write_text("four")
    (tmp_path / "data" / "d2q.jsonl").write_text("{}")

    def note(**teachers):
        scale = SimpleNamespace(teachers=teachers)
        params = SimpleNamespace(scale_name="paper", scale=scale, layout=Layout("paper"))
        monkeypatch.setattr(folders, "Params", SimpleNamespace(load=lambda: params))
        folders.main("checkpoints")
        return artifacts.read_json(Layout("paper").folders("checkpoints"))

    return note


def test_a_commit_stands_for_its_files_and_nothing_is_fetched(noted):
    found = noted(a=teacher({"path": f"hub:org/name@{COMMIT}"}), b=teacher({"path": "hub:org/name"}), c=teacher({}))
    assert found == {"a": {"commit": COMMIT}, "b": {"commit": None}}


def test_files_beside_a_checkpoint_are_noted(noted):
    encoder = {"path": f"hub:org/name@{COMMIT}", "expansions": {"in-domain/m": "d2q.jsonl"}}
    found = noted(a=teacher(encoder, {"prebuilt": {"in-domain/m": "index", "zero-shot/x": "nowhere"}}))
    assert found["a"]["expansions of in-domain/m"] == hashlib.sha256(b"{}").hexdigest()
    assert found["a"]["prebuilt in-domain/m"] == [["segments_1", 4]]
    assert found["a"]["prebuilt zero-shot/x"] is None  # the engine refuses it where it is needed


def test_a_file_that_is_not_there_is_named(noted):
    with pytest.raises(ConfigError, match=r"paper\.yaml: teachers\.a\.options\.encoder\.expansions\.in-domain/m"):
        noted(a=teacher({"path": f"hub:org/name@{COMMIT}", "expansions": {"in-domain/m": "nowhere.jsonl"}}))
