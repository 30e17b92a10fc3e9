import json

import pytest

from dragon.artifacts import file_digest
from dragon.core import MetricTable, Qrels, Run
from dragon.errors import ArtifactError, ConfigError
from dragon.evaluation.suites import evaluate_suite, per_query_path


@pytest.fixture
def tests_of(tmp_path):
    """Two tests with RR@10 of (1 + 0.5 + 0) / 3 and 1, their run files written."""
    first = Run({"1": [("a", 2.0)], "2": [("b", 2.0), ("a", 1.0)], "9": [("a", 1.0)]})
    second = Run({"1": [("z", 1.0)]})
    qrels = Qrels({"1": {"a": 1}, "2": {"a": 1}, "3": {"a": 1}}), Qrels({"1": {"z": 1}})
    paths = tmp_path / "first.trec.gz", tmp_path / "second.trec.gz"
    first.write(paths[0], "system")
    second.write(paths[1], "system")
    return {"first": (first, qrels[0], paths[0]), "second": (second, qrels[1], paths[1])}


def test_values_mean_and_facts(tests_of, tmp_path):
    table = evaluate_suite("system", "suite", tests_of, ["RR@10", "R@100"], ["first", "second"], {"evidence": "L3"})
    assert (table.system, table.suite) == ("system", "suite")
    assert table.values["first"] == pytest.approx({"RR@10": 0.5, "R@100": 2 / 3})
    assert table.values["mean"] == pytest.approx({"RR@10": 0.75, "R@100": 5 / 6})
    assert table.facts == {
        "evidence": "L3",
        "num_queries": {"first": 3, "second": 1},
        "without_results": {"first": 1, "second": 0},
        "without_judgments": {"first": 1, "second": 0},
        "runs": {name: {"path": str(p), "sha256": file_digest(p)} for name, (_, _, p) in tests_of.items()},
        "mean_of": ["first", "second"],
    }
    table.write(tmp_path / "metrics.json")
    assert MetricTable.read(tmp_path / "metrics.json") == table


def test_per_query_values_lie_beside_the_run_and_average_to_the_value(tests_of):
    evaluate_suite("system", "suite", tests_of, ["RR@10"], ["first"], {})
    path = per_query_path(tests_of["first"][2])
    assert path.name == "first.per_query.json"
    assert json.loads(path.read_text()) == {"RR@10": {"1": 1.0, "2": 0.5, "3": 0.0}}


def test_the_same_run_gives_the_same_bytes(tests_of):
    path = per_query_path(tests_of["first"][2])
    evaluate_suite("system", "suite", tests_of, ["RR@10"], ["first"], {})
    before = path.read_bytes()
    again = {
        name: (Run(dict(reversed(run.results.items()))), qrels, place) for name, (run, qrels, place) in tests_of.items()
    }
    evaluate_suite("system", "suite", again, ["RR@10"], ["first"], {})
    assert path.read_bytes() == before


def test_the_mean_is_over_what_the_suite_names(tests_of):
    table = evaluate_suite("system", "suite", tests_of, ["RR@10"], ["second"], {})
    assert table.values["mean"] == {"RR@10": 1.0}


def test_mistakes_are_found_before_anything_is_evaluated(tests_of):
    with pytest.raises(ConfigError, match=r"suite: mean_of: found 'third', allowed: first, second"):
        evaluate_suite("system", "suite", tests_of, ["RR@10"], ["third"], {})
    with pytest.raises(ConfigError, match="measures"):
        evaluate_suite("system", "suite", tests_of, ["MRR10"], ["first"], {})
    assert not per_query_path(tests_of["first"][2]).exists()


def test_a_run_that_was_not_written_is_an_error(tests_of, tmp_path):
    run, qrels, _ = tests_of["first"]
    with pytest.raises(ArtifactError, match="absent"):
        evaluate_suite("system", "suite", {"t": (run, qrels, tmp_path / "absent.trec.gz")}, ["RR@10"], ["t"], {})
