"""A small collection of real sentences, with human queries and judgments."""

import pytest

from dragon.core import Corpus, Passage, Qrels, Queries
from dragon.core.queries import Query

PASSAGES = [
    "The matrix must be square. Raises an error, e.g. LinAlgError, if it is singular! Is it stable? Yes.",
    "A kernel smooths the signal. The window has an odd length.",
    "",
    "Random forests average trees. Every tree sees a bootstrap sample of the training data.",
    "Nodes and edges make a graph. A path visits nodes once.",
]
HUMAN = [
    ("q0", "Compute the inverse of a square matrix.", {"d0": 1}),
    ("q1", "Compute the median of a signal.", {"d1": 1}),
    ("q2", "Fit the trees of a forest.", {"d3": 1}),
    ("q3", "Return the nodes of a graph.", {"d4": 1, "d1": 1, "d0": 0}),
    ("q4", "Return the shortest path of a graph.", {"d4": 1}),
    ("q5", "Compute the edges of a graph.", {"elsewhere": 1}),
]


@pytest.fixture
def inputs(tmp_path):
    """What ``augment`` takes between its options and the other sets: corpus, training queries, judgments."""
    corpus = Corpus.write(tmp_path / "corpus", (Passage(f"d{i}", "", text) for i, text in enumerate(PASSAGES)))
    queries = Queries.write(tmp_path / "train", (Query(name, text) for name, text, _ in HUMAN))
    return corpus, queries, Qrels({name: docs for name, _, docs in HUMAN})
