"""Pool: several collections under one roof."""

from pathlib import Path

import pytest

from dragon import artifacts
from dragon.artifacts import Layout
from dragon.config import read_yaml
from dragon.core import Corpus, Passage, Qrels, Queries, Run
from dragon.core.queries import NO_SOURCE, Query
from dragon.datasets import materialise
from dragon.errors import ArtifactError, ConfigError
from dragon.evaluation.measures import per_query

LAYOUT = Layout("mini")
ROOT = Path(__file__).parents[2]


def collection(name, passages, splits):
    """Write ``zero-shot/<name>``; ``splits[split][query id]`` is (text, source row, {passage id: grade})."""
    with artifacts.folder(LAYOUT.dataset("zero-shot", name), {"kind": "dataset"}) as part:
        Corpus.write(part / "corpus", [Passage(doc_id, title, text) for doc_id, title, text in passages])
        for split, queries in splits.items():
            rows = [Query(query_id, text, source) for query_id, (text, source, _) in queries.items()]
            Queries.write(part / "queries" / split, rows)
            Qrels({query_id: grades for query_id, (_, _, grades) in queries.items()}).write(
                part / "qrels" / f"{split}.trec"
            )


@pytest.fixture
def two(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    test = {"q1": ("first?", NO_SOURCE, {"d2": 2, "d1": 0}), "q2": ("second?", 1, {"d1": 1})}
    collection("b", [("d1", "", "one"), ("d2", "T", "two")], {"test": test})
    splits = {"test": {"q1": ("third?", 0, {"d1": 1})}, "see-also": {"q9": ("ninth?", NO_SOURCE, {"d1": 3})}}
    collection("a", [("d1", "", "one")], splits)


def pool(*names, folder=Path("made"), expect=None):
    return materialise("pool", "pooled", {"of": [f"zero-shot/{n}" for n in names], "expect": expect}, folder, LAYOUT)


def test_two_collections_become_one(two):
    facts = pool("b", "a")
    corpus = list(Corpus.open(Path("made/corpus")))
    assert corpus == [("b/d1", "", "one"), ("b/d2", "T", "two"), ("a/d1", "", "one")]
    test = Queries.open(Path("made/queries/test"))
    assert [test[row] for row in range(len(test))] == [
        ("b/q1", "first?", NO_SOURCE),
        ("b/q2", "second?", 1),
        ("a/q1", "third?", 2),  # the first passage of `a` is the third here
    ]
    grades = {"b/q1": {"b/d2": 2, "b/d1": 0}, "b/q2": {"b/d1": 1}, "a/q1": {"a/d1": 1}}
    assert Qrels.read(Path("made/qrels/test.trec")).grades == grades
    assert list(Queries.open(Path("made/queries/see-also")).ids) == ["a/q9"]
    assert Qrels.read(Path("made/qrels/see-also.trec")).grades == {"a/q9": {"a/d1": 3}}
    assert (facts["passages"], facts["queries"]) == (3, {"test": 3, "see-also": 1})
    assert facts["of"] == ["zero-shot/b", "zero-shot/a"]


def test_a_pool_of_one_is_the_collection_under_new_ids(two):
    pool("b")
    corpus, original = Corpus.open(Path("made/corpus")), Corpus.open(LAYOUT.dataset("zero-shot", "b") / "corpus")
    assert corpus.full_texts() == original.full_texts()
    assert list(corpus.ids) == [f"b/{doc_id}" for doc_id in original.ids]
    hits = {"q1": [("d1", 1.0), ("d2", 1.0)], "q2": [("d2", 2.0), ("d1", 1.0)]}
    renamed = {f"b/{query}": [(f"b/{doc}", score) for doc, score in found] for query, found in hits.items()}
    before = per_query(Run(hits), Qrels.read(LAYOUT.dataset("zero-shot", "b") / "qrels" / "test.trec"), ["RR@10"])
    after = per_query(Run(renamed), Qrels.read(Path("made/qrels/test.trec")), ["RR@10"])
    assert {f"b/{query}": value for query, value in before["RR@10"].items()} == after["RR@10"]


def test_what_is_expected_passes_and_what_is_not_is_named(two):
    found = pool("b", "a")
    expect = {key: found[key] for key in ("passages", "queries", "sha256")}
    assert pool("b", "a", folder=Path("again"), expect=expect) == found
    with pytest.raises(ArtifactError, match=r"scales/mini\.yaml: .*pooled\.options\.expect: sha256: found") as error:
        pool("a", "b", folder=Path("other"), expect=expect)
    assert "passages" not in str(error.value)  # only the order differs
    with pytest.raises(ArtifactError, match=r"passages: found 2, expected 3; queries: found {'test': 2}, expected"):
        pool("b", folder=Path("other"), expect=expect)
    assert not Path("other").exists()


@pytest.mark.parametrize(
    ("places", "message"),
    [
        (["b"], r"pooled\.options\.of: found 'b', allowed: <suite>/<dataset>"),
        (["zero-shot/"], "allowed: <suite>/<dataset>"),
        (["zero-shot/b/test"], "allowed: <suite>/<dataset>"),
        (["zero-shot/b", "lotte/b"], "found two collections 'b'"),
        ([], "found an empty list"),
    ],
)
def test_wrong_places_are_named(two, places, message):
    with pytest.raises(ConfigError, match=message):
        materialise("pool", "pooled", {"of": places, "expect": None}, Path("made"), LAYOUT)


def test_a_collection_that_is_not_there_yet_is_named(two):
    with pytest.raises(ArtifactError, match="artifacts/mini/datasets/zero-shot/c: not there"):
        pool("b", "c")


def test_the_scale_states_what_one_of_its_pools_gives(tmp_path, monkeypatch):
    """One real collection, from the packages to its copy in the pooled suite."""
    monkeypatch.chdir(ROOT)
    suites = read_yaml(Path("scales/mini.yaml"))["suites"]
    copy = suites["lotte"]["datasets"]["networkx"]
    (tmp_path / "requirements.lock").symlink_to(ROOT / "requirements.lock")
    monkeypatch.chdir(tmp_path)
    source = suites["zero-shot"]["datasets"]["networkx"]
    materialise(source["kind"], "networkx", source["options"], LAYOUT.dataset("zero-shot", "networkx"), LAYOUT)
    made = materialise(copy["kind"], "networkx", copy["options"], LAYOUT.dataset("lotte", "networkx"), LAYOUT)
    assert made["sha256"] == copy["options"]["expect"]["sha256"]
