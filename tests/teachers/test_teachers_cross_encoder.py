"""Engine ``cross-encoder``: the order of its model, within the first stage's candidates."""

from collections.abc import Sequence

import numpy as np
import pytest

from dragon.core import Corpus, Passage
from dragon.errors import ConfigError
from dragon.teachers.cross_encoder import open_cross_encoder

ENGINE = {"first_stage": "bm25", "depth": 4, "threads": 1}


class LongestCommon:
    """Scores a pair by the number of letters that both texts have; opens on texts as an encoder does."""

    def open(self, texts: Sequence[str]) -> "LongestCommon":
        self.texts = list(texts)
        return self

    def scores(self, queries: Sequence[str], docs_QC: np.ndarray, threads: int) -> np.ndarray:
        def score(query: str, doc: int) -> float:
            return float(len(set(query) & set(self.texts[doc]))) if doc >= 0 else -np.inf

        return np.asarray([[score(q, d) for d in row] for q, row in zip(queries, docs_QC, strict=True)], np.float32)


class Fixed:
    """A first stage that always answers the same."""

    def __init__(self, docs: list[list[int]]) -> None:
        self.docs = np.asarray(docs, dtype=np.int32)
        self.depths: list[int] = []

    def search(self, queries: Sequence[str], depth: int) -> tuple[np.ndarray, np.ndarray]:
        self.depths.append(depth)
        return self.docs, np.zeros(self.docs.shape, dtype=np.float32)


@pytest.fixture
def corpus(tmp_path) -> Corpus:
    texts = ["abc", "ab", "xyz", "ba", "abcd"]
    return Corpus.write(tmp_path / "corpus", (Passage(str(row), "", text) for row, text in enumerate(texts)))


def test_candidates_are_put_in_the_models_order(corpus, tmp_path):
    first = Fixed([[3, 2, 1, 0], [4, -1, -1, -1], [-1, -1, -1, -1]])
    searcher = open_cross_encoder(LongestCommon(), ENGINE, corpus, tmp_path, first_stage=first)
    docs, scores = searcher.search(["abc", "a", "x"], 6)
    assert first.depths == [4]
    assert docs.tolist() == [[0, 1, 3, 2, -1, -1], [4, -1, -1, -1, -1, -1], [-1] * 6]  # 1 and 3 tie: row decides
    assert scores[0].tolist() == [3, 2, 2, 0, -np.inf, -np.inf]
    assert searcher.search(["abc", "a", "x"], 2)[0].tolist() == [[0, 1], [4, -1], [-1, -1]]


@pytest.mark.parametrize(
    ("options", "first_stage", "said"),
    [
        (ENGINE, None, "needs another teacher"),
        ({**ENGINE, "depth": 0}, Fixed([[0]]), "depth: found 0"),
        ({"depth": 4, "threads": 1}, None, "missing first_stage"),
    ],
)
def test_cross_encoder_refuses_wrong_options(corpus, tmp_path, options, first_stage, said):
    with pytest.raises(ConfigError, match=said):
        open_cross_encoder(LongestCommon(), options, corpus, tmp_path, first_stage=first_stage)
