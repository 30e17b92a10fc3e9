"""Term spaces, and the two dense encoders on them."""

import math
from collections import Counter

import numpy as np
import pytest

from dragon.core import Corpus, Passage
from dragon.errors import ArtifactError, ConfigError
from dragon.models.char_lsa import CharLsa
from dragon.models.encoder import FitData
from dragon.models.lsa import Lsa
from dragon.models.sparse.words import words
from dragon.models.term_space import TermSpace, count_terms, fit_term_space

TEXTS = [
    "Return the sum of array elements over a given axis.",
    "Return the product of array elements over a given axis.",
    "Compute the eigenvalues of a square matrix.",
    "Compute the inverse of a square matrix.",
    "Draw random samples from a normal distribution.",
    "Draw random samples from a uniform distribution.",
    "",
]
LSA = {"dimensions": 4, "minimum_df": 1, "iterations": 3, "seed": 1}
CHAR = {"grams": [3, 4], **LSA}


@pytest.fixture
def data(tmp_path) -> FitData:
    passages = (Passage(str(row), "", text) for row, text in enumerate(TEXTS))
    return FitData(Corpus.write(tmp_path / "corpus", passages), None, None)


def test_count_terms_counts_known_terms_only():
    counts = count_terms([["b", "a", "b", "x"], [], ["a"]], {"a": 0, "b": 1})
    assert counts.toarray().tolist() == [[1, 2], [0, 0], [1, 0]]


def test_fit_term_space_agrees_with_a_full_decomposition():
    counts = np.random.Generator(np.random.Philox(3)).integers(0, 4, (30, 12)) * (np.arange(12) < 11)
    counts[0] = [0] * 11 + [1]
    names = [f"t{column}" for column in range(12)]
    texts = [[name for name, count in zip(names, row, strict=True) for _ in range(count)] for row in counts]
    space = fit_term_space(count_terms(texts, {name: row for row, name in enumerate(names)}), names, 3, 8, 1)
    idf = np.log(31 / (1 + (counts > 0).sum(axis=0))) + 1
    assert np.allclose(space.idf_V, idf)
    weights = np.where(counts > 0, 1 + np.log(np.maximum(counts, 1)), 0) * idf
    weights /= np.linalg.norm(weights, axis=1, keepdims=True)
    vectors = np.linalg.svd(weights)[2][:3].T
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    vectors[11] = 0  # a term that shares no text with the others lies outside the first directions
    # directions are the same up to the sign of each axis: cosines between terms do not see it
    assert np.allclose(space.vectors_VH @ space.vectors_VH.T, vectors @ vectors.T, atol=1e-4)


def test_lsa_is_the_weighted_sum_of_word_directions(data):
    lsa = Lsa.fit(data, LSA)
    text = "the sum of the matrix, unheard of"
    expected = np.zeros(4)
    for word, count in Counter(words(text)).items():
        if word in lsa.space.ids:
            row = lsa.space.ids[word]
            expected += (1 + math.log(count)) * lsa.space.idf_V[row] * lsa.space.vectors_VH[row]
    assert np.allclose(lsa.encode_queries([text])[0], expected / np.linalg.norm(expected), atol=1e-6)
    assert np.allclose(np.linalg.norm(lsa.space.vectors_VH, axis=1), 1)


@pytest.mark.parametrize(("encoder", "options"), [(Lsa, LSA), (CharLsa, CHAR)])
def test_dense_encoders_find_related_text(data, encoder, options):
    fitted = encoder.fit(data, options)
    passages, query = fitted.encode_passages(TEXTS), fitted.encode_queries(["random normal samples"])
    assert passages.dtype == np.float32
    assert np.allclose(np.linalg.norm(passages[:-1], axis=1), 1, atol=1e-6)
    assert not passages[-1].any()  # an empty text
    assert set(np.argsort(-(passages @ query[0]))[:2]) == {4, 5}


@pytest.mark.parametrize(("encoder", "options"), [(Lsa, LSA), (CharLsa, CHAR)])
def test_dense_encoders_are_deterministic_and_survive_the_disk(data, tmp_path, encoder, options):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        encoder.fit(data, options).save(tmp_path / name)
    files = sorted(p.name for p in (tmp_path / "a").iterdir())
    assert all((tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes() for name in files)
    loaded, fitted = encoder.load(tmp_path / "a"), encoder.fit(data, options)
    assert (loaded.encode_passages(TEXTS) == fitted.encode_passages(TEXTS)).all()


@pytest.mark.parametrize(("encoder", "options"), [(Lsa, LSA), (CharLsa, CHAR)])
def test_a_vector_does_not_depend_on_its_neighbours(data, encoder, options):
    fitted = encoder.fit(data, options)
    together = fitted.encode_passages(TEXTS)
    assert all((fitted.encode_passages([text])[0] == together[row]).all() for row, text in enumerate(TEXTS))


def test_char_lsa_counts_grams_inside_words(data):
    space = CharLsa.fit(data, {**CHAR, "grams": [3, 3]}).space
    assert {" su", "sum", "um "} <= set(space.terms)
    assert all(len(term) == 3 for term in space.terms)
    assert not any(" " in term[1:-1] for term in space.terms)


@pytest.mark.parametrize(
    ("encoder", "options", "said"),
    [
        (Lsa, {**LSA, "dimensions": 99}, "dimensions: found 99, allowed: at most 7"),
        (Lsa, {**LSA, "minimum_df": 99}, "minimum_df: found 99, but no term"),
        (Lsa, {**LSA, "dimension": 3}, "did you mean 'dimensions'"),
        (CharLsa, {**CHAR, "grams": [4, 3]}, r"grams: found \[4, 3\]"),
        (CharLsa, LSA, "missing grams"),
    ],
)
def test_dense_encoders_refuse_wrong_options(data, encoder, options, said):
    with pytest.raises(ConfigError, match=said):
        encoder.fit(data, options)


def test_term_space_refuses_files_that_do_not_belong_together(data, tmp_path):
    Lsa.fit(data, LSA).save(tmp_path)
    np.save(tmp_path / "idf.npy", np.ones(2, dtype=np.float32))
    with pytest.raises(ArtifactError, match="2 idf"):
        TermSpace.load(tmp_path)
    (tmp_path / "vectors.npy").unlink()
    with pytest.raises(ArtifactError, match="cannot be read"):
        TermSpace.load(tmp_path)
