"""BEIR folders in order: what they become, and that BEIR's own loader reads the same."""

import pytest
from beir.datasets.data_loader import GenericDataLoader
from beir_folder import HEADER, PASSAGES, QRELS, QUERIES, read_folder, write_folder

from dragon import artifacts
from dragon.core import Corpus, Passage, Qrels, Queries, Run
from dragon.core.queries import NO_SOURCE
from dragon.datasets import materialise
from dragon.datasets.expected import Expected
from dragon.errors import ArtifactError, ConfigError
from dragon.evaluation.measures import per_query


@pytest.fixture
def root(tmp_path):
    return write_folder(tmp_path / "data" / "rivers")


@pytest.fixture
def made(tmp_path):
    return tmp_path / "made"


def all_queries(made, split="test"):
    rows = Queries.open(made / "queries" / split)
    return [rows[row] for row in range(len(rows))]


def test_a_folder_becomes_a_collection(root, made):
    facts = read_folder(root, made)
    assert list(Corpus.open(made / "corpus")) == [Passage(*row.values()) for row in PASSAGES]
    assert Corpus.open(made / "corpus").full_texts()[:2] == ["Rivers Water runs downhill.", PASSAGES[1]["text"]]
    assert all_queries(made) == [("q2", "what stays?", NO_SOURCE), ("q1", "what moves?", NO_SOURCE)]
    assert Qrels.read(made / "qrels" / "test.trec").grades == {"q2": {"d2": 2, "d1": 0}, "q1": {"d3": 1}}
    assert (facts["passages"], facts["queries"], facts["role"]) == (3, {"test": 2}, "zero-shot")
    assert facts["report"]["splits"]["test"]["queries_without_judgments"] == 1
    assert facts["warnings"] == []
    assert {key: value for key, value in artifacts.read_meta(made).items() if key != "files"} == facts


@pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")  # the loader leaves its files open
def test_beirs_loader_reads_the_same(root, made):
    read_folder(root, made)
    corpus, queries, qrels = GenericDataLoader(str(root)).load("test")
    ours = Corpus.open(made / "corpus")
    assert {one.doc_id: {"text": one.text, "title": one.title} for one in ours} == corpus
    assert {query.query_id: query.text for query in all_queries(made)} == queries
    assert Qrels.read(made / "qrels" / "test.trec").grades == qrels


def test_the_digest_of_the_stream_is_that_of_the_collection(root, made):
    facts = read_folder(root, made)
    qrels = {"test": Qrels.read(made / "qrels" / "test.trec")}
    held = Expected.of(list(Corpus.open(made / "corpus")), {"test": all_queries(made)}, qrels)
    assert held == Expected(**{key: facts[key] for key in ("passages", "queries", "sha256")})


def test_what_is_expected_passes_and_what_is_not_leaves_nothing(root, made, tmp_path):
    facts = read_folder(root, made)
    expect = {key: facts[key] for key in ("passages", "queries", "sha256")}
    assert read_folder(root, made, expect=expect) == facts
    message = r"rivers\.options\.expect: passages: found 3, expected 4; get the folder"
    with pytest.raises(ArtifactError, match=message):
        read_folder(root, tmp_path / "other", expect={**expect, "passages": 4})
    assert not (tmp_path / "other").exists()
    assert artifacts.read_meta(made)["sha256"] == expect["sha256"]  # the earlier one is still there


def test_titles_and_query_fields_are_settings(root, made):
    write_folder(root, queries=[{**row, "text": "", "keywords": f"key {row['_id']}"} for row in QUERIES])
    read_folder(root, made, titles=False, query_field="keywords")
    assert Corpus.open(made / "corpus").full_texts() == [row["text"] for row in PASSAGES]
    assert [query.text for query in all_queries(made)] == ["key q2", "key q1"]


def test_a_collection_of_one_document(root, made):
    write_folder(root, corpus=PASSAGES[:1], test=HEADER + "q1\td1\t1\n")
    facts = read_folder(root, made)
    assert (facts["passages"], facts["queries"]) == (1, {"test": 1})


def test_an_in_domain_collection_needs_dev(root, made):
    write_folder(root, dev=QRELS, train=QRELS)
    splits = {"dev": "qrels/dev.tsv", "train": "qrels/train.tsv"}
    assert read_folder(root, made, role="in-domain", splits=splits)["queries"] == {"dev": 2, "train": 2}
    with pytest.raises(ConfigError, match=r"options\.splits: found test, but role in-domain needs dev"):
        read_folder(root, made, role="in-domain")


def test_folders_lie_below_dragon_data(root, made, monkeypatch):
    monkeypatch.setenv("DRAGON_DATA", str(root.parent))
    facts = read_folder("rivers", made)
    assert facts["folder"] == "rivers"  # no path of this machine in the artifact
    with pytest.raises(ConfigError, match=r"options\.folder: found 'streams', but /.*/data/streams is no folder"):
        read_folder("streams", made)
    monkeypatch.delenv("DRAGON_DATA")
    with pytest.raises(ConfigError, match=r"found 'rivers', a folder below DRAGON_DATA, which is not set; `export"):
        read_folder("rivers", made)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"splits": {}}, r"local\.yaml: suites\.\*\.datasets\.rivers\.options\.splits: found none"),
        ({"splits": {"a/b": "x"}}, r"options\.splits: found 'a/b', allowed: letters, digits"),
        ({"role": "indomain"}, r"options\.role: found 'indomain', .*did you mean 'in-domain'"),
        ({"title": True}, r"options\.title: unknown key: found 'title', .*did you mean 'titles'"),
    ],
)
def test_wrong_options_are_named(root, made, changes, message):
    with pytest.raises(ConfigError, match=message):
        read_folder(root, made, **changes)


def test_ids_of_any_kind_live_through_run_files(root, made, tmp_path):
    ids = ["a/b:c", "x" * 300, "文書-1", "Ωμέγα", '"quoted"', "#7"]
    write_folder(
        root,
        corpus=[{"_id": name, "title": "", "text": "t"} for name in ids],
        queries=[{"_id": f"q/{name}", "text": "t"} for name in ids],
        test=HEADER + "".join(f"q/{name}\t{name}\t1\n" for name in ids),
    )
    read_folder(root, made)
    names, qrels = list(Corpus.open(made / "corpus").ids), Qrels.read(made / "qrels" / "test.trec")
    assert names == ids
    asked = [query.query_id for query in all_queries(made)]
    docs = [[row, (row + 1) % len(ids)] for row in range(len(ids))]
    run = Run(
        {query: [(names[doc], 1.0 - place) for place, doc in enumerate(docs[row])] for row, query in enumerate(asked)}
    )
    run.write(tmp_path / "run.trec.gz", "tag")
    again = Run.read(tmp_path / "run.trec.gz")
    assert again.results == run.results
    assert set(per_query(again, qrels, ["RR@10"])["RR@10"].values()) == {1.0}


def test_a_rule_of_the_ids_is_recorded_also_by_a_pool(root, made, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, rule in (("rivers", True), ("stones", False)):
        facts = read_folder(root, artifacts.Layout("local").dataset("zero-shot", name), drop_same_id=rule)
        assert facts["drop_same_id"] is rule
    both = {"of": ["zero-shot/rivers", "zero-shot/stones"], "expect": None}
    assert materialise("pool", "both", both, made, artifacts.Layout("local"))["drop_same_id"] == ["rivers/"]
    one = {"of": ["zero-shot/stones"], "expect": None}
    assert "drop_same_id" not in materialise("pool", "one", one, made, artifacts.Layout("local"))


def test_a_rule_of_the_ids_that_never_holds_is_said(root, made):
    assert read_folder(root, made, drop_same_id=True)["warnings"] == [
        "split test: drop_same_id is true, but no query has the id of a document"
    ]
    write_folder(root, corpus=[*PASSAGES, {"_id": "q1", "text": "what moves?"}])
    facts = read_folder(root, made, drop_same_id=True)
    assert facts["warnings"] == []
    assert facts["report"]["splits"]["test"]["queries_with_a_documents_id"] == 1


def test_a_relative_dragon_data_starts_at_the_users_checkout(root, made, monkeypatch):
    """Also inside DVC's temporary copy of it."""
    copy = root.parents[1] / ".dvc" / "tmp" / "exps" / "standalone" / "one"
    copy.mkdir(parents=True)
    monkeypatch.chdir(copy)
    monkeypatch.setenv("DRAGON_DATA", "data")
    assert read_folder("rivers", made)["passages"] == 3
