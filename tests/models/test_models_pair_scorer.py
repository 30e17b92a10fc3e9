"""Pair features by hand, and what training makes of them, on NumPy's own documentation."""

import inspect
import math

import numpy as np
import pytest

from dragon import artifacts
from dragon.core import Corpus, Passage, Qrels, Queries
from dragon.core.queries import Query
from dragon.errors import ArtifactError, ConfigError
from dragon.models.encoder import FitData
from dragon.models.pair_features import FEATURES
from dragon.models.pair_scorer import PairScorer

SPACE = {"dimensions": 16, "minimum_df": 1, "iterations": 2, "seed": 1}
OPTIONS = {
    "lsa": SPACE,
    "char_lsa": {"grams": [3, 3], **SPACE},
    "terms": {"context": 0.5, "window": 2, "threshold": 0.5, **SPACE},
    "pairs": {"k1": 0.9, "b": 0.4, "early_words": 3},
    "candidates": 20,
    "l2": 1e-3,
}


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> FitData:
    """Summaries of NumPy's functions as queries, the next paragraphs as their passages."""
    folder = tmp_path_factory.mktemp("numpy")
    members = [getattr(np, name) for name in sorted(np.__all__)]
    docs = [(inspect.getdoc(member) or "").split("\n\n", 1) for member in members if callable(member)]
    pairs = {
        " ".join(d[0].split()): " ".join(d[1].split()[:40]) for d in docs if len(d) == 2 and len(d[1].split()) > 20
    }
    pairs = dict(list(pairs.items())[:120])
    corpus = Corpus.write(folder / "corpus", (Passage(f"d{i}", "", text) for i, text in enumerate(pairs.values())))
    queries = Queries.write(folder / "queries", (Query(f"q{i}", text) for i, text in enumerate(pairs)))
    return FitData(corpus, queries, Qrels({f"q{i}": {f"d{i}": 1} for i in range(len(pairs))}))


@pytest.fixture(scope="module")
def scorer(data) -> PairScorer:
    return PairScorer.fit(data, OPTIONS)


def test_features_by_hand(scorer):
    opened = scorer.open(["sum of array elements", "array sum", "eigenvalues"]).features
    found = opened.features(["array elements sum"], np.asarray([[-1, 0, 2]]))
    assert found.shape == (2, len(FEATURES))
    idf = {
        "array": math.log(1 + 1.5 / 2.5),
        "sum": math.log(1 + 1.5 / 2.5),
        "elements": math.log(1 + 2.5 / 1.5),
    }
    mean = (4 + 2 + 1) / 3
    weight = 1 / (1 + 0.9 * (1 - 0.4 + 0.4 * 4 / mean))
    pairs = {("array", "elements"): idf["array"] * idf["elements"], ("elements", "sum"): idf["elements"] * idf["sum"]}
    row = dict(zip(FEATURES, found[0].tolist(), strict=True))
    assert row["bm25"] == pytest.approx(weight, rel=1e-5)  # every word matches, each with this weight
    assert row["coverage"] == pytest.approx(1, rel=1e-5)
    early = (idf["sum"] + idf["array"]) / sum(idf.values())
    assert row["early"] == pytest.approx(early, rel=1e-5)  # "elements" is the fourth word
    assert row["bigrams"] == pytest.approx(pairs["array", "elements"] / sum(pairs.values()), rel=1e-5)
    assert row["length"] == pytest.approx(math.log(5), rel=1e-6)
    assert found[1, :4].tolist() == [0, 0, 0, 0]


def test_features_of_a_text_and_itself_are_as_large_as_they_get(scorer):
    text = "sum of array elements"
    row = dict(zip(FEATURES, scorer.open([text, "other"]).features.features([text], np.asarray([[0]]))[0], strict=True))
    assert [row[name] for name in ("coverage", "bigrams", "lsa", "char-lsa")] == pytest.approx([1, 1, 1, 1], abs=1e-5)
    assert row["max-sim"] == pytest.approx(1, abs=0.02)  # vectors are rounded


def test_bm25_candidates_share_a_word(scorer):
    opened = scorer.open(["sum of array", "sum sum", "matrix", "of"]).features
    assert opened.bm25_candidates(["sum", "tensor"], 3).tolist() == [[1, 0, -1], [-1, -1, -1]]


def test_training_puts_relevant_passages_above_where_bm25_put_them(data, scorer):
    opened = scorer.open(data.corpus.full_texts())
    candidates = opened.features.bm25_candidates(list(data.train_queries.texts), 20)
    scores = opened.scores(list(data.train_queries.texts), candidates, threads=1)
    order = np.argsort(-scores, axis=1, kind="stable")
    reranked = np.take_along_axis(candidates, order, axis=1)

    def reciprocal_rank(docs: np.ndarray) -> float:
        ranks = [np.flatnonzero(row == i) for i, row in enumerate(docs)]
        return float(np.mean([1 / (r[0] + 1) if r.size else 0 for r in ranks]))

    assert reciprocal_rank(reranked) > reciprocal_rank(candidates) > 0.3


def test_scores_do_not_depend_on_other_pairs_or_threads(data, scorer, monkeypatch):
    opened, queries = scorer.open(data.corpus.full_texts()), list(data.train_queries.texts)
    candidates = opened.features.bm25_candidates(queries, 8)
    candidates[::5, 3] = -1
    scores = opened.scores(queries, candidates, threads=1)
    monkeypatch.setattr("dragon.models.pair_scorer.QUERIES_PER_BLOCK", 7)
    assert (opened.scores(queries, candidates, threads=2) == scores).all()
    assert (opened.scores(queries[5:6], candidates[5:6, ::-1], threads=1)[:, ::-1] == scores[5:6]).all()
    assert np.isneginf(scores[candidates == -1]).all()
    assert np.isfinite(scores[candidates != -1]).all()


def test_pair_scorer_is_deterministic_and_survives_the_disk(data, scorer, tmp_path):
    for name, one in (("a", scorer), ("b", PairScorer.fit(data, OPTIONS))):
        with artifacts.folder(tmp_path / name, {}) as part:
            one.save(part)
    assert artifacts.file_digests(tmp_path / "a") == artifacts.file_digests(tmp_path / "b")
    texts, docs = data.corpus.full_texts(), np.asarray([[0, 1, 2]])
    loaded = PairScorer.load(tmp_path / "a").open(texts).scores(["sum of array"], docs, 1)
    assert (loaded == scorer.open(texts).scores(["sum of array"], docs, 1)).all()
    found = artifacts.read_json(tmp_path / "a" / "pair_scorer.json")
    del found["features"]["length"]
    artifacts.write_json(tmp_path / "a" / "pair_scorer.json", found)
    with pytest.raises(ArtifactError, match="'max-sim'"):
        PairScorer.load(tmp_path / "a")


def test_pair_scorer_refuses_what_it_cannot_learn_from(data):
    with pytest.raises(ConfigError, match="candidates 1,"):
        PairScorer.fit(data, {**OPTIONS, "candidates": 1})
    nothing = FitData(data.corpus, data.train_queries, Qrels({"q0": {"elsewhere": 1}}))
    with pytest.raises(ConfigError, match="no training query"):
        PairScorer.fit(nothing, OPTIONS)
