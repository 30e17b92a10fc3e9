import numpy as np
import pytest
from label_world import QUERIES, entry, line, make_corpus, make_queries, ranking

from dragon.core.ranked_lists import PAD
from dragon.teachers import label_parts
from dragon.teachers.agreement import Sampled, agreement, sample_rows, their_lists


def test_shares_by_hand():
    ours = np.stack([np.arange(50), 100 + np.arange(50), np.full(50, PAD), np.arange(50)]).astype(np.int32)
    theirs = np.array(
        [
            [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 45, 46, 47, 48, 49],  # the same
            [101, 100, 900, 901, 902, 145, 103, 104, PAD, PAD, 146, 100, 901, PAD, PAD],
            [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, PAD, PAD, PAD, PAD, PAD],  # we have no list
            [PAD] * 15,  # they have no list
        ]
    )
    found = agreement(ours, theirs)
    assert (found["queries"], found["without_ours"]) == (3, 1)
    assert found["overlap@10"] == pytest.approx((1 + 4 / 8 + 0) / 3)  # 101, 100, 103, 104 of eight; 145 is too low
    assert found["overlap@46-50"] == pytest.approx((1 + 1 / 3) / 2)  # 146 of three
    assert found["negatives_in_50"] == pytest.approx((1 + 2 / 3) / 2)  # 146 and 100
    assert found["first"] == pytest.approx(1 / 3)


def test_nothing_published_is_no_agreement():
    found = agreement(np.zeros((2, 50), dtype=np.int32), np.full((2, 15), PAD))
    assert found == {
        "queries": 0,
        "without_ours": 0,
        "overlap@10": 0,
        "overlap@46-50": 0,
        "first": 0,
        "negatives_in_50": 0,
    }


def test_their_lists_of_a_sample(tmp_path, monkeypatch):
    monkeypatch.setattr(label_parts, "LINES", 6)
    corpus, queries = make_corpus(tmp_path / "c"), make_queries(tmp_path / "q")
    names = list(queries.ids)
    path = tmp_path / "labels.jsonl"
    lines = [line(entry(name)) for name in names]
    lines[30] = "not JSON, and beyond what is read\n"
    path.write_text("".join(lines))
    asked = Sampled.of(queries, [17, 3])
    docs, counts = their_lists(path, asked, corpus)
    for row, name in enumerate(asked.ids):
        expected = ranking(name)[0]
        assert docs[row].tolist() == [int(doc) for doc in (*expected[:10], *expected[45:])]
    assert (counts.lines, counts.malformed.count) == (2, 0)  # the others were not parsed, the rest not read


def test_ids_with_escapes_are_parsed_rather_than_missed(tmp_path):
    corpus, path = make_corpus(tmp_path / "c"), tmp_path / "labels.jsonl"
    found = {**entry("1001"), "query_id": 'a"b', "question": "t"}
    path.write_text(line(found))
    docs, _ = their_lists(path, Sampled(['a"b'], ["t"]), corpus)
    assert docs[0, 0] == int(ranking("1001")[0][0])


def test_samples_are_seeded():
    rows = sample_rows(QUERIES, 10, 3)
    assert np.array_equal(rows, sample_rows(QUERIES, 10, 3))
    assert len(set(rows.tolist())) == 10
    assert np.array_equal(sample_rows(5, 10, 3), np.arange(5))
