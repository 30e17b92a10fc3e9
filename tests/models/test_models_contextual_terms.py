"""Token vectors and MaxSim."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dragon.core import Corpus, Passage
from dragon.errors import ConfigError
from dragon.models.contextual_terms import ContextualTerms
from dragon.models.encoder import FitData
from dragon.models.max_sim import UNIT, MaxSim, TokenVectors

TEXTS = [
    "Return the sum of array elements over a given axis.",
    "Return the product of array elements over a given axis.",
    "Compute the eigenvalues of a square matrix.",
    "Compute the inverse of a square matrix.",
    "",
]
OPTIONS = {
    "dimensions": 4,
    "minimum_df": 1,
    "iterations": 3,
    "seed": 1,
    "context": 0.5,
    "window": 2,
    "threshold": 0.3,
}


@pytest.fixture
def data(tmp_path) -> FitData:
    passages = (Passage(str(row), "", text) for row, text in enumerate(TEXTS))
    return FitData(Corpus.write(tmp_path / "corpus", passages), None, None)


def test_encode_mixes_a_word_with_its_neighbours_in_the_same_text(data):
    terms = ContextualTerms.fit(data, OPTIONS)
    found = terms.encode(["inverse square matrix of", "sum"])
    ids = terms.space.ids
    v = {word: terms.space.vectors_VH[ids[word]].astype(float) for word in ("inverse", "square", "matrix", "of", "sum")}
    idf = {word: float(terms.space.idf_V[ids[word]]) for word in v}
    near = ("square", "matrix")  # "of" is three words away
    expected = v["inverse"] + 0.5 * sum(idf[w] * v[w] for w in near) / sum(idf[w] for w in near)
    assert np.abs(found.vectors_TH[0] - UNIT * expected / np.linalg.norm(expected)).max() <= 0.51
    assert np.abs(found.vectors_TH[4] - UNIT * v["sum"]).max() <= 0.51  # nothing crosses into the next text
    assert found.vectors_TH.dtype == np.int8
    assert found.offsets_R.tolist() == [0, 4, 5]
    assert found.weights_T[0] == pytest.approx(idf["inverse"] ** 2, rel=1e-6)
    assert [found.words[row] for row in found.words_T] == ["inverse", "square", "matrix", "of", "sum"]


def test_a_word_never_seen_matches_itself(data):
    terms = ContextualTerms.fit(data, {**OPTIONS, "dimensions": 5})
    vectors, idf = terms.word_vectors(["zebra", "matrix", "zebra"])
    assert (vectors[0] == vectors[2]).all()
    assert np.linalg.norm(vectors[0]) == pytest.approx(1, abs=1e-6)
    assert idf[0] == terms.space.idf_V.max()


def test_contextual_terms_survive_the_disk(data, tmp_path):
    fitted = ContextualTerms.fit(data, OPTIONS)
    (tmp_path / "saved").mkdir()
    fitted.save(tmp_path / "saved")
    loaded = ContextualTerms.load(tmp_path / "saved")
    assert loaded.options == fitted.options
    one, other = fitted.encode(TEXTS), loaded.encode(TEXTS)
    assert (one.vectors_TH == other.vectors_TH).all()
    assert (one.weights_T == other.weights_T).all()


@pytest.mark.parametrize(("key", "value"), [("context", -1.0), ("window", 0), ("threshold", 1.0)])
def test_contextual_terms_refuse_values_out_of_range(data, key, value):
    with pytest.raises(ConfigError, match=f"options.encoder.{key}: found {value}, out of range"):
        ContextualTerms.fit(data, {**OPTIONS, key: value})


def tokens(texts: list[list[list[int]]], weights: list[float] | None = None) -> TokenVectors:
    flat = [vector for text in texts for vector in text]
    vectors = np.asarray(flat, dtype=np.int8).reshape(-1, 3)
    words = np.zeros(len(flat), dtype=np.int32)
    offsets = np.cumsum([0, *map(len, texts)])
    return TokenVectors(vectors, np.asarray(weights or [1.0] * len(flat), dtype=np.float32), words, offsets, ("w",))


def test_max_sim_by_hand():
    passages = tokens([[[127, 0, 0], [0, 127, 0]], [], [[0, 0, 127]]])
    queries = tokens([[[127, 0, 0], [90, 90, 0]], [], [[0, 0, 40]]], [2.0, 10.0, 1.0])
    best = 90 * 127 / 127**2
    scores = MaxSim(passages, 0.5).scores(queries, range(3), [np.asarray([0, 1, 2]), np.asarray([0]), np.asarray([2])])
    assert scores[0].tolist() == pytest.approx([2 * 1 + 10 * best, 0, 0])
    assert scores[1].tolist() == [0]  # a query without tokens
    assert scores[2].tolist() == [0]  # a cosine of .31 is below the threshold


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32))
def test_max_sim_agrees_with_loops(seed):
    draws = np.random.Generator(np.random.Philox(seed))
    passages, queries = (
        [draws.integers(-127, 128, (draws.integers(0, 5), 3)).tolist() for _ in range(6)] for _ in "ab"
    )
    found = MaxSim(tokens(passages), 0.2).scores(tokens(queries), range(1, 6), [np.arange(6)] * 5)
    for query, scores in zip(queries[1:], found, strict=True):
        for passage, score in zip(passages, scores, strict=True):
            best = [max((int(np.dot(q, p)) for p in passage), default=0) for q in query]
            assert score == pytest.approx(sum(b / UNIT**2 for b in best if b >= 0.2 * UNIT**2), rel=1e-6)
