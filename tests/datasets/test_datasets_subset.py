"""A seeded part of a tiny collection, worked out by hand, and what it may not be."""

from pathlib import Path

import numpy as np
import pytest
from beir_folder import HEADER, LAYOUT, options, write_folder

from dragon.config import Source
from dragon.core import Corpus, Qrels, Queries
from dragon.core.queries import Query
from dragon.core.seeded_sample import keys
from dragon.datasets import materialise
from dragon.datasets.subset import RETRIEVERS, _moved, taken_from
from dragon.errors import ArtifactError, ConfigError

D = 20
PASSAGES = [{"_id": f"d{i}", "title": "", "text": f"passage {i} of stones and {'water' * (i % 3)}"} for i in range(D)]
QUERIES = [{"_id": f"q{i}", "text": f"what is {i}?"} for i in range(6)]
DEV = HEADER + "q0\td3\t1\nq1\td17\t1\nq1\tgone\t1\n"
DL19 = HEADER + "q2\td5\t3\nq2\td6\t0\n"
TRAIN = HEADER + "q3\td3\t1\nq3\td8\t1\nq4\td0\t1\nq4\td5\t0\nq5\td9\t1\n"
FINDS = {"what is 0?": [9, 3], "what is 1?": [17, -1], "what is 2?": [9, 12]}
"""Rows that the stand-in of a retriever finds."""


def finds(opts, corpus, queries, depth, where):
    """What each query finds, to the depth."""
    assert (opts, len(corpus), where) == (
        {"k": 1},
        D,
        "scales/local.yaml: suites.*.datasets.part.options.pools.options",
    )
    return np.array([FINDS[query][:depth] for query in queries], dtype=np.int32)


@pytest.fixture
def source(tmp_path, monkeypatch):
    monkeypatch.setitem(RETRIEVERS._entries, "table", finds)
    root = write_folder(tmp_path / "whole", PASSAGES, QUERIES, dev=DEV, dl19=DL19, train=TRAIN)
    splits = {name: f"qrels/{name}.tsv" for name in ("dev", "dl19", "train")}
    return {"kind": "beir", "options": options(root, splits=splits, titles=False, role="in-domain")}


@pytest.fixture
def make(source, tmp_path):
    def made(folder="part", **changes):
        pools = {"retriever": "table", "splits": ["dev", "dl19"], "depth": 2, "options": {"k": 1}}
        base = {"of": source, "passages": 11, "judged": ["dev", "dl19"], "pools": pools, "seed": 5, "expect": None}
        return materialise("subset", "part", {**base, **changes}, tmp_path / folder, LAYOUT)

    return made


def opened(folder):
    return list(Corpus.open(folder / "corpus").ids)


def test_judged_pooled_and_random_passages_in_the_collections_order(make, tmp_path):
    facts = make()
    judged, pooled = [3, 5, 6, 17], [9, 12]
    rest = [row for row in range(D) if row not in judged + pooled]
    random = sorted(rest, key=keys(0, D, 5).tolist().__getitem__)[:5]
    rows = sorted(judged + pooled + random)
    assert opened(tmp_path / "part") == [f"d{row}" for row in rows]
    assert [p.text for p in Corpus.open(tmp_path / "part" / "corpus")] == [PASSAGES[row]["text"] for row in rows]
    assert (facts["passages"], facts["of"]["passages"], facts["of"]["kind"]) == (11, D, "beir")
    counts = {key: facts["report"][key] for key in ("judged", "judged_elsewhere", "pooled", "random")}
    assert counts == {"judged": 4, "judged_elsewhere": 1, "pooled": 2, "random": 5}


def test_splits_follow(make, tmp_path):
    facts = make(passages=6)  # judged and pooled only: d3 d5 d6 d9 d12 d17
    qrels = {name: Qrels.read(tmp_path / "part" / "qrels" / f"{name}.trec").grades for name in ("dev", "dl19", "train")}
    assert qrels["dev"] == {"q0": {"d3": 1}, "q1": {"d17": 1, "gone": 1}}  # what no search can find still counts
    assert qrels["dl19"] == {"q2": {"d5": 3, "d6": 0}}
    assert qrels["train"] == {"q3": {"d3": 1}, "q5": {"d9": 1}}  # q4's relevant d0 is out, its judged d5 is no answer
    assert list(Queries.open(tmp_path / "part" / "queries" / "train").ids) == ["q3", "q5"]
    assert facts["queries"] == {"dev": 2, "dl19": 1, "train": 2}
    assert (facts["report"]["queries_left_out_of_train"], facts["report"]["queries_left_out_of_dev"]) == (1, 0)
    assert (facts["titles"], facts["drop_same_id"]) == (False, False)  # of the collection, and still true


def test_it_is_a_function_of_its_options(make, tmp_path):
    first = make()
    assert make("again") == first
    assert (tmp_path / "again" / "meta.json").read_bytes() == (tmp_path / "part" / "meta.json").read_bytes()
    make("other", seed=6)
    assert opened(tmp_path / "other") != opened(tmp_path / "part")
    expect = {key: first[key] for key in ("passages", "queries", "sha256")}
    assert make("third", expect=expect) == first
    with pytest.raises(ArtifactError, match=r"part\.options\.expect: sha256: found .*, expected"):
        make("fourth", expect=expect, seed=6)
    assert not (tmp_path / "fourth").exists()


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("passages", [6, 13, D])
def test_exact_size_nothing_twice_and_every_judged_passage(make, tmp_path, seed, passages):
    make(passages=passages, seed=seed)
    ids = opened(tmp_path / "part")
    assert len(ids) == len(set(ids)) == passages
    assert {"d3", "d5", "d6", "d17", "d9", "d12"} <= set(ids)
    assert sorted(ids, key=lambda doc_id: int(doc_id[1:])) == ids


def test_a_larger_subset_holds_a_smaller_one(make, tmp_path):
    make("small", passages=9)
    make("large", passages=14)
    assert set(opened(tmp_path / "small")) < set(opened(tmp_path / "large"))


def test_without_pools_only_judgments_decide(make, tmp_path):
    facts = make(pools=None, passages=4)
    assert opened(tmp_path / "part") == ["d3", "d5", "d6", "d17"]
    assert facts["report"]["pooled"] == 0


def test_source_rows_move_with_their_passages():
    queries = [Query("a", "of a passage that is in", 9), Query("b", "of one that is not", 4), Query("c", "of none")]
    assert [query.source_row for query in _moved(queries, np.array([3, 9]))] == [1, -1, -1]
    assert _moved(queries[2:], np.array([3, 9])) == queries[2:]


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"passages": 5}, ArtifactError, "found 5, but 4 passages are judged and 2 pooled; raise it, or lower"),
        ({"passages": D + 1}, ArtifactError, r"passages: found 21, allowed: up to 20"),
        ({"passages": 0}, ConfigError, r"passages: found 0"),
        ({"judged": ["dev", "dl20"]}, ConfigError, "judged: found 'dl20', allowed: dev, dl19, train"),
        ({"seed": -1}, ConfigError, "seed: found -1"),
        ({"of": {"kind": "biir", "options": {}}}, ConfigError, "found 'biir'.*did you mean 'beir'"),
        ({"of": {"kind": "beir", "options": {}}}, ConfigError, r"part\.options\.of\.options: missing folder"),
        ({"sead": 1}, ConfigError, "did you mean 'seed'"),
    ],
)
def test_what_cannot_be_is_named(make, tmp_path, changes, error, message):
    with pytest.raises(error, match=message):
        make(**changes)
    assert not (tmp_path / "part").exists()


def test_wrong_pools_are_named(make):
    pools = {"retriever": "table", "splits": ["dev"], "depth": 2, "options": {"k": 1}}
    for key, value in {"retriever": "tables", "splits": ["tests"], "depth": 0}.items():
        with pytest.raises(ConfigError, match=rf"pools\.{key}: found"):
            make(pools={**pools, key: value})


def test_a_split_without_a_query_is_named(make):
    with pytest.raises(ArtifactError, match="no query of dev has a relevant passage in the subset"):
        make(judged=["dl19"], pools=None, passages=2)


def test_the_collection_that_a_subset_reads_is_known(source):
    inner = taken_from(Source(kind="subset", options={"of": source}))
    assert (inner.kind, inner.options) == ("beir", source["options"])
    assert taken_from(inner) is inner


def test_lucene_finds_the_pools(source, tmp_path):
    """Through the stage's own retriever: the passages that hold a query's words, best first."""
    from stages.datasets import RETRIEVERS as REGISTERED

    assert "lucene-bm25" in REGISTERED
    texts = [{"_id": "q0", "text": "number seven"}, {"_id": "q1", "text": "eleven?"}, {"_id": "q2", "text": "nowhere"}]
    named = {7: "number seven", 11: "eleven", 12: "eleven eleven"}
    write_folder(
        tmp_path / "whole",
        [{**one, "text": named.get(i, one["text"])} for i, one in enumerate(PASSAGES)],
        [*texts, *QUERIES[3:]],
        dev=DEV,
        dl19=DL19,
        train=TRAIN,
    )
    engine = {"k1": 0.9, "b": 0.4, "threads": 1, "heap": "512m"}
    how = {"encoder": {"stemmer": "porter", "stopwords": True}, "engine": engine}
    pools = {"retriever": "lucene-bm25", "splits": ["dev", "dl19"], "depth": 1, "options": how}
    made = {"of": source, "passages": 6, "judged": ["dev", "dl19"], "pools": pools, "seed": 5, "expect": None}
    materialise("subset", "part", made, Path(tmp_path / "part"), LAYOUT)
    assert opened(tmp_path / "part") == ["d3", "d5", "d6", "d7", "d12", "d17"]
