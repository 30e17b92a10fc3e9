"""Success@5, LoTTE's measure: is one of the first five relevant?"""

import pytest

from dragon.core import Qrels, Run
from dragon.evaluation.measures import mean, per_query


def ranked(*docs):
    return [(doc, float(len(docs) - place)) for place, doc in enumerate(docs)]


@pytest.mark.parametrize(("rank", "expected"), [(1, 1.0), (5, 1.0), (6, 0.0)])
def test_the_fifth_place_counts_and_the_sixth_does_not(rank, expected):
    docs = [f"other/{place}" for place in range(1, 10)]
    docs.insert(rank - 1, "sub/pkg.f#0")
    qrels = Qrels({"sub/pkg.f": {"sub/pkg.f#0": 1, "sub/pkg.f#1": 1}})
    assert per_query(Run({"sub/pkg.f": ranked(*docs)}), qrels, ["Success@5"])["Success@5"] == {"sub/pkg.f": expected}


def test_several_relevant_passages_count_once():
    run = Run({"q": ranked("a", "b", "c")})
    assert per_query(run, Qrels({"q": {"a": 1, "b": 2, "c": 1}}), ["Success@5"])["Success@5"] == {"q": 1.0}


def test_ties_over_the_cut_go_to_the_later_id():
    hits = [(doc, 1.0) for doc in "abcdef"]  # trec_eval ranks f e d c b | a
    found = per_query(Run({"1": hits, "2": hits}), Qrels({"1": {"a": 1}, "2": {"b": 1}}), ["Success@5"])
    assert found["Success@5"] == {"1": 0.0, "2": 1.0}


def test_queries_without_results_count_as_failures():
    qrels = Qrels({"found": {"a": 1}, "empty": {"a": 1}, "absent": {"a": 1}, "unjudged passages only": {"z": 1}})
    run = Run({"found": ranked("a"), "empty": [], "unjudged passages only": ranked("a", "b")})
    found = per_query(run, qrels, ["Success@5"])["Success@5"]
    assert found == {"found": 1.0, "empty": 0.0, "absent": 0.0, "unjudged passages only": 0.0}
    assert mean(found.values()) == 0.25
