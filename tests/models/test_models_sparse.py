"""Sparse encoders: words, BM25 impacts by hand, relations and expansion."""

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragon import artifacts
from dragon.core import Corpus, Passage, Qrels, Queries
from dragon.core.queries import Query
from dragon.errors import ArtifactError, ConfigError
from dragon.models.encoder import FitData
from dragon.models.sparse.bm25 import Bm25, bm25_weights, idf_of, quantized
from dragon.models.sparse.expansion import Expansion, ExpansionOptions, Side, training_pairs
from dragon.models.sparse.relations import (
    RelationOptions,
    Vocabulary,
    associations,
    merged,
    neighbours,
    singular,
    variants,
)
from dragon.models.sparse.words import words

BM25 = {"k1": 0.9, "b": 0.4, "scale": 25.0}
RELATIONS = RelationOptions(
    min_passages=1, max_share=1.0, dimensions=2, neighbours=2, similarity=0.5, support=2, lift=1.5, gain=1.0
)
SIDE = Side(scale=10.0, factor=0.5, strength=0.0, max_terms=2)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("DataFrame.to_csv(path)", ["data", "frame", "to", "csv", "path"]),
        ("HTTPServer, float64!", ["http", "server", "float", "64"]),
        ("The the THE", ["the", "the", "the"]),
        ("naïve — 中文 ...", ["na", "ve"]),
        ("", []),
    ],
)
def test_words_by_hand(text, expected):
    assert words(text) == expected


@given(st.text())
def test_words_are_lower_case_ascii_without_spaces(text):
    assert all(word and word.isascii() and word.isalnum() and word == word.lower() for word in words(text))


def test_bm25_weights_by_hand():
    weights, idf = bm25_weights(["a a b", "b", ""], k1=1.0, b=0.5)
    assert idf == pytest.approx({"a": math.log(1 + 2.5 / 1.5), "b": math.log(1 + 1.5 / 2.5)})
    # lengths 3, 1, 0: mean 4/3; offset of the first 1 * (0.5 + 0.5 * 3 / (4/3)) = 1.625, of the second 0.875
    assert weights[0] == pytest.approx({"a": idf["a"] * 2 / 3.625, "b": idf["b"] / 2.625})
    assert weights[1] == pytest.approx({"b": idf["b"] / 1.875})
    assert weights[2] == {}


def test_bm25_impacts_are_whole_positive_and_keep_every_word():
    texts = ["common rare", *["common"] * 400]
    impacts = Bm25.fit(None, BM25).documents(texts)
    assert idf_of(401, 401) * 25 < 0.5  # would be rounded to 0
    assert all(vector["common"] == 1 for vector in impacts)
    assert impacts[0]["rare"] > 20
    assert all(type(weight) is int for vector in impacts for weight in vector.values())


def test_bm25_queries_count_words():
    assert Bm25.fit(None, BM25).queries(["Sort a sort", ""]) == [{"sort": 2, "a": 1}, {}]


@given(st.dictionaries(st.text(), st.floats(1e-9, 1e3)), st.floats(0.1, 100))
def test_quantized_loses_no_term_and_errs_by_half_a_step(weights, scale):
    found = quantized(weights, scale)
    assert found.keys() == weights.keys()
    assert all(found[t] >= 1 and (found[t] == 1 or abs(found[t] - scale * w) <= 0.5) for t, w in weights.items())


def test_bm25_is_saved_and_loaded(tmp_path):
    encoder = Bm25.fit(None, BM25)
    encoder.save(tmp_path)
    assert Bm25.load(tmp_path) == encoder
    with pytest.raises(ArtifactError):
        Bm25.load(tmp_path / "nowhere")


@pytest.mark.parametrize("options", [{"k1": 0.9, "b": 0.4}, {**BM25, "k2": 1.0}, {**BM25, "b": "x"}])
def test_bm25_options_are_strict(options):
    with pytest.raises(ConfigError, match=r"options\.encoder"):
        Bm25.fit(None, options)


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("matrices", "matrice"), ("queries", "query"), ("arrays", "array"), ("class", "class"), ("axes", "axe"),
        ("status", "status"), ("aies", "aie"), ("trees", "tree"), ("goes", "goe"), ("a", "a"),
    ],
)  # fmt: skip
def test_singular_by_harman_s_rules(word, expected):
    assert singular(word) == expected


def test_variants_relate_forms_both_ways():
    assert variants(["array", "arrays", "sort"]) == {"array": {"arrays": 1.0}, "arrays": {"array": 1.0}, "sort": {}}


def test_vocabulary_leaves_out_the_rare_and_the_frequent():
    found = Vocabulary.of(["a b c", "a b", "a d d", "a"], least=2, share=0.75)
    assert (found.all_words, found.kept) == (["a", "b", "c", "d"], ["b"])
    assert found.counts_DV.toarray().tolist() == [[1], [1], [0], [0]]


def test_neighbours_are_words_of_the_same_passages():
    texts = ["sort heap", "sort heap", "sort heap quick", "plot figure", "plot figure", "figure plot legend"]
    found = neighbours(Vocabulary.of(texts, 2, 0.9), RELATIONS)
    assert {word: list(others) for word, others in found.items()} == {
        "figure": ["plot"], "heap": ["sort"], "plot": ["figure"], "sort": ["heap"],
    }  # fmt: skip


def test_neighbours_need_two_words():
    assert neighbours(Vocabulary.of(["a", "a"], 1, 1.0), RELATIONS) == {}


def test_associations_by_hand():
    pairs = [("draw", "random x"), ("draw", "random y"), ("shape", "random z"), ("shape", "size"), ("axis", "size")]
    # "random" is in 3 passages, 2 of them answer "draw": 2/3, lift (2/3) / (2/5); every other pair has support 1
    assert associations(pairs, RELATIONS)["random"] == {"draw": 0.6667}
    assert associations(pairs, replace(RELATIONS, gain=3.0))["random"] == {"draw": 1.0}
    assert associations(pairs, replace(RELATIONS, lift=1.7))["random"] == {}
    assert associations(pairs, replace(RELATIONS, support=3))["random"] == {}


def test_merged_keeps_the_stronger_and_no_word_beside_itself():
    assert merged([{"a": {"b": 0.4, "a": 1.0}}, {"a": {"b": 0.7, "c": 0.1}, "d": {}}]) == {"a": {"b": 0.7, "c": 0.1}}


def _expansion(related, passages=SIDE, queries=SIDE):
    return Expansion(ExpansionOptions(k1=1.0, b=0.0, passages=passages, queries=queries, relations=RELATIONS), related)


def test_expansion_of_passages_by_hand():
    related = {"a": {"b": 0.8, "c": 0.5, "new": 0.25}, "x": {"c": 1.0}}
    found = _expansion(related).documents(["a", "b", "c"])
    # saturation of one occurrence 1 / (1 + 1) = 0.5; b and c are in one passage of three, `new` in none
    once, never = math.log(1 + 2.5 / 1.5), math.log(1 + 3.5 / 0.5)
    weights = {
        "a": once * 0.5,
        "b": 0.5 * 0.8 * 0.5 * once,
        "c": 0.5 * 0.5 * 0.5 * once,
        "new": 0.5 * 0.25 * 0.5 * never,
    }
    assert weights["b"] > weights["new"] > weights["c"]  # two words at most
    assert found[0] == {term: round(10 * weights[term]) for term in ("a", "b", "new")}
    assert found[1] == {"b": round(10 * once * 0.5)}


def test_expansion_of_queries_by_hand():
    related = {"a": {"b": 1.0, "c": 0.4, "d": 0.6}, "b": {"a": 1.0}}
    side = replace(SIDE, strength=0.5)
    assert _expansion(related, queries=side).queries(["a a", "a b", "z", ""]) == [
        {"a": 20, "b": 10, "d": 6}, {"a": 10, "b": 10, "d": 3}, {"z": 10}, {},
    ]  # fmt: skip


@pytest.fixture
def data(tmp_path):
    texts = ["draws random samples", "random numbers", "sorts an array", "array of a matrix", "a matrix of numbers"]
    corpus = Corpus.write(tmp_path / "corpus", [Passage(f"d{i}", "", text) for i, text in enumerate(texts)])
    queries = Queries.write(
        tmp_path / "queries", [Query("q0", "sampling"), Query("q1", "sampling"), Query("q2", "sort")]
    )
    return FitData(corpus, queries, Qrels({"q0": {"d0": 1, "d4": 0}, "q1": {"d1": 2}, "q2": {"d2": 1}}))


def test_training_pairs_are_relevant_passages_in_query_order(data):
    passages = data.corpus.full_texts()
    expected = [("sampling", passages[0]), ("sampling", passages[1]), ("sort", passages[2])]
    assert training_pairs(data, passages) == expected
    with pytest.raises(ArtifactError, match=r"q0.*'gone'"):
        training_pairs(replace(data, train_qrels=Qrels({"q0": {"gone": 1}})), passages)


def _options(data_relations=RELATIONS):
    side = {"scale": 10.0, "factor": 0.5, "strength": 0.0, "max_terms": 9}
    return {"k1": 0.9, "b": 0.4, "passages": side, "queries": side, "relations": vars(data_relations)}


def test_expansion_learns_saves_and_loads(data, tmp_path):
    options = _options(replace(RELATIONS, dimensions=1, similarity=1.0))
    encoder = Expansion.fit(data, options)
    assert encoder.related["random"]["sampling"] == 1.0
    assert "sampling" in encoder.documents(["a random text"])[0]
    with artifacts.folder(tmp_path / "teacher", {}) as part:
        encoder.save(part)
    loaded = Expansion.load(tmp_path / "teacher")
    assert loaded == encoder
    assert loaded.documents(["random arrays"]) == encoder.documents(["random arrays"])


def test_expansion_options_are_strict_before_any_work():
    wrong = {**_options(), "relations": {**vars(RELATIONS), "suport": 3}}
    with pytest.raises(ConfigError, match=r"options\.encoder\.relations\.suport.*did you mean 'support'"):
        Expansion.fit(None, wrong)
