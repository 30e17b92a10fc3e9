import math

import pytest
import pytrec_eval
from hypothesis import given, settings
from hypothesis import strategies as st

from dragon.core import Qrels, Run
from dragon.errors import ArtifactError, ConfigError
from dragon.evaluation.measures import mean_over, parse, per_query, trec_order

DOCS = [f"d{i}" for i in range(14)]
# Few distinct scores, some of them equal in single precision only, so that ties are common.
SCORES = st.sampled_from([0.0, 1.0, 1.0 + 1e-9, 1.5, 2.0, 387.25, 387.25 + 1e-6])
QUERIES = ["q1", "q2", "q3", "q10"]
GRADES = st.dictionaries(st.sampled_from(DOCS), st.integers(0, 3), min_size=1, max_size=10)
QRELS = st.dictionaries(st.sampled_from(QUERIES), GRADES, min_size=1)
RUNS = st.dictionaries(st.sampled_from(QUERIES), st.dictionaries(st.sampled_from(DOCS), SCORES, max_size=14))
TREC_NAMES = {"nDCG@10": "ndcg_cut_10", "R@5": "recall_5", "Success@5": "success_5", "P@5": "P_5", "AP": "map"}


def as_run(results):
    return Run({query: list(hits.items()) for query, hits in results.items()})


def with_trec_eval(qrels, run, names, level=1):
    """trec_eval itself, on the scores as they are; judged queries without results count as 0."""
    evaluator = pytrec_eval.RelevanceEvaluator(qrels, set(names), relevance_level=level)
    found = evaluator.evaluate({query: hits for query, hits in run.items() if hits})
    return {name: {query: found.get(query, {}).get(name, 0.0) for query in qrels} for name in names}


@settings(max_examples=150, deadline=None)
@given(QRELS, RUNS)
def test_values_are_trec_evals(qrels, run):
    ours = per_query(as_run(run), Qrels(qrels), list(TREC_NAMES))
    theirs = with_trec_eval(qrels, run, list(TREC_NAMES.values()))
    for name, trec_name in TREC_NAMES.items():
        assert ours[name] == pytest.approx(theirs[trec_name], abs=1e-12)


@settings(max_examples=150, deadline=None)
@given(QRELS, RUNS, st.integers(1, 3))
def test_reciprocal_rank_breaks_ties_as_trec_eval_does(qrels, run, level):
    name = f"RR(rel={level})@5"
    whole = with_trec_eval(qrels, run, ["recip_rank"], level)["recip_rank"]
    cut = {query: value if value >= 1 / 5 - 1e-12 else 0.0 for query, value in whole.items()}
    assert per_query(as_run(run), Qrels(qrels), [name])[name] == pytest.approx(cut)


@settings(max_examples=60, deadline=None)
@given(QRELS, RUNS)
def test_a_cutoff_reads_no_deeper_than_it_must(qrels, run):
    """Lists are cut at the deepest cutoff; a measure of whole lists beside it must not change the values."""
    names = ["RR@3", "nDCG@3", "R@3"]
    alone = per_query(as_run(run), Qrels(qrels), names)
    beside = per_query(as_run(run), Qrels(qrels), [*names, "AP"])
    assert all(alone[name] == pytest.approx(beside[name]) for name in names)


def test_values_computed_by_hand():
    run = Run({"q": [("b", 3.0), ("a", 2.0), ("c", 1.0)]})
    qrels = Qrels({"q": {"a": 2, "c": 1, "b": 0}})
    found = per_query(run, qrels, ["nDCG@10", "RR@10", "RR(rel=2)@10", "R@2", "Success@1"])
    gained = 2 / math.log2(3) + 1 / math.log2(4)
    ideal = 2 / math.log2(2) + 1 / math.log2(3)
    assert found["nDCG@10"]["q"] == pytest.approx(gained / ideal)
    assert {name: by_query["q"] for name, by_query in found.items() if name != "nDCG@10"} == {
        "RR@10": 0.5,
        "RR(rel=2)@10": 0.5,
        "R@2": 0.5,
        "Success@1": 0.0,
    }


def test_ties_go_to_the_later_document_id_for_every_measure():
    run, qrels = Run({"q": [("a", 1.0), ("b", 1.0)]}), Qrels({"q": {"a": 1}})
    found = per_query(run, qrels, ["RR@10", "nDCG@10", "Success@1"])
    assert found["RR@10"]["q"] == 0.5
    assert found["nDCG@10"]["q"] == pytest.approx(1 / math.log2(3))
    assert found["Success@1"]["q"] == 0.0


def test_order_is_score_then_document_id_descending():
    assert trec_order([("a", 1.0), ("c", 2.0), ("b", 1.0), ("é", 1.0)]) == ["c", "é", "b", "a"]
    assert trec_order([("a", 387.25 + 1e-6), ("b", 387.25)]) == ["b", "a"]
    assert trec_order([]) == []


def test_missing_results_count_as_nothing_and_unjudged_queries_are_left_out():
    run = Run({"judged": [("a", 1.0)], "unjudged": [("a", 1.0)], "empty": []})
    qrels = Qrels({"judged": {"a": 1}, "absent": {"a": 1}, "empty": {"a": 1}, "nothing relevant": {"a": 0}})
    found = per_query(run, qrels, ["RR@10", "nDCG@10"])
    expected = {"judged": 1.0, "absent": 0.0, "empty": 0.0, "nothing relevant": 0.0}
    assert found == {"RR@10": expected, "nDCG@10": expected}
    assert list(found["RR@10"]) == list(qrels.grades)


def test_mean_over_some_queries():
    run = Run({"1": [("a", 2.0)], "2": [("b", 2.0), ("a", 1.0)], "3": [("a", 1.0)]})
    qrels = Qrels({"1": {"a": 1}, "2": {"a": 1}, "3": {"z": 1}})
    assert mean_over(run, qrels, "RR@10", ["1", "2", "unjudged"]) == 0.75
    assert mean_over(run, qrels, "RR@10", ["1", "2", "3"]) == 0.5
    with pytest.raises(ArtifactError, match="judgments"):
        mean_over(run, qrels, "RR@10", ["unjudged"])


@pytest.mark.parametrize("name", ["RR10", "ndcg@10", "nDCG@ten", "Foo@3", "RR@@", "", "nDCG(dcg='exp-log2')@10", "RBP"])
def test_unknown_measures_are_named_with_what_is_allowed(name):
    with pytest.raises(ConfigError, match=r"measures: found .*allowed: RR@10, nDCG@10"):
        parse(name)


def test_an_unknown_measure_suggests_the_right_one():
    with pytest.raises(ConfigError, match=r"did you mean 'nDCG@10'\?"):
        parse("ndcg@10")


def test_a_document_that_stands_twice_is_refused():
    with pytest.raises(ArtifactError, match=r"query q: document 'a' stands twice"):
        per_query(Run({"q": [("a", 2.0), ("a", 1.0)]}), Qrels({"q": {"a": 1}}), ["RR@10"])
