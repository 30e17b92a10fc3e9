"""Lucene's own BM25 on a hand-written collection against the formula, worked out here without the engine."""

import math

import numpy as np
import pytest

from dragon.core import Corpus, Passage
from dragon.errors import ArtifactError, ConfigError
from dragon.teachers.bm25 import LuceneEnglish, open_bm25

ENGINE = {"k1": 0.9, "b": 0.4, "threads": 1, "heap": "512m"}
ENGLISH = {"stemmer": "porter", "stopwords": True}
LONG = " ".join(f"filler{i}" for i in range(124))
PASSAGES = [
    # what is written, and the terms that Porter's stemmer and the stop words leave of it
    ("9", "", "The cats sat", "cat sat"),
    ("10", "", "a cat, sat!", "cat sat"),
    ("b/1", "Running", "dogs are running to the river", "run dog run river"),
    ("ä", "", "cat cat cat", "cat cat cat"),
    ("a", "", "Cat sat", "cat sat"),
    ("long", "dog run", f"dogs {LONG}", f"dog run dog {LONG}"),
    ("exact", "", " ".join(["river"] * 40), " ".join(["river"] * 40)),
    ("stop", "", "to be or not to be", ""),
    ("empty", "", "", ""),
    ("blank", "", " \n ", ""),
]
TERMS = {doc_id: terms.split() for doc_id, _, _, terms in PASSAGES}


def kept_length(length):
    """What one byte keeps of a length: all of it up to 40, then four significant binary digits above 24."""
    if length <= 40:
        return length
    drop = (length - 24).bit_length() - 4
    return 24 + ((length - 24) >> drop << drop)


def bm25(query, doc, k1=0.9, b=0.4):
    """The score of one passage: passages without terms count neither for idf nor for the mean length."""
    held = [terms for terms in TERMS.values() if terms]
    mean = sum(map(len, held)) / len(held)
    total = 0.0
    for term in query:
        df = sum(term in terms for terms in held)
        tf = TERMS[doc].count(term)
        if tf:
            idf = math.log(1 + (len(held) - df + 0.5) / (df + 0.5))
            total += idf * tf / (tf + k1 * (1 - b + b * kept_length(len(TERMS[doc])) / mean))
    return total


def expected(query, depth, k1=0.9, b=0.4):
    """Score descending at four decimals, ties by id as a string."""
    scores = {doc: round(bm25(query, doc, k1, b), 4) for doc in TERMS}
    return sorted(((d, s) for d, s in scores.items() if s > 0), key=lambda hit: (-hit[1], hit[0]))[:depth]


def opened(folder, engine=ENGINE, english=ENGLISH, passages=PASSAGES):
    corpus = Corpus.write(folder / "corpus", [Passage(*row[:3]) for row in passages])
    return corpus, open_bm25(LuceneEnglish.fit(None, english), engine, corpus, folder / "work")


def found(corpus, searcher, query, depth):
    docs, scores = searcher.search([query], depth)
    assert (docs.dtype, scores.dtype, docs.shape) == (np.int32, np.float32, (1, depth))
    kept = docs[0] != -1
    assert np.isneginf(scores[0][~kept]).all()
    return [(corpus.ids[row], float(score)) for row, score in zip(docs[0][kept], scores[0][kept], strict=True)]


@pytest.fixture(scope="module")
def english(tmp_path_factory):
    return opened(tmp_path_factory.mktemp("bm25"))


def test_lengths_in_one_byte():
    assert [kept_length(n) for n in (1, 23, 39, 40, 41, 42, 55, 56, 58, 60, 127)] == [
        1, 23, 39, 40, 40, 42, 54, 56, 56, 60, 120,
    ]  # fmt: skip
    assert len(TERMS["long"]) == 127


@pytest.mark.parametrize(
    ("written", "terms"),
    [
        ("cat", ["cat"]),
        ("The CATS, running?", ["cat", "run"]),
        ("dog dog river", ["dog", "dog", "river"]),  # a word asked twice counts twice
        ("dogs (run) [to] +river* AND cat~2", ["dog", "run", "river", "cat", "2"]),  # no query syntax
        ("sat", ["sat"]),
    ],
)
@pytest.mark.parametrize("depth", [2, 10])
def test_scores_are_lucenes_bm25(english, written, terms, depth):
    hits, wanted = found(*english, written, depth), expected(terms, depth)
    assert [doc for doc, _ in hits] == [doc for doc, _ in wanted]
    assert [score for _, score in hits] == pytest.approx([score for _, score in wanted], abs=6e-5)


def test_a_long_passage_is_scored_with_the_length_that_one_byte_keeps(english):
    scores = dict(found(*english, "dog", 10))
    assert scores["long"] == pytest.approx(bm25(["dog"], "long"), abs=6e-5)
    held = [terms for terms in TERMS.values() if terms]
    weight = math.log(1 + (len(held) - 2 + 0.5) / 2.5) * 2
    with_all_terms = weight / (2 + 0.9 * (0.6 + 0.4 * 127 * len(held) / sum(map(len, held))))
    assert abs(scores["long"] - with_all_terms) > 1e-3


def test_tied_passages_stand_by_id_as_a_string_with_scores_apart(english):
    hits = found(*english, "sat", 10)
    assert [doc for doc, _ in hits] == ["10", "9", "a"]
    scores = [score for _, score in hits]
    assert scores[0] > scores[1] > scores[2] > scores[0] - 5e-6


def test_k1_and_b_are_the_options(tmp_path):
    hits = found(*opened(tmp_path, {**ENGINE, "k1": 1.6, "b": 0.0}), "dog river", 10)
    wanted = expected(["dog", "river"], 10, 1.6, 0.0)
    assert [doc for doc, _ in hits] == [doc for doc, _ in wanted]
    assert [score for _, score in hits] == pytest.approx([score for _, score in wanted], abs=6e-5)


@pytest.mark.parametrize(
    ("english_options", "query", "ids"),
    [
        ({"stemmer": "none", "stopwords": True}, "cats", ["9"]),
        ({"stemmer": "porter", "stopwords": False}, "the", ["9", "b/1"]),
        ({"stemmer": "porter", "stopwords": True}, "the", []),
        ({"stemmer": "krovetz", "stopwords": True}, "cats", ["10", "9", "a", "ä"]),
    ],
)
def test_analysis_is_the_encoder_s_option(tmp_path, english_options, query, ids):
    assert sorted(doc for doc, _ in found(*opened(tmp_path, english=english_options), query, 10)) == ids


def test_queries_without_terms_and_deeper_than_the_collection(english):
    _, searcher = english
    docs, _ = searcher.search(["", "the", "nowhere", "cat"], 50)
    assert (docs[:3] == -1).all()
    assert (docs[3] != -1).sum() == 4
    assert searcher.search([], 3)[0].shape == (0, 3)


def test_a_collection_of_one_passage(tmp_path):
    hits = found(*opened(tmp_path, passages=[("only", "", "one cat")]), "cats", 5)
    assert hits == [("only", pytest.approx(math.log(1 + 0.5 / 1.5) / (1 + 0.9), abs=6e-5))]


def test_encoder_is_saved_and_strict(tmp_path):
    encoder = LuceneEnglish.fit(None, ENGLISH)
    encoder.save(tmp_path)
    assert LuceneEnglish.load(tmp_path) == encoder
    with pytest.raises(ConfigError, match=r"options.encoder.stemmer: found 'snowball'.*porter, krovetz, none"):
        LuceneEnglish.fit(None, {**ENGLISH, "stemmer": "snowball"})
    with pytest.raises(ConfigError, match="missing stopwords"):
        LuceneEnglish.fit(None, {"stemmer": "porter"})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"k1": "high"}, "k1"),
        ({"k1": -1.0}, "k1: found -1.0"),
        ({"b": 1.5}, "b: found 1.5"),
        ({"thread": 1}, "thread"),
        ({"heap": "much"}, "heap"),
    ],
)
def test_engine_options_are_strict(tmp_path, change, message):
    with pytest.raises(ConfigError, match=rf"options.engine.*{message}"):
        opened(tmp_path, {**ENGINE, **change})


def test_no_first_stage_and_no_repeated_ids(tmp_path, english):
    corpus, searcher = english
    with pytest.raises(ConfigError, match="first_stage"):
        open_bm25(LuceneEnglish.fit(None, ENGLISH), ENGINE, corpus, tmp_path / "w", first_stage=searcher)
    with pytest.raises(ArtifactError, match="1 passages repeat an id"):
        opened(tmp_path, passages=[("a", "", "x"), ("b", "", "y"), ("a", "", "z")])
