"""Impact indexes and vectors that somebody else made, with ids that are no rows."""

import gzip
import json
import shutil

import pytest

from dragon.core import Corpus, Passage
from dragon.errors import ArtifactError, ConfigError
from dragon.teachers.lucene import open_lucene

OPTIONS = {"threads": 1, "heap": "512m"}
VECTORS = {"d9": {"a": 3, "b": 1}, "d10": {"a": 3}, "d2": {"b": 7, "##c": 2}, "d1": {"a": 1}}


class Queries:
    """Only queries are encoded."""

    def queries(self, texts):
        return [{text: 2} for text in texts]

    def documents(self, texts):
        raise AssertionError("a prebuilt index needs no passages")


def write(folder, vectors, name="part-0.jsonl"):
    folder.mkdir(exist_ok=True)
    opened = gzip.open if name.endswith(".gz") else open
    with opened(folder / name, "wt") as file:
        for doc_id, vector in vectors.items():
            file.write(json.dumps({"id": doc_id, "contents": "", "vector": vector}) + "\n")
    return folder


@pytest.fixture
def corpus(tmp_path):
    folder = tmp_path / "local" / "datasets" / "in-domain" / "m" / "corpus"
    return Corpus.write(folder, [Passage(doc_id, "", doc_id) for doc_id in VECTORS])


def search(corpus, work, folder, queries, depth=4):
    options = {**OPTIONS, "prebuilt": {"in-domain/m": str(folder)}}
    work.mkdir()
    return open_lucene(Queries(), options, corpus, work).search(queries, depth)


@pytest.mark.parametrize("name", ["part-0.jsonl", "part-0.jsonl.gz"])
def test_vectors_are_indexed_and_ids_become_rows(corpus, tmp_path, name):
    docs, scores = search(corpus, tmp_path / "work", write(tmp_path / "v", VECTORS, name), ["a", "##c", "none"])
    # a: 6 for d9 and d10; the id as a string decides, so d10 (row 1) stands before d9 (row 0)
    assert docs.tolist() == [[1, 0, 3, -1], [2, -1, -1, -1], [-1] * 4]
    assert scores[0, :3].tolist() == [6, 6, 2]


def test_an_index_is_searched_where_it_lies(corpus, tmp_path):
    search(corpus, tmp_path / "work", write(tmp_path / "v", VECTORS), ["a"])
    index = shutil.copytree(tmp_path / "work" / "index", tmp_path / "theirs")
    docs, _ = search(corpus, tmp_path / "again", index, ["a", "b"])
    assert docs.tolist() == [[1, 0, 3, -1], [2, 0, -1, -1]]
    assert not (tmp_path / "again" / "index").exists()


def test_unknown_ids_are_counted_and_named(corpus, tmp_path, capsys):
    vectors = {"x1": {"a": 9}, "d9": VECTORS["d9"], "d1": VECTORS["d1"]}
    docs, _ = search(corpus, tmp_path / "work", write(tmp_path / "v", vectors), ["a"])
    assert docs.tolist() == [[0, 3, -1, -1]]
    said = capsys.readouterr().err
    assert "1 of 3 results have ids that the collection lacks (x1): left out" in said
    assert "holds 3 of the collection's 4 passages" in said


def test_an_index_of_another_collection_is_refused(corpus, tmp_path):
    with pytest.raises(ArtifactError, match=r"2 of 2 results .*\(x0, x1\); allowed: an index of this collection"):
        search(corpus, tmp_path / "work", write(tmp_path / "v", {f"x{i}": {"a": 2} for i in range(2)}), ["a"])
    with pytest.raises(ArtifactError, match="holds 5 passages, the collection 4"):
        search(corpus, tmp_path / "more", write(tmp_path / "w", {f"x{i}": {"a": 2} for i in range(5)}), ["a"])


@pytest.mark.parametrize(("vector", "said"), [({"a": 0.9}, "the weight 0.9"), (["a"], "JSON with id and vector")])
def test_what_anserini_would_cut_in_silence_is_refused(corpus, tmp_path, vector, said):
    with pytest.raises(ArtifactError, match=rf"part-0\.jsonl:1: .*{said}"):
        search(corpus, tmp_path / "work", write(tmp_path / "v", {"d1": vector}), ["a"])


def test_a_folder_that_is_neither_is_refused_before_java_starts(corpus, tmp_path):
    (tmp_path / "v").mkdir()
    with pytest.raises(ConfigError, match=r"prebuilt\.in-domain/m: found .*/v, allowed: a Lucene index"):
        search(corpus, tmp_path / "work", tmp_path / "v", ["a"])
    with pytest.raises(ConfigError, match=r"prebuilt\.in-domain/m: found .*nowhere.* no such folder"):
        search(corpus, tmp_path / "more", tmp_path / "nowhere", ["a"])
