"""Every noun survives a round trip through its files, and refuses what is not its file."""

import gzip

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dragon import artifacts
from dragon.core import Corpus, LabelStore, MetricTable, Passage, Qrels, Queries, RankedLists, Run
from dragon.core.queries import Query
from dragon.errors import ArtifactError, ConfigError

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
NAME = st.text(st.characters(exclude_categories=["Cs", "Z", "Cc"]), min_size=1, max_size=10)
SLOW_FOLDERS = settings(
    deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@SLOW_FOLDERS
@given(st.lists(st.tuples(NAME, TEXT, TEXT), max_size=8))
def test_corpus_round_trip(tmp_path, rows):
    corpus = Corpus.write(tmp_path / "corpus", [Passage(*row) for row in rows])
    assert list(corpus) == [Passage(*row) for row in rows]
    assert corpus.texts[1:] == [row[2] for row in rows[1:]]


@SLOW_FOLDERS
@given(st.lists(st.tuples(NAME, TEXT, st.integers(-1, 1000)), max_size=8))
def test_queries_round_trip(tmp_path, rows):
    queries = Queries.write(tmp_path / "queries", [Query(*row) for row in rows])
    assert [queries[row] for row in range(len(queries))] == [Query(*row) for row in rows]


@SLOW_FOLDERS
@given(st.dictionaries(NAME, st.dictionaries(NAME, st.integers(0, 3), min_size=1, max_size=4), min_size=1, max_size=4))
def test_qrels_round_trip(tmp_path, grades):
    Qrels(grades).write(tmp_path / "qrels.trec")
    assert Qrels.read(tmp_path / "qrels.trec").grades == grades


@SLOW_FOLDERS
@given(
    st.dictionaries(
        NAME, st.dictionaries(NAME, st.floats(-1e3, 1e3, width=32), min_size=1, max_size=5), min_size=1, max_size=4
    )
)
def test_run_round_trip_keeps_fp32_scores(tmp_path, scores):
    results = {query: sorted(docs.items(), key=lambda hit: -hit[1]) for query, docs in scores.items()}
    Run(results).write(tmp_path / "run.trec.gz", "tag")
    again = Run.read(tmp_path / "run.trec.gz").results
    assert {q: [(d, np.float32(s)) for d, s in hits] for q, hits in again.items()} == {
        q: [(d, np.float32(s)) for d, s in hits] for q, hits in results.items()
    }


def test_run_files_are_trec_and_byte_identical(tmp_path):
    docs, scores = np.array([[1, 0], [-1, -1]]), np.array([[2.5, 1.0], [-np.inf, -np.inf]], dtype=np.float32)
    run = Run.from_rows(["q1", "q2"], ["a", "b"], docs, scores)
    assert run.results == {"q1": [("b", 2.5), ("a", 1.0)], "q2": []}
    run.write(tmp_path / "one.gz", "sys")
    run.write(tmp_path / "two.gz", "sys")
    assert (tmp_path / "one.gz").read_bytes() == (tmp_path / "two.gz").read_bytes()
    assert gzip.decompress((tmp_path / "one.gz").read_bytes()) == b"q1 Q0 b 1 2.5 sys\nq1 Q0 a 2 1 sys\n"


def test_run_back_to_rows():
    run = Run({"q1": [("b", 2.5), ("a", 1.0)]})
    docs, scores = run.to_rows(["q1", "q2"], {"a": 0, "b": 1}, depth=3)
    assert docs.tolist() == [[1, 0, -1], [-1, -1, -1]]
    assert scores[0, :2].tolist() == [2.5, 1.0]
    with pytest.raises(ArtifactError, match="document 'b' is not in the collection"):
        run.to_rows(["q1"], {"a": 0}, depth=3)


@pytest.mark.parametrize(
    ("reader", "name", "content", "message"),
    [
        (Run.read, "run.trec", "q1 Q0 d1 1 2.5 tag\nq1 Q0 d2\n", r"run.trec:2: found 'q1 Q0 d2'"),
        (Run.read, "run.trec", "q1 Q0 d1 1 high tag\n", r"run.trec:1: found"),
        (Qrels.read, "x.trec", "q1 0 d1 1\nq1 0 d1 one\n", r"x.trec:2: found 'q1 0 d1 one'"),
        (Qrels.read, "x.trec", "", r"x.trec: empty"),
        (MetricTable.read, "m.json", "{", r"m.json: not JSON"),
        (MetricTable.read, "m.json", "{}", r"m.json: not a metric table"),
    ],
)
def test_malformed_files_are_named_with_their_line(tmp_path, reader, name, content, message):
    (tmp_path / name).write_text(content)
    with pytest.raises(ArtifactError, match=message):
        reader(tmp_path / name)


def test_a_truncated_run_is_refused(tmp_path):
    Run({"q": [(str(i), float(-i)) for i in range(1000)]}).write(tmp_path / "run.gz", "t")
    data = (tmp_path / "run.gz").read_bytes()
    (tmp_path / "run.gz").write_bytes(data[: len(data) // 2])
    with pytest.raises(ArtifactError, match="cannot be read as a run file"):
        Run.read(tmp_path / "run.gz")


def test_incomplete_folders_are_refused(tmp_path):
    with pytest.raises(ArtifactError, match="not there"):
        Corpus.open(tmp_path / "corpus")
    (tmp_path / "corpus").mkdir()
    with pytest.raises(ArtifactError, match="incomplete"):
        Corpus.open(tmp_path / "corpus")


def test_shortened_texts_are_refused(tmp_path):
    Corpus.write(tmp_path / "corpus", [Passage("a", "", "some text")])
    with (tmp_path / "corpus" / "texts.bin").open("r+b") as file:
        file.truncate(4)
    with pytest.raises(ArtifactError, match="4 bytes, expected 9"):
        Corpus.open(tmp_path / "corpus")


def test_ranked_lists_round_trip_and_facts(tmp_path, make_lists):
    lists = make_lists(1, short={0: 0, 3: 20})
    again = lists.write(tmp_path / "lists", teacher="unicoil")
    assert (again.docs_QK == lists.docs_QK).all()
    assert (again.scores_QK == lists.scores_QK).all()
    assert again.docs_QK.dtype == np.int32
    meta = artifacts.read_meta(tmp_path / "lists")
    assert (meta["queries"], meta["short_lists"], meta["empty_lists"]) == (40, 2, 1)


def test_lists_that_break_their_promise_are_not_written(tmp_path):
    rising = RankedLists(np.array([[1, 2]]), np.array([[0.1, 0.2]]))
    with pytest.raises(ArtifactError, match="scores rise"):
        rising.write(tmp_path / "lists")
    holed = RankedLists(np.array([[-1, 2]]), np.array([[0.1, 0.1]]))
    with pytest.raises(ArtifactError, match="goes on after its padding"):
        holed.write(tmp_path / "lists")
    assert not (tmp_path / "lists").exists()


def test_label_store(tmp_path, make_lists):
    folders = {}
    for seed, name in enumerate(("unicoil", "contriever")):
        make_lists(seed).write(tmp_path / name)
        folders[name] = tmp_path / name
    store = LabelStore.write(tmp_path / "pool.json", "crop", folders)
    assert len(store) == 40
    assert [one.digest for one in store.select(["contriever", "unicoil"])] == [
        artifacts.read_meta(folders[name])["files"]["docs.npy"] for name in ("contriever", "unicoil")
    ]
    with pytest.raises(ConfigError, match="did you mean 'unicoil'"):
        store.select(["unicoli"])


def test_shuffled_labels_keep_lists_but_not_their_queries(tmp_path, make_lists):
    folder = make_lists(1).write(tmp_path / "one") and tmp_path / "one"
    plain = LabelStore.write(tmp_path / "p.json", "crop", {"t": folder}).members["t"]
    mixed = LabelStore.write(tmp_path / "s.json", "crop", {"t": folder}, shuffle=7).members["t"]
    assert sorted(map(tuple, plain.docs_QK)) == sorted(map(tuple, mixed.docs_QK))
    assert (plain.docs_QK != mixed.docs_QK).any(axis=1).mean() > 0.9
    assert plain.digest != mixed.digest


def test_a_pool_notices_that_a_member_changed(tmp_path, make_lists):
    make_lists(1).write(tmp_path / "t")
    LabelStore.write(tmp_path / "p.json", "crop", {"t": tmp_path / "t"})
    make_lists(2).write(tmp_path / "t")
    with pytest.raises(ArtifactError, match="t has changed"):
        LabelStore.open(tmp_path / "p.json")


def test_metric_table_names_what_there_is(tmp_path):
    MetricTable("s", "in-domain", {"dev": {"RR@10": 0.25}}).write(tmp_path / "m.json")
    table = MetricTable.read(tmp_path / "m.json")
    assert table.value("dev", "RR@10") == 0.25
    with pytest.raises(ConfigError, match="allowed: RR@10"):
        table.value("dev", "nDCG@10")


def test_folder_is_written_whole_or_not_at_all(tmp_path):
    with pytest.raises(KeyboardInterrupt), artifacts.folder(tmp_path / "out", {}) as part:
        (part / "half").write_text("x")
        raise KeyboardInterrupt
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_leaves_the_old_file(tmp_path, monkeypatch):
    artifacts.write_text(tmp_path / "file", "old")

    def full(handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(artifacts.os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        artifacts.write_text(tmp_path / "file", "new")
    assert (tmp_path / "file").read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


def test_digest_ignores_key_order():
    assert artifacts.digest({"a": 1, "b": [2]}) == artifacts.digest({"b": [2], "a": 1})
    assert artifacts.digest({"a": 1}) != artifacts.digest({"a": 1.5})
