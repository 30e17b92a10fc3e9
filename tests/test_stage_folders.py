"""Stages on BEIR folders: what DVC is shown of them, what the user is told, and the rule of the ids in evaluations."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from ruamel.yaml import YAML

from dragon import artifacts
from dragon.artifacts import Layout
from dragon.core import Corpus, Queries
from dragon.datasets import materialise
from dragon.errors import ConfigError
from dragon.evaluation import keys
from stages import datasets, folders
from stages.scoring import at_depth

ROOT = Path(__file__).parents[1]
LAYOUT = Layout("mini")
OPTIONS = {
    "folder": "stones",
    "corpus": "corpus.jsonl",
    "queries": "queries.jsonl",
    "splits": {"test": "qrels/test.tsv"},
    "query_field": "text",
    "titles": True,
    "drop_same_id": True,
    "role": "zero-shot",
    "expect": None,
}


@pytest.fixture
def folder(tmp_path):
    """``data/stones``: the query `a` is also a passage, the query `q` is not."""
    path = tmp_path / "data" / "stones"
    (path / "qrels").mkdir(parents=True)
    rows = [{"_id": name, "title": "", "text": f"stone {name}"} for name in "abc"]
    (path / "corpus.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (path / "queries.jsonl").write_text('{"_id": "a", "text": "stone a"}\n{"_id": "q", "text": "stone"}\n')
    (path / "qrels" / "test.tsv").write_text("query-id\tcorpus-id\tscore\na\tb\t1\nq\tc\t1\nq\tnowhere\t1\n")
    return path


@pytest.fixture
def checkout(tmp_path, folder, monkeypatch):
    """The repository's settings with one more zero-shot collection, `stones`, as the only one."""
    here, yaml = tmp_path / "checkout", YAML()
    (here / "scales").mkdir(parents=True)
    shutil.copy(ROOT / "params.yaml", here)
    scale = yaml.load((ROOT / "scales" / "mini.yaml").read_text())
    suite = scale["suites"]["zero-shot"]
    suite["datasets"] = {"stones": {"kind": "beir", "options": dict(OPTIONS)}}
    suite["tests"], suite["mean_of"] = {"stones": "stones/test"}, ["stones"]
    with (here / "scales" / "mini.yaml").open("w") as file:
        yaml.dump(scale, file)
    monkeypatch.chdir(here)
    monkeypatch.setenv("DRAGON_DATA", str(tmp_path / "data"))
    return here


def test_the_stage_shows_dvc_a_change_and_nothing_else(checkout, folder, capsys):
    folders.main("zero-shot")
    path = LAYOUT.folders("zero-shot")
    before = path.read_bytes()
    assert list(artifacts.read_json(path)["stones"]) == ["corpus.jsonl", "queries.jsonl", "qrels/test.tsv"]
    assert capsys.readouterr().out == "zero-shot: stones outside the repository\n"
    (folder / "corpus.jsonl").touch()
    folders.main("zero-shot")
    assert path.read_bytes() == before  # no date and no path of this machine
    with (folder / "queries.jsonl").open("a") as file:
        file.write('{"_id": "new", "text": "new?"}\n')
    folders.main("zero-shot")
    assert path.read_bytes() != before


def test_other_kinds_of_collection_have_no_folder(checkout):
    folders.main("in-domain")
    assert artifacts.read_json(LAYOUT.folders("in-domain")) == {}


def test_checkpoints_of_teachers_are_outside_too(checkout, tmp_path, capsys):
    folders.main("checkpoints")
    assert artifacts.read_json(LAYOUT.folders("checkpoints")) == {}  # mini fits all its teachers
    model = tmp_path / "data" / "model"
    model.mkdir()
    (model / "config.json").write_text("{}")
    (model / "model.safetensors").write_bytes(b"weights")
    path, yaml = checkout / "scales" / "mini.yaml", YAML()
    scale = yaml.load(path.read_text())
    scale["teachers"]["contriever"]["options"]["encoder"] = {"path": "model"}
    with path.open("w") as file:
        yaml.dump(scale, file)
    folders.main("checkpoints")
    found = artifacts.read_json(LAYOUT.folders("checkpoints"))["contriever"]
    assert found == {name: artifacts.file_digest(model / name) for name in ("config.json", "model.safetensors")}
    assert capsys.readouterr().out.endswith("checkpoints: contriever outside the repository\n")
    shutil.rmtree(model)
    with pytest.raises(ConfigError, match=r"teachers\.contriever\.options\.encoder\.path: found 'model', but .* not a"):
        folders.main("checkpoints")


def test_a_missing_folder_is_one_clear_line(checkout, monkeypatch):
    monkeypatch.delenv("DRAGON_DATA")
    where = r"scales/mini\.yaml: suites\.zero-shot\.datasets\.stones\.options\.folder"
    with pytest.raises(ConfigError, match=rf"{where}: found 'stones', .* DRAGON_DATA, which is not set"):
        folders.main("zero-shot")


def test_the_datasets_stage_says_what_it_noticed(checkout, capsys):
    datasets.main("zero-shot")
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("zero-shot/stones: 3 passages; queries: test 2; sha256 ")
    assert lines[1:] == [
        "warning: zero-shot/stones: split test: 1 judged documents are not in the corpus; kept, as trec_eval does:"
        " never found (nowhere)"
    ]


@pytest.fixture
def data(folder, tmp_path):
    def make(**changes):
        materialise("beir", "stones", {**OPTIONS, "folder": str(folder), **changes}, tmp_path / "made", LAYOUT)
        return tmp_path / "made"

    return make


def fetch(lists, depth):
    """A search that knows its lists, cut at a depth."""
    docs = np.array(lists, dtype=np.int32)[:, :depth]
    return docs, np.tile(np.arange(docs.shape[1], 0, -1, dtype=np.float32), (len(docs), 1))


@pytest.mark.parametrize(
    ("depth", "expected"),
    [(1, [[2], [0]]), (2, [[2, 1], [0, 1]]), (3, [[2, 1, -1], [0, 1, 2]]), (10, [[2, 1, -1], [0, 1, 2]])],
)
def test_one_more_is_fetched_and_the_query_itself_dropped(data, depth, expected):
    made = data()
    queries = Queries.open(made / "queries" / "test")
    docs, scores = at_depth(made, queries, depth, lambda k: fetch([[0, 2, 1], [0, 1, 2]], k))
    assert list(Corpus.open(made / "corpus").ids) == ["a", "b", "c"]
    assert docs.tolist() == expected
    assert (np.isneginf(scores) == (docs == -1)).all()


def test_without_the_rule_lists_stay_as_they_are(data):
    made = data(drop_same_id=False)
    found = at_depth(made, Queries.open(made / "queries" / "test"), 2, lambda k: fetch([[0, 2, 1], [0, 1, 2]], k))
    assert found[0].tolist() == [[0, 2], [0, 1]]


def test_the_rule_is_part_of_what_decides_an_evaluation(data):
    with_rule, without = keys._data(data()), keys._data(data(drop_same_id=False))
    assert with_rule != without
    assert without == artifacts.read_meta(data(drop_same_id=False))["files"]
