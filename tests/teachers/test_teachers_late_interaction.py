"""Engine ``late-interaction`` over contextual terms, on NumPy's own documentation."""

import inspect

import numpy as np
import pytest

from dragon.core import Corpus, Passage
from dragon.errors import ConfigError
from dragon.models.contextual_terms import ContextualTerms
from dragon.models.encoder import FitData
from dragon.models.max_sim import MaxSim
from dragon.teachers import late_interaction
from dragon.teachers.late_interaction import open_late_interaction

TERMS = {
    "dimensions": 96,
    "minimum_df": 2,
    "iterations": 3,
    "seed": 1,
    "context": 0.5,
    "window": 2,
    "threshold": 0.5,
}
QUERIES = ["sum of array elements over an axis", "eigenvalues of a matrix", "zzz qqq", "", "sort the array in place"]


@pytest.fixture(scope="module")
def texts() -> list[str]:
    members = [getattr(np, name) for name in sorted(np.__all__)]
    docs = [inspect.getdoc(member) or "" for member in members if callable(member)]
    return [*[" ".join(doc.split()[:40]) for doc in docs if len(doc.split()) > 40][:300], ""]


@pytest.fixture(scope="module")
def corpus(texts, tmp_path_factory) -> Corpus:
    folder = tmp_path_factory.mktemp("numpy") / "corpus"
    return Corpus.write(folder, (Passage(str(row), "", text) for row, text in enumerate(texts)))


@pytest.fixture(scope="module")
def encoder(corpus) -> ContextualTerms:
    return ContextualTerms.fit(FitData(corpus, None, None), TERMS)


def search(encoder, corpus, candidates, depth=10, threads=1, queries=QUERIES):
    options = {"candidates": candidates, "threads": threads}
    return open_late_interaction(encoder, options, corpus, corpus.folder).search(queries, depth)


def test_every_passage_is_scored_without_candidates(encoder, corpus, texts):
    docs, scores = search(encoder, corpus, None, depth=len(texts) + 5)
    every = MaxSim(encoder.encode(texts), TERMS["threshold"]).scores(
        encoder.encode(QUERIES), range(len(QUERIES)), [np.arange(len(texts))] * len(QUERIES)
    )
    for row, expected in enumerate(every):
        best = [doc for doc in np.lexsort((np.arange(len(texts)), -expected)) if expected[doc] > 0]
        assert docs[row, : len(best)].tolist() == best
        assert scores[row, : len(best)].tolist() == expected[best].tolist()
        assert (docs[row, len(best) :] == -1).all()


def test_candidates_lose_almost_nothing_at_the_top_and_change_no_score(encoder, corpus, texts):
    queries = [" ".join(text.split()[:12]) for text in texts[:60]]
    exact, exact_scores = search(encoder, corpus, None, queries=queries)
    docs, scores = search(encoder, corpus, 40, queries=queries)
    assert np.mean([len(set(a) & set(b)) / 10 for a, b in zip(exact.tolist(), docs.tolist(), strict=True)]) > 0.97
    known = {
        (row, doc): score
        for row in range(len(queries))
        for doc, score in zip(exact[row].tolist(), exact_scores[row].tolist(), strict=True)
    }
    found = [(known[row, doc], scores[row, k]) for (row, k), doc in np.ndenumerate(docs) if (row, doc) in known]
    assert all(expected == score for expected, score in found)


def test_lists_do_not_depend_on_threads_or_on_other_queries(encoder, corpus, texts, monkeypatch):
    queries = [" ".join(text.split()[5:20]) for text in texts[:40]]
    docs, scores = search(encoder, corpus, 30, queries=queries)
    monkeypatch.setattr(late_interaction, "QUERIES_PER_BLOCK", 7)
    again = search(encoder, corpus, 30, queries=queries[3:33], threads=2)
    assert (again[0] == docs[3:33]).all()
    assert (again[1] == scores[3:33]).all()


def test_a_query_that_matches_nothing_has_an_empty_list(encoder, corpus):
    docs, scores = search(encoder, corpus, 20)
    assert (docs[2:4] == -1).all()
    assert np.isneginf(scores[2:4]).all()
    assert (docs[0] >= 0).all()


@pytest.mark.parametrize(
    ("options", "first_stage", "said"),
    [
        ({"candidates": 0, "threads": 1}, None, "candidates: found 0"),
        ({"candidates": None, "threads": 0}, None, "threads: found 0"),
        ({"candidates": 5}, None, "missing threads"),
        ({"candidates": 5, "threads": 1}, "some", "searches the whole collection"),
    ],
)
def test_late_interaction_refuses_wrong_options(encoder, corpus, options, first_stage, said):
    with pytest.raises(ConfigError, match=said):
        open_late_interaction(encoder, options, corpus, corpus.folder, first_stage=first_stage)
