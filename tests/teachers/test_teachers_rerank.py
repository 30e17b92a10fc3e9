import numpy as np

from dragon.teachers.cross_encoder import CrossEncoderOptions, CrossEncoderSearcher
from dragon.teachers.rerank import Candidates


class Lengths:
    """Scores a pair by the passage's row alone: 7 is best, then 5, then 1."""

    def scores(self, queries, docs_QC, threads):
        value = {7: 3.0, 5: 2.0, 1: 1.0}
        return np.vectorize(lambda doc: value.get(doc, -np.inf))(docs_QC).astype(np.float32)


def test_candidates_are_found_by_text_whatever_the_slice():
    docs = np.array([[1, 5], [7, 1], [1, 5]], dtype=np.int32)
    first = Candidates.of(["a", "b", "a"], docs, docs.astype(np.float32))
    assert first.search(["b", "a"], 2)[0].tolist() == [[7, 1], [1, 5]]
    assert first.search(["b"], 1)[0].tolist() == [[7]]


def test_a_student_s_candidates_are_put_in_the_cross_encoder_s_order():
    docs = np.array([[1, 5, 7], [5, 1, -1]], dtype=np.int32)
    first = Candidates.of(["a", "b"], docs, np.zeros(docs.shape, dtype=np.float32))
    options = CrossEncoderOptions(first_stage="x", depth=3, threads=1)
    found, scores = CrossEncoderSearcher(Lengths(), first, options).search(["a", "b"], 4)
    assert found.tolist() == [[7, 5, 1, -1], [5, 1, -1, -1]]
    assert scores[0].tolist() == [3.0, 2.0, 1.0, -np.inf]
