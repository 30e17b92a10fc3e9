"""TREC Deep Learning's measures: linear gain from all grades, binary measures from grade 2; and odd grades."""

import math

import pytest
import pytrec_eval

from dragon.core import Qrels, Run
from dragon.evaluation.measures import per_query

NAMES = ["nDCG@10", "RR(rel=2)@10", "R(rel=2)@100", "RR@10", "R@100"]


def ranked(*docs):
    return [(doc, float(len(docs) - place)) for place, doc in enumerate(docs)]


def test_values_worked_by_hand():
    """Four judged passages of grades 3, 2, 1, 0; the list finds 1, 0, 3 and one that is not judged."""
    qrels = Qrels({"q": {"three": 3, "two": 2, "one": 1, "zero": 0}})
    found = per_query(Run({"q": ranked("one", "zero", "x", "three")}), qrels, NAMES)
    gained = 1 / math.log2(2) + 3 / math.log2(5)
    ideal = 3 / math.log2(2) + 2 / math.log2(3) + 1 / math.log2(4)  # linear gain: the grade itself, not 2 ** grade - 1
    assert found["nDCG@10"]["q"] == pytest.approx(gained / ideal)
    assert found["RR(rel=2)@10"]["q"] == pytest.approx(1 / 4)  # the first of grade 2 or 3
    assert found["R(rel=2)@100"]["q"] == pytest.approx(1 / 2)  # of the two such passages
    assert found["RR@10"]["q"] == 1.0
    assert found["R@100"]["q"] == pytest.approx(2 / 3)


def test_a_query_without_grade_two_scores_nothing_on_binary_measures_and_stays_in_the_mean():
    qrels = Qrels({"weak": {"a": 1, "b": 0}, "strong": {"a": 2}})
    found = per_query(Run({"weak": ranked("a"), "strong": ranked("a")}), qrels, NAMES)
    assert found["RR(rel=2)@10"] == {"weak": 0.0, "strong": 1.0}
    assert found["R(rel=2)@100"] == {"weak": 0.0, "strong": 1.0}
    assert found["nDCG@10"] == {"weak": 1.0, "strong": 1.0}


def test_the_cutoffs_count():
    docs = [f"x{i}" for i in range(120)]
    docs[10], docs[99], docs[100] = "r1", "r2", "r3"
    found = per_query(Run({"q": ranked(*docs)}), Qrels({"q": {"r1": 2, "r2": 3, "r3": 2, "x0": 1}}), NAMES)
    assert found["RR(rel=2)@10"]["q"] == 0.0  # the first stands in place 11
    assert found["R(rel=2)@100"]["q"] == pytest.approx(2 / 3)


def test_negative_grades_count_as_not_relevant_as_in_trec_eval():
    run = {"q": dict(ranked("bad", "good", "zero"))}
    grades = {"q": {"bad": -2, "good": 2, "zero": 0, "worse": -1}}
    with_negatives = per_query(Run({"q": ranked("bad", "good", "zero")}), Qrels(grades), NAMES)
    as_zero = {"q": {doc: max(grade, 0) for doc, grade in grades["q"].items()}}
    assert with_negatives == per_query(Run({"q": ranked("bad", "good", "zero")}), Qrels(as_zero), NAMES)
    theirs = pytrec_eval.RelevanceEvaluator(grades, {"ndcg_cut_10"}).evaluate(run)
    assert with_negatives["nDCG@10"]["q"] == pytest.approx(theirs["q"]["ndcg_cut_10"])
    assert with_negatives["nDCG@10"]["q"] == pytest.approx(1 / math.log2(3))


def test_relevant_documents_that_the_corpus_lacks_lower_recall():
    """Kept judgments of unknown documents are relevant and never found, as trec_eval counts them."""
    found = per_query(Run({"q": ranked("here")}), Qrels({"q": {"here": 2, "nowhere": 2}}), NAMES)
    assert found["R(rel=2)@100"]["q"] == 0.5
    assert found["nDCG@10"]["q"] == pytest.approx(1 / (1 + 1 / math.log2(3)))
