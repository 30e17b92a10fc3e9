"""A suite with a gated collection and a group: stages with the collection and without it."""

import dataclasses
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from ruamel.yaml import YAML

from dragon import artifacts
from dragon.artifacts import Layout
from dragon.config import Params
from dragon.core import MetricTable
from dragon.errors import ArtifactError, ConfigError
from dragon.evaluation import keys
from dragon.models.vocabulary import write_vocabulary
from dragon.settings import Source
from stages import config, datasets, folders, tokens, verify_data
from stages.scoring import score

ROOT = Path(__file__).parents[1]
LAYOUT = Layout("mini")
SHARED = {"corpus": "corpus.jsonl", "queries": "queries.jsonl", "splits": {"test": "qrels/test.tsv"}, "expect": None}
SHARED |= {"query_field": "text", "titles": True, "drop_same_id": False, "role": "zero-shot"}
ROW = {"about": "", "layout": "beir", "files": {}, "inside": "", "passages": 2, "titles": True, "drop_same_id": False}
ROW |= {"gated": True, "query_field": "text", "licence": "signed agreement"}
ROW |= {"splits": {"test": {"ir_datasets": None, "measure": "nDCG@10", "queries": 1, "judgments": None}}}


def write_folder(path, title="Title"):
    """Passages a and b; b is relevant."""
    (path / "qrels").mkdir(parents=True)
    rows = [{"_id": "a", "title": title, "text": "first"}, {"_id": "b", "title": "", "text": "second"}]
    (path / "corpus.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (path / "queries.jsonl").write_text('{"_id": "q", "text": "second"}\n')
    (path / "qrels" / "test.tsv").write_text("query-id\tcorpus-id\tscore\nq\tb\t1\n")


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """`wiki` alone, `android` and `gis` as the group `forums`, and `secret`, which nobody brought."""
    here, yaml = tmp_path / "checkout", YAML()
    (here / "scales").mkdir(parents=True)
    (here / "registry").mkdir()
    yaml.dump({"files": {}, "collections": {"secret": ROW}}, here / "registry" / "collections.yaml")
    shutil.copy(ROOT / "params.yaml", here)
    scale = yaml.load((ROOT / "scales" / "mini.yaml").read_text())
    suite, names = scale["suites"]["zero-shot"], ("wiki", "android", "gis")
    suite["datasets"] = {name: {"kind": "beir", "options": {**SHARED, "folder": name}} for name in names}
    suite["datasets"]["wiki"]["options"]["title_separator"] = " [SEP] "
    suite["datasets"]["secret"] = {
        "kind": "gated",
        "options": {"collection": "secret", "folder": "secret", "splits": ["test"]},
    }
    suite["tests"] = {name: f"{name}/test" for name in (*names, "secret")}
    suite["mean_of"], suite["groups"] = ["wiki", "secret"], {"forums": ["android", "gis"]}
    yaml.dump(scale, here / "scales" / "mini.yaml")
    for name in names:
        write_folder(tmp_path / "data" / name)
    monkeypatch.chdir(here)
    monkeypatch.setenv("DRAGON_DATA", str(tmp_path / "data"))
    return here


def search(dataset, split, queries):
    """`gis` finds nothing relevant."""
    docs = [[0, -1]] if dataset == "gis" else [[1, 0]]
    return np.array(docs, dtype=np.int32), np.array([[2.0, 1.0]], dtype=np.float32)


def scored(work):
    return score(Params.load(), "one", "zero-shot", search, {}, work)


def test_what_is_absent_is_said_and_left_out_and_comes_in_when_it_is_there(checkout, tmp_path, capsys):
    folders.main("zero-shot")
    before = artifacts.read_json(LAYOUT.folders("zero-shot"))
    datasets.main("zero-shot")
    assert "zero-shot/secret: n/a (gated: signed agreement; no BEIR folder secret" in capsys.readouterr().out
    table = scored(tmp_path / "work")
    assert list(table.values) == ["wiki", "android", "gis", "forums", "mean"]
    assert table.values["forums"]["nDCG@10"] == 0.5 and table.values["mean"]["nDCG@10"] == 1.0
    assert table.facts["mean_of"] == ["wiki"] and list(table.facts["absent"]) == ["secret"]
    write_folder(tmp_path / "data" / "secret")
    folders.main("zero-shot")
    after = artifacts.read_json(LAYOUT.folders("zero-shot"))
    assert before["secret"] == {} and set(after["secret"]) == {"corpus.jsonl", "queries.jsonl", "qrels/test.tsv"}
    datasets.main("zero-shot")
    table = scored(tmp_path / "work")
    assert table.facts["mean_of"] == ["wiki", "secret"] and "absent" not in table.facts


def test_a_suite_whose_collections_are_all_absent_is_refused(checkout, tmp_path):
    path, yaml = checkout / "scales" / "mini.yaml", YAML()
    scale = yaml.load(path)
    scale["suites"]["zero-shot"]["mean_of"] = ["secret"]
    yaml.dump(scale, path)
    datasets.main("zero-shot")
    with pytest.raises(ArtifactError, match="none of the collections of its mean is there: gated: signed agreement"):
        scored(tmp_path / "work")


def test_tokens_and_keys_leave_it_out(checkout, tmp_path, monkeypatch):
    datasets.main("zero-shot")
    texts = ["Title first second"] * 9
    options = {"size": 60, "lowercase": True, "alphabet": 50, "min_frequency": 1}
    write_vocabulary(Source(kind="wordpiece", options=options), texts, "here", LAYOUT.vocabulary())
    tokens.main("zero-shot")
    folder = LAYOUT.tokens("zero-shot")
    assert sorted(path.name for path in folder.iterdir()) == ["android", "gis", "wiki"]
    wiki, gis = (artifacts.read_meta(folder / name / "corpus") for name in ("wiki", "gis"))
    assert wiki["pieces"] == gis["pieces"] + 2  # [SEP] after the title, and where there is none
    rules = keys._suite(Params.load(), "zero-shot")
    assert rules["groups"] == {"forums": ("android", "gis")} and rules["data"]["secret"] == {}
    write_folder(tmp_path / "data" / "secret")
    datasets.main("zero-shot")
    tokens.main("zero-shot")
    assert keys._suite(Params.load(), "zero-shot")["data"]["secret"] != {}


def test_a_suite_without_groups_keeps_its_keys(checkout):
    params = Params.load()
    suite = params.scale.suites["zero-shot"]
    plain = dataclasses.replace(suite, groups={})
    assert keys._groups(plain) == {} and set(keys._groups(suite)) == {"groups", "mean"}
    config.main()
    assert artifacts.read_json(LAYOUT.facts("zero-shot"))["groups"] == {"forums": ["android", "gis"]}
    assert "groups" not in artifacts.read_json(LAYOUT.facts("in-domain"))


@pytest.mark.parametrize(
    ("groups", "said"),
    [
        ({"forums": ["android", "giss"]}, r"suites.zero-shot.groups.forums: found 'giss'.*did you mean 'gis'"),
        ({"wiki": ["android"]}, r"groups: found 'wiki', which is a test too"),
        ({"mean": ["android"]}, r"groups: found 'mean', which is a test too"),
        ({"forums": []}, r"groups.forums: found \[\]"),
        ({"secret2": ["android"], "wiki2": ["gis"]}, r"mean_of: found the group 'wiki2'"),
    ],
)
def test_a_group_that_cannot_be_is_refused(checkout, groups, said):
    path, yaml = checkout / "scales" / "mini.yaml", YAML()
    scale = yaml.load(path)
    scale["suites"]["zero-shot"]["groups"] = groups
    scale["suites"]["zero-shot"]["mean_of"] = ["wiki", *(name for name in groups if name == "wiki2")]
    yaml.dump(scale, path)
    with pytest.raises(ConfigError, match=said):
        Params.load()


def test_verify_data_hashes_everything_and_names_what_is_wrong(checkout, tmp_path, capsys):
    datasets.main("zero-shot")
    capsys.readouterr()
    verify_data.main()
    said = capsys.readouterr().out
    assert said.startswith("in-domain: not materialised") and "zero-shot/wiki: sound: 14 files, 2 passages" in said
    assert "zero-shot/secret: sound: n/a (gated" in said
    wiki = LAYOUT.dataset("zero-shot", "wiki")
    size = (wiki / "corpus" / "texts.bin").stat().st_size
    text = (wiki / "corpus" / "texts.bin").read_bytes()
    (wiki / "corpus" / "texts.bin").write_bytes(text[::-1])
    (wiki / "qrels" / "test.trec").unlink()
    (wiki / "notes.txt").write_text("mine")
    shutil.rmtree(LAYOUT.dataset("zero-shot", "gis"))
    with pytest.raises(ArtifactError, match="2 of the collections of scale mini are not sound"):
        verify_data.main()
    said = capsys.readouterr().out
    for wrong in (
        "wiki/corpus/texts.bin: found sha256",
        "wiki/qrels/test.trec: missing",
        "wiki/notes.txt: not part of",
    ):
        assert wrong in said
    assert "zero-shot/gis: wrong" in said and "zero-shot/android: sound" in said
    assert size == (wiki / "corpus" / "texts.bin").stat().st_size  # the size alone says nothing
    command = [sys.executable, "-m", "stages.verify_data"]
    ended = subprocess.run(command, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True)
    assert ended.returncode == 2 and ended.stderr.startswith("error: 2 of the collections")


def test_a_changed_file_stops_an_evaluation(checkout, tmp_path):
    datasets.main("zero-shot")
    scored(tmp_path / "work")
    path = LAYOUT.dataset("zero-shot", "android") / "corpus" / "texts.bin"
    path.write_bytes(path.read_bytes()[::-1])
    with pytest.raises(ArtifactError, match=r"android/corpus/texts.bin: found sha256 .*make verify-data"):
        scored(tmp_path / "work")


def test_metrics_of_a_suite_without_groups_do_not_change(checkout, tmp_path):
    path, yaml = checkout / "scales" / "mini.yaml", YAML()
    scale = yaml.load(path)
    suite = scale["suites"]["zero-shot"]
    del suite["groups"], suite["datasets"]["secret"], suite["tests"]["secret"]
    suite["mean_of"] = ["wiki"]
    yaml.dump(scale, path)
    datasets.main("zero-shot")
    scored(tmp_path / "work").write(tmp_path / "metrics.json")
    facts = MetricTable.read(tmp_path / "metrics.json").facts
    assert list(facts) == ["num_queries", "without_results", "without_judgments", "runs", "mean_of"]
