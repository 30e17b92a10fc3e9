"""What a scale is made from, one line each, with the remedy for what is not here."""

from dataclasses import replace

import pytest
from doctor_scale import PARAMS
from huggingface_hub import constants

from dragon.config import Source
from dragon.doctor.data import data
from dragon.imports import Imported

REVISION = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture
def lines(monkeypatch, tmp_path):
    """Findings of a scale like mini with some of its entries replaced, in a folder without registry."""
    monkeypatch.chdir(tmp_path)
    for name in ("DRAGON_DATA", "DRAGON_DOWNLOAD", "IR_DATASETS_HOME"):
        monkeypatch.delenv(name, raising=False)

    def make(**changed):
        nothing = {"suites": {}, "query_sets": {}, "pretrained": {}, "teachers": {}, "imported": {}}
        scale = replace(PARAMS.scale, **{**nothing, "vocabulary": Source(kind="wordpiece"), **changed})
        return list(data(replace(PARAMS, scale=scale)))

    return make


def suite(**sources):
    return {"zero-shot": replace(PARAMS.scale.suites["zero-shot"], datasets=sources)}


def encoder(path):
    teacher = PARAMS.scale.teachers["contriever"]
    return {"contriever": replace(teacher, options={"encoder": {"path": path}})}


def test_packages_of_the_embedded_collection(lines):
    found = lines(suites=suite(a=Source(kind="pydocs", options={"packages": ["numpy", "nobodys-package"]})))
    assert [one.state for one in found] == ["ok", "missing"]


def test_a_beir_folder_below_the_users_data(lines, tmp_path, monkeypatch):
    entry = suite(a=Source(kind="beir", options={"folder": "nfcorpus"}))
    (found,) = lines(suites=entry)
    assert found.state == "missing" and "DRAGON_DATA" in found.remedy
    (tmp_path / "data/nfcorpus").mkdir(parents=True)
    monkeypatch.setenv("DRAGON_DATA", str(tmp_path / "data"))
    assert lines(suites=entry)[0].state == "ok"


def test_a_gated_collection_is_no_obstacle(lines):
    (found,) = lines(suites=suite(a=Source(kind="gated", options={"folder": "robust04", "collection": "robust04"})))
    assert found.state == "note" and "n/a" in found.says


def test_files_of_a_registered_collection_in_the_cache_of_ir_datasets(lines, tmp_path, monkeypatch):
    (tmp_path / "registry").mkdir()
    (tmp_path / "registry/collections.yaml").write_text(
        "files: {zip: {url: u, md5: m, bytes: 2000000000, cache: beir/a.zip}}\n"
        "collections: {a: {files: {archive: zip, again: zip}}}\n"
    )
    entry = suite(x=Source(kind="registered", options={"collection": "a"}))
    (found,) = lines(suites=entry)
    assert found.state == "missing" and "(2 GB)" in found.says and "DRAGON_DOWNLOAD=1" in found.remedy
    monkeypatch.setenv("DRAGON_DOWNLOAD", "1")
    assert lines(suites=entry)[0].state == "note"
    monkeypatch.setenv("IR_DATASETS_HOME", str(tmp_path / "home"))
    (tmp_path / "home/downloads").mkdir(parents=True)
    (tmp_path / "home/downloads/m").write_text("")
    assert lines(suites=entry)[0].state == "ok"
    (unknown,) = lines(suites=suite(x=Source(kind="registered", options={"collection": "b"})))
    assert unknown.state == "missing" and "no collection 'b'" in unknown.says


def test_a_model_of_the_hub_is_looked_for_in_its_cache(lines, tmp_path, monkeypatch):
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    named = encoder(f"hub:org/model@{REVISION}")
    assert lines(teachers=named)[0].state == "missing"
    monkeypatch.setenv("HF_HUB_OFFLINE", "0")
    assert lines(teachers=named)[0].state == "note"
    folder = tmp_path / "hub/models--org--model/snapshots" / REVISION
    folder.mkdir(parents=True)
    (folder / "config.json").write_text("{}")
    assert lines(teachers=named)[0].state == "ok"


def test_a_model_without_a_commit_must_be_pinned(lines, tmp_path):
    (found,) = lines(teachers=encoder("hub:org/model"))
    assert found.state == "missing" and "no commit is pinned" in found.says
    (tmp_path / "registry").mkdir()
    (tmp_path / "registry/models.yaml").write_text(f"m: {{id: org/model, revision: {REVISION}}}\n")
    assert "01234567 is not in the hub's cache" in lines(teachers=encoder("hub:org/model"))[0].says


def test_a_checkpoint_in_a_folder_or_a_package(lines, tmp_path):
    (tmp_path / "bert").mkdir()
    (tmp_path / "bert/config.json").write_text("{}")
    assert lines(teachers=encoder(str(tmp_path / "bert")))[0].state == "ok"
    assert lines(teachers=encoder(str(tmp_path / "gone")))[0].state == "missing"
    assert "pip install nobodys-model" in lines(teachers=encoder("package:nobodys-model"))[0].says
    start = {"plain": Source(kind="checkpoint", options={"name": str(tmp_path / "bert"), "revision": None})}
    assert lines(pretrained=start)[0].state == "ok"


def test_indexes_and_expansions_that_a_teacher_names(lines, tmp_path):
    teacher = PARAMS.scale.teachers["unicoil"]
    options = {
        "encoder": {"expansions": {"msmarco": "d2q.jsonl"}},
        "engine": {"prebuilt": {"msmarco": str(tmp_path / "i")}},
    }
    named = {"unicoil": replace(teacher, options=options)}
    assert [one.state for one in lines(teachers=named)] == ["missing", "missing"]
    (tmp_path / "i").mkdir()
    (tmp_path / "d2q.jsonl").write_text("")
    assert [one.state for one in lines(teachers=named)] == ["ok", "ok"]


def test_files_of_the_user_are_looked_for(lines, tmp_path):
    sets = {"genq": Source(kind="doc2query-pool", options={"archive": "pool.zip"})}
    system = {"bm25": Imported(about="x", runs={"in-domain/dl19": "run.trec"})}
    assert [one.state for one in lines(query_sets=sets, imported=system)] == ["missing", "missing"]
    for name in ("pool.zip", "run.trec"):
        (tmp_path / name).write_text("")
    assert [one.state for one in lines(query_sets=sets, imported=system)] == ["ok", "ok"]
