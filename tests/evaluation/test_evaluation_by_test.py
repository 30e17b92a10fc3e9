"""Suites whose tests are measured with lists of their own: values by hand, and the key of what the store holds."""

import dataclasses
from importlib.metadata import version
from pathlib import Path

import pytest

from dragon import artifacts
from dragon.config import Params
from dragon.core import Checkpoint, Qrels, Run
from dragon.errors import ConfigError
from dragon.evaluation.by_test import evaluate_tests, measures_of, within
from dragon.evaluation.keys import evaluation_key, source_digest
from dragon.evaluation.suites import evaluate_suite, per_query_path

ROOT = Path(__file__).parents[2]
PARAMS = Params.load(ROOT)
GRADED = ("nDCG@10", "RR(rel=2)@10")
LISTS = {"dev": ("RR@10", "nDCG@10"), "dl19": GRADED, "dl20": GRADED}


@pytest.fixture
def tests_of(tmp_path):
    """One query a test: dev finds its passage at rank 2; the others a grade of 1 first and a grade of 2 second."""
    runs = {test: Run({f"{test}-q": [("a", 2.0), ("b", 1.0)]}) for test in LISTS}
    qrels = {"dev": {"b": 1}, "dl19": {"a": 1, "b": 2}, "dl20": {"a": 1}}
    paths = {test: tmp_path / f"{test}.trec.gz" for test in LISTS}
    for test, run in runs.items():
        run.write(paths[test], "system")
    return {test: (runs[test], Qrels({f"{test}-q": qrels[test]}), paths[test]) for test in LISTS}


LOG3 = 1.584962500721156
DL19 = (1 + 2 / LOG3) / (2 + 1 / LOG3)


def test_each_test_has_its_own_values(tests_of):
    table = evaluate_tests("system", "suite", tests_of, LISTS, ["dev"], {"evidence": "L3"})
    assert list(table.values) == ["dev", "dl19", "dl20", "mean"]
    assert table.values["dev"] == pytest.approx({"RR@10": 0.5, "nDCG@10": 1 / LOG3})
    assert table.values["dl19"] == pytest.approx({"nDCG@10": DL19, "RR(rel=2)@10": 0.5})
    assert table.values["dl20"] == {"nDCG@10": 1.0, "RR(rel=2)@10": 0.0}  # a grade of 1 is not relevant there
    assert table.values["mean"] == table.values["dev"]
    found = artifacts.read_json(per_query_path(tests_of["dl20"][2]))
    assert found == {"nDCG@10": {"dl20-q": 1.0}, "RR(rel=2)@10": {"dl20-q": 0.0}}


def test_the_mean_holds_what_all_its_tests_have(tests_of):
    table = evaluate_tests("system", "suite", tests_of, LISTS, ["dev", "dl19"], {})
    assert table.values["mean"] == pytest.approx({"nDCG@10": (1 / LOG3 + DL19) / 2})
    graded = evaluate_tests("system", "suite", tests_of, LISTS, ["dl19", "dl20"], {})
    assert graded.values["mean"] == pytest.approx({"nDCG@10": (DL19 + 1) / 2, "RR(rel=2)@10": 0.25})


def test_facts_are_those_of_a_suite_that_measures_alike(tests_of):
    lists = {"dev": GRADED, "dl19": ("RR@10",), "dl20": GRADED}
    table = evaluate_tests("system", "suite", tests_of, lists, ["dev"], {"evidence": "L3"})
    alike = evaluate_suite("system", "suite", tests_of, ["nDCG@10"], ["dev"], {"evidence": "L3"})
    assert table.facts == alike.facts
    assert [list(table.facts[key]) for key in ("num_queries", "runs")] == [["dev", "dl19", "dl20"]] * 2


def test_one_list_for_all_is_an_ordinary_suite(tests_of):
    lists = dict.fromkeys(LISTS, ("RR@10",))
    found = evaluate_tests("system", "suite", tests_of, lists, ["dl19"], {})
    assert found == evaluate_suite("system", "suite", tests_of, ["RR@10"], ["dl19"], {})


def test_mistakes_are_found_before_any_test_is_evaluated(tests_of):
    with pytest.raises(ConfigError, match=r"measures: found 'RR\(rel=2\)10'"):
        evaluate_tests("system", "suite", tests_of, {**LISTS, "dl20": ("RR(rel=2)10",)}, ["dev"], {})
    with pytest.raises(ConfigError, match=r"suite: mean_of: found 'dl2', allowed: dev, dl19, dl20"):
        evaluate_tests("system", "suite", tests_of, LISTS, ["dl2"], {})
    assert not any(per_query_path(path).exists() for _, _, path in tests_of.values())


def suite_of(**own):
    return dataclasses.replace(
        PARAMS.suite("in-domain"),
        tests={"dev": "pool/dev", "dl19": "pool/dl19"},
        measures=("RR@10", "R@1000", "nDCG@10"),
        mean_of=("dev",),
        test_measures=own,
    )


def test_what_a_test_is_measured_with():
    suite = suite_of(dl19=("nDCG@10", "R(rel=2)@100", "RR(rel=2)@10"))
    assert measures_of(suite, suite.tests) == {"dev": suite.measures, "dl19": suite.test_measures["dl19"]}
    assert measures_of(suite, ["dl19"], depth=10) == {"dl19": ("nDCG@10", "RR(rel=2)@10")}
    assert within(("R@1000", "AP"), 100) == ("AP",)
    assert suite.shared_measures == suite.measures
    assert dataclasses.replace(suite, mean_of=("dev", "dl19")).shared_measures == ("nDCG@10",)


@pytest.fixture
def keyed(tmp_path, monkeypatch):
    """The key of a start's evaluation on a suite of two tests, and what else it is made from."""
    monkeypatch.chdir(tmp_path)
    layout, training = PARAMS.layout, PARAMS.training
    for folder in (layout.dataset("in-domain", "pool"), *(layout.tokens("in-domain") / name for name in PLACES)):
        with artifacts.folder(folder, {}) as part:
            (part / "file").write_text(folder.name)
    with artifacts.folder(layout.checkpoint("plain"), {}) as part:
        (part / "weights").write_text("")
    checkpoint = Checkpoint.open(layout.checkpoint("plain"))

    def key(suite):
        suites = {**PARAMS.scale.suites, "in-domain": suite}
        params = dataclasses.replace(PARAMS, scale=dataclasses.replace(PARAMS.scale, suites=suites))
        return evaluation_key(params, "start-plain", "in-domain", checkpoint, training)

    return key, checkpoint.digest


PLACES = ("pool/corpus", "pool/dev", "pool/dl19")
VERSIONS = ("torch", "transformers", "numpy", "ir_measures", "pytrec_eval-terrier")


def test_the_key_of_a_suite_that_measures_alike_says_nothing_of_lists(keyed):
    """Worked out anew: a word more in what is digested would make every stored evaluation be computed again."""
    key, checkpoint = keyed
    suite, layout, training = suite_of(), PARAMS.layout, PARAMS.training
    tokens = {name: artifacts.file_digests(layout.tokens("in-domain") / name) for name in PLACES}
    texts = {"pool": artifacts.file_digests(layout.dataset("in-domain", "pool"))}
    rules = {"tests": suite.tests, "measures": suite.measures, "mean_of": suite.mean_of}
    lengths = {"query": training.max_length.query, "passage": training.max_length.passage}
    named = {name: getattr(training, name) for name in ("tied_encoders", "pooling", "threads")}
    expected = {
        "system": "start-plain",
        "checkpoint": checkpoint,
        "suite": {"name": "in-domain", **rules, "data": texts, "tokens": tokens},
        "encoding": {**named, "max_length": lengths},
        "depth": [PARAMS.scale.run_depth, PARAMS.scale.encode_batch_size],
        "code": source_digest(),
        "versions": {name: version(name) for name in VERSIONS},
    }
    assert key(suite) == artifacts.digest(expected)


def test_other_lists_are_other_keys(keyed):
    key, _ = keyed
    suites = [suite_of(), suite_of(dl19=("nDCG@10",)), suite_of(dl19=("RR@10",)), suite_of(dev=("nDCG@10",))]
    assert len({key(suite) for suite in suites}) == 4
