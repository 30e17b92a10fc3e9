"""Engine ``dense`` over LSA."""

import numpy as np
import pytest

from dragon.core import Corpus, Passage
from dragon.errors import ConfigError
from dragon.models.encoder import FitData
from dragon.models.lsa import Lsa
from dragon.teachers.dense import open_dense

TEXTS = ["sum of an array", "inverse of a matrix", "sum of an array", "random normal samples", ""]
ENGINE = {"threads": 1, "gpu": False}


@pytest.fixture
def corpus(tmp_path) -> Corpus:
    return Corpus.write(tmp_path / "corpus", (Passage(str(row), "", text) for row, text in enumerate(TEXTS)))


@pytest.fixture
def encoder(corpus) -> Lsa:
    return Lsa.fit(FitData(corpus, None, None), {"dimensions": 3, "minimum_df": 1, "iterations": 3, "seed": 1})


def test_dense_ranks_every_passage_and_breaks_ties_by_row(encoder, corpus, tmp_path):
    docs, scores = open_dense(encoder, ENGINE, corpus, tmp_path).search(["matrix inverse", "sum of an array"], 6)
    assert docs[0, 0] == 1
    assert docs[1, :2].tolist() == [0, 2]  # the same text twice
    assert scores[1, 0] == scores[1, 1] == pytest.approx(1, abs=1e-5)
    assert (docs[:, 5] == -1).all()
    expected = encoder.encode_queries(["matrix inverse"]) @ encoder.encode_passages(TEXTS).T
    assert np.allclose(scores[0, :5], -np.sort(-expected[0]), atol=1e-6)


@pytest.mark.parametrize(
    ("options", "first_stage", "said"),
    [
        (ENGINE, "some", "kind dense searches the whole collection"),
        ({**ENGINE, "threads": 0}, None, "threads: found 0"),
        ({**ENGINE, "thread": 1}, None, "did you mean 'threads'"),
    ],
)
def test_dense_refuses_wrong_options(encoder, corpus, tmp_path, options, first_stage, said):
    with pytest.raises(ConfigError, match=said):
        open_dense(encoder, options, corpus, tmp_path, first_stage=first_stage)
