import gzip
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from label_world import QUERIES, entry, line, make_corpus, make_queries, ranking

from dragon import artifacts
from dragon.core import RankedLists
from dragon.errors import ArtifactError, ConfigError
from dragon.store import Store
from dragon.supervision.sampling import Sampler
from dragon.teachers import dragon_labels, label_import, label_parts
from dragon.teachers.dragon_labels import DragonLabels
from dragon.teachers.imported import open_import
from dragon.teachers.label_lines import MalformedError, parse


@pytest.fixture
def world(tmp_path, monkeypatch):
    """Corpus, queries, and a function that imports the lines of a file; parts have seven lines."""
    monkeypatch.setattr(label_parts, "LINES", 7)
    corpus, queries = make_corpus(tmp_path / "corpus"), make_queries(tmp_path / "queries")

    def load(lines, malformed=0, other_texts=0.0, depth=50, name="labels.jsonl", packed=False):
        path = tmp_path / name
        data = b"".join(one if isinstance(one, bytes) else one.encode() for one in lines)
        path.write_bytes(gzip.compress(data) if packed else data)
        options = {"files": {"crop": str(path)}, "tolerance": {"malformed": malformed, "other_texts": other_texts}}
        with artifacts.folder(tmp_path / "teacher", {"kind": "teacher"}) as part:
            DragonLabels.fit(None, options).save(part)
        file = DragonLabels.load(tmp_path / "teacher").file("crop")
        parts = file.parts(queries, corpus, Store.default())
        counts = file.write(parts, queries, depth, tmp_path / "lists", teacher="t", query_set="crop")
        return RankedLists.open(tmp_path / "lists"), counts, artifacts.read_meta(tmp_path / "lists")

    return load


def ids():
    return [str(1001 + number) for number in range(QUERIES)]


def expected(number=50):
    """By hand: query rows run against the ids, so row 0 is query 1040."""
    docs = np.full((QUERIES, 50), -1)
    scores = np.full((QUERIES, 50), -np.inf)
    kept = [place for place in (*range(10), *range(45, 50)) if place < number]
    for row in range(QUERIES):
        found = ranking(str(1000 + QUERIES - row))
        docs[row, kept] = [int(found[0][place]) for place in kept]
        scores[row, kept] = [found[1][place] for place in kept]
    return docs, scores


@pytest.mark.parametrize("packed", [False, True])
def test_lists_are_keyed_by_query_id_and_never_by_line(world, packed):
    shuffled = np.random.Generator(np.random.Philox(5)).permutation(ids())
    lists, counts, meta = world([line(entry(name)) for name in shuffled], packed=packed)
    docs, scores = expected()
    assert np.array_equal(lists.docs_QK, docs)
    assert np.array_equal(lists.scores_QK, scores.astype(np.float32))
    assert str(counts) == "40 lines"
    assert lists.ranks == ((1, 10), (46, 50))
    assert (meta["queries"], meta["short_lists"], meta["empty_lists"]) == (40, 0, 0)
    assert meta["import"]["sha256"] == artifacts.file_digest(artifacts.Path(meta["import"]["file"]))
    lists.check("lists")


def test_what_does_not_fit_is_counted_and_named(world):
    lines = [line(entry(name)) for name in ids()[:30]]
    lines[2] = b"{not json\n"
    lines[9] = line({**entry("1010"), "question": "something else"})
    lines[11] = line({**entry("7"), "question": "nobody asked"})
    strange = entry("1016")
    strange["positive_ctxs"][3]["docidx"] = "1234567"
    strange["hard_negative_ctxs"][0]["docidx"] = 999_999
    lines[15] = line(strange)
    lines[20] = line(entry("1001", number=50) | {"positive_ctxs": []})
    lists, counts, meta = world(lines, malformed=1, other_texts=0.1)
    assert meta["import"]["malformed"]["count"] == 1
    assert "labels.jsonl:3: not a label line (JSONDecodeError" in meta["import"]["malformed"]["first"][0]
    assert (counts.other_texts.count, counts.other_texts.first) == (1, ["1010"])
    assert (counts.unknown_queries.count, counts.unknown_queries.first) == (1, ["7"])
    assert (counts.unknown_passages.count, counts.unknown_passages.first) == (2, ["1234567", "999999"])
    assert counts.repeated_queries.count == 1
    assert np.array_equal(lists.docs_QK[39], expected()[0][39])  # 1001 keeps its first line
    row, whole = 1040 - 1016, expected()[0][1040 - 1016]
    assert lists.docs_QK[row, :10].tolist() == [*whole[:3], *whole[4:10], -1]  # the later ones move up
    assert lists.docs_QK[row, 45:].tolist() == [*whole[46:50], -1]
    assert meta["empty_lists"] == 10 + 3  # not in the file; malformed, of an unknown query, of a repeated one


def test_short_lists_are_lists_without_negatives(world):
    lists, _, meta = world([line(entry(name, number=30)) for name in ids()])
    assert np.array_equal(lists.docs_QK, expected(number=30)[0])
    assert (meta["short_lists"], meta["empty_lists"]) == (40, 0)
    assert Sampler([lists], 10, (46, 50), 1, 1).facts()["lists_without_negatives"] == 40


def test_sampling_draws_from_the_ranks_that_were_kept(world):
    lists, _, _ = world([line(entry(name)) for name in ids()])
    full = RankedLists(*_full())
    rows = np.arange(QUERIES)
    for epoch in range(20):
        ours = Sampler([lists], 10, (46, 50), 3, 1).draw(rows, epoch)
        whole = Sampler([full], 10, (46, 50), 3, 1).draw(rows, epoch)
        assert np.array_equal(ours.positive, whole.positive)
        assert np.array_equal(ours.negative, whole.negative)
    assert Sampler([lists], 10, (46, 50), 1, 1).facts()["lists_without_negatives"] == 0


def _full():
    found = [ranking(str(1000 + QUERIES - row)) for row in range(QUERIES)]
    return np.array([[int(doc) for doc in docs] for docs, _ in found]), np.array([scores for _, scores in found])


def test_soft_labels_and_fusion_refuse_lists_with_gaps(world):
    lists, _, _ = world([line(entry(name)) for name in ids()])
    with pytest.raises(ArtifactError, match=r"fusion needs whole lists, found ranks 1-10 and 46-50 only"):
        lists.require_whole("fusion")
    RankedLists(*_full()).require_whole("fusion")


def test_a_killed_import_reads_only_what_is_missing(world, monkeypatch):
    lines, read = [line(entry(name)) for name in ids()], []

    def counted(lines, first, *rest):
        if first == 15 and "again" not in read:
            raise KeyboardInterrupt
        read.append(first)
        return whole(lines, first, *rest)

    whole = label_import.read_part
    monkeypatch.setattr(label_import, "read_part", counted)
    with pytest.raises(KeyboardInterrupt):
        world(lines)
    read.append("again")
    lists, _, _ = world(lines)
    assert read == [1, 8, "again", 15, 22, 29, 36]
    assert np.array_equal(lists.docs_QK, expected()[0])


def test_parts_may_be_read_on_several_machines(world, tmp_path):
    corpus, queries = make_corpus(tmp_path / "c"), make_queries(tmp_path / "q")
    path = tmp_path / "l.jsonl"
    path.write_text("".join(line(entry(name)) for name in ids()))
    tolerance = label_import.Tolerance(malformed=0, other_texts=0.0)
    file = label_import.LabelFile(path, artifacts.file_digest(path), tolerance)
    assert file.parts(queries, corpus, Store.default(), (0, 2)) is None
    found = file.parts(queries, corpus, Store.default(), (1, 2))
    assert [len(label_parts.Part.open(folder).rows_N) for folder in found] == [7, 7, 7, 7, 7, 5]


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ([b"nonsense\n", *(line(entry(name)) for name in ids())], "too many lines are malformed: 7 lines, malformed 1"),
        ([line({**entry(name), "question": "x"}) for name in ids()], "too many lines are of other texts: 40 lines"),
        ([line({**entry(name), "query_id": f"q{name}"}) for name in ids()], "too many lines are of other queries"),
        ([], "empty; allowed: JSON lines of labels"),
    ],
)
def test_files_that_do_not_fit_are_refused(world, tmp_path, lines, said):
    with pytest.raises(ArtifactError, match=said):
        world(lines)
    assert not (tmp_path / "lists").exists()


def test_quotation_marks_and_spaces_of_a_csv_reader_are_no_other_text(world):
    lines = [line({**entry(name), "question": f'"text of  {name}" '}) for name in ids()]
    assert world(lines)[1].other_texts.count == 0


def test_damaged_compression_is_named(world, tmp_path):
    with pytest.raises(ArtifactError, match=r"labels\.jsonl: cannot be read"):
        world([gzip.compress("".join(line(entry(name)) for name in ids()).encode())[:-20]])


def test_a_changed_file_and_a_missing_one_are_refused(world, tmp_path):
    world([line(entry(name)) for name in ids()])
    encoder = DragonLabels.load(tmp_path / "teacher")
    (tmp_path / "labels.jsonl").write_text(line(entry("1001")))
    with pytest.raises(ArtifactError, match="changed since it was imported"):
        encoder.file("crop")
    with pytest.raises(ConfigError, match="no labels of the query set 'genq'"):
        encoder.file("genq")
    with pytest.raises(ConfigError, match="label_depth: found 20, allowed: 50 or more"):
        world([line(entry(name)) for name in ids()], depth=20)


def test_such_a_teacher_ranks_nothing(world, tmp_path):
    world([line(entry(name)) for name in ids()])
    with pytest.raises(ConfigError, match="found labels alone"):
        open_import(DragonLabels.load(tmp_path / "teacher"), {"on_unknown": "count"}, None, tmp_path)
    with pytest.raises(ConfigError, match=r"tolerance\.other_texts: found 2\.0"):
        dragon_labels.check_tolerance(label_import.Tolerance(malformed=0, other_texts=2.0), "tolerance")


JSON = st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=5), lambda x: st.lists(x, max_size=3))


@given(st.sampled_from(["query_id", "question", "positive_ctxs", "hard_negative_ctxs"]), JSON)
def test_a_wrong_value_is_malformed_or_read_whole(key, value):
    found = {**entry("1001"), key: value}
    try:
        read = parse(json.dumps(found).encode())
    except MalformedError as error:
        assert str(error)
    else:
        assert len(read.docs) == len(read.scores) == 15
        assert read.query_id == str(found["query_id"])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"query_id": True}, "query_id is True"),
        ({"positive_ctxs": [{"docidx": "1"}]}, "a passage without docidx or relevance"),
        ({"positive_ctxs": [{"docidx": "1", "relevance": float("nan")}]}, "relevance is no finite number"),
        ({"positive_ctxs": [{"docidx": "1", "relevance": 10**400}]}, "relevance is no finite number"),
        ({"positive_ctxs": [{"docidx": True, "relevance": 1}]}, "docidx is not a name"),
        ({"positive_ctxs": [{"docidx": str(i), "relevance": 1} for i in range(11)]}, "holds 11 passages"),
        ({"positive_ctxs": [{"docidx": "1", "relevance": 1}, {"docidx": "2", "relevance": 2}]}, "relevance rises"),
        ({"positive_ctxs": [{"docidx": "1", "relevance": 1}] * 2}, "a passage stands twice"),
        ({"hard_negative_ctxs": {}}, "hard_negative_ctxs holds {}"),
    ],
)
def test_reasons_are_named(change, said):
    with pytest.raises(MalformedError, match=said):
        parse(json.dumps({**entry("1001"), **change}).encode())
