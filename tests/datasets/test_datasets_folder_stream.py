"""The memory-mapped form is what the JSON lines hold, is made in one pass, and is whole or not there."""

import json
import os
import signal
import subprocess
import sys
import tracemalloc
from pathlib import Path

import pytest
from beir_folder import HEADER, read_folder, write_folder
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dragon.core import Corpus, Passage
from dragon.datasets.beir_corpus import Stream
from dragon.datasets.beir_lines import Lines
from dragon.errors import ArtifactError

ROOT = Path(__file__).parents[2]
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
NAME = st.text(st.characters(exclude_categories=["Cs", "Z", "Cc"]), min_size=1, max_size=12)
ROWS = st.lists(st.tuples(NAME, TEXT, TEXT), min_size=1, max_size=8, unique_by=lambda row: row[0])
FOLDERS = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])


@FOLDERS
@given(ROWS, st.booleans(), st.sampled_from(["\n", "\r\n"]))
def test_the_corpus_is_exactly_what_the_lines_hold(tmp_path, rows, escaped, end):
    lines = [json.dumps(dict(zip(("_id", "title", "text"), row, strict=True)), ensure_ascii=escaped) for row in rows]
    qrels = HEADER + f"q1\t{rows[-1][0]}\t1\n"
    root = write_folder(tmp_path / "rivers", corpus=end.join(lines) + end, test=qrels)
    facts = read_folder(root, tmp_path / "made")
    corpus = Corpus.open(tmp_path / "made" / "corpus")
    assert list(corpus) == [Passage(*row) for row in rows]
    assert facts["passages"] == len(corpus) == len(rows)
    parsed = [json.loads(line) for line in (root / "corpus.jsonl").read_bytes().decode().split(end)[:-1]]
    assert [corpus[row]._asdict() for row in range(len(rows))] == [
        {"doc_id": one["_id"], "title": one["title"], "text": one["text"]} for one in parsed
    ]


@FOLDERS
@given(st.lists(NAME, min_size=1, max_size=12))
def test_a_repeated_id_is_always_seen(tmp_path, names):
    (tmp_path / "c.jsonl").write_text("".join(json.dumps({"_id": name, "text": "t"}) + "\n" for name in names), "utf-8")
    stream = Stream(Lines(tmp_path / "c.jsonl"), True, set())
    if len(set(names)) == len(names):
        assert [one.doc_id for one in stream] == names
    else:
        later = next(i for i, name in enumerate(names) if name in names[:i])
        with pytest.raises(
            ArtifactError, match=rf":{later + 1}: found document id .*first at .*:{names.index(names[later]) + 1};"
        ):
            list(stream)


def test_equal_digests_of_different_ids_are_no_repetition(tmp_path, monkeypatch):
    monkeypatch.setattr("dragon.datasets.beir_corpus._short", lambda name: 7)
    root = write_folder(tmp_path / "rivers")
    assert [one.doc_id for one in Stream(Lines(root / "corpus.jsonl"), True, set())] == ["d1", "d2", "d3"]


def test_memory_does_not_grow_with_the_texts(tmp_path):
    """Peak of Python and NumPy memory while a corpus is written: beyond 60 bytes a passage it stays the same."""
    peaks = {}
    for passages in (2_000, 8_000):
        line = '{"_id": "d%d", "title": "", "text": "' + "words and words " * 60 + '"}\n'
        (tmp_path / "c.jsonl").write_text("".join(line % row for row in range(passages)))
        stream = Stream(Lines(tmp_path / "c.jsonl"), True, set())
        tracemalloc.start()
        Corpus.write(tmp_path / f"corpus-{passages}", stream)
        peaks[passages] = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    grown = peaks[8_000] - peaks[2_000]
    assert (tmp_path / "c.jsonl").stat().st_size > 7_500_000
    assert grown < 60 * 6_000


SLOWLY = """
import sys, time
from dragon.datasets import beir_corpus
from beir_folder import HEADER, read_folder, write_folder
whole = beir_corpus.Stream._count
def slow(self, passage):
    whole(self, passage)
    print(self.passages, flush=True)
    if self.passages == 2:
        time.sleep(60)
beir_corpus.Stream._count = slow
read_folder(sys.argv[1], __import__("pathlib").Path(sys.argv[2]))
"""


def test_what_is_killed_in_the_middle_is_not_taken_for_complete(tmp_path):
    root, made = write_folder(tmp_path / "rivers"), tmp_path / "made"
    path = os.pathsep.join([str(ROOT), str(Path(__file__).parent)])
    command = [sys.executable, "-c", SLOWLY, str(root), str(made)]
    with subprocess.Popen(
        command, env={**os.environ, "PYTHONPATH": path}, stdout=subprocess.PIPE, text=True
    ) as process:
        assert [process.stdout.readline() for _ in range(2)] == ["1\n", "2\n"]
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert any(made.parent.glob(".made.*.part"))  # it was at work
    assert not made.exists()
    with pytest.raises(ArtifactError, match="not there"):
        Corpus.open(made / "corpus")
    assert read_folder(root, made)["passages"] == 3


def test_an_error_in_the_last_line_leaves_the_earlier_collection(tmp_path):
    root, made = write_folder(tmp_path / "rivers"), tmp_path / "made"
    before = read_folder(root, made)
    with (root / "corpus.jsonl").open("a") as file:
        file.write('{"_id": "d4", "te')
    with pytest.raises(ArtifactError, match=r"corpus\.jsonl:4: "):
        read_folder(root, made)
    assert len(Corpus.open(made / "corpus")) == before["passages"] == 3
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []
