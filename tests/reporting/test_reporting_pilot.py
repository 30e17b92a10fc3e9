"""The pilot's page from made-up metric files with several seeds: means, ranges, pairs and findings by hand."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from dragon import artifacts
from dragon.config import Params
from dragon.core import MetricTable
from dragon.errors import ArtifactError, ConfigError
from dragon.reporting import seeds
from dragon.reporting.claim_values import measured
from dragon.reporting.claims import ClaimsSpec
from dragon.reporting.markdown import signed, table
from dragon.reporting.pilot.pairs import PairResult, prepared
from dragon.reporting.pilot.settings import settings, steps
from dragon.reporting.pilot.spec import Pilot
from dragon.reporting.pilot.systems import scores, systems_table
from dragon.reporting.pilot.values import Place, Reader, Score, collections, in_domain, pooled, zero_shot_mean

ROOT = Path(__file__).parents[2]
PARAMS = replace(Params.load(ROOT), seeds=(42, 43, 44))
PILOT = Pilot.load(ROOT)
DEV = Place("dev RR@10", "in-domain", ("dev",), "RR@10")


def graded(params):
    """The settings with two more in-domain tests, which count nDCG@10 first."""
    suite = params.suite("in-domain")
    tests = {**suite.tests, "y1": "pydocs/dev", "y2": "pydocs/dev"}
    own = dict.fromkeys(("y1", "y2"), ("nDCG@10", "RR@10"))
    suite = replace(suite, tests=tests, test_measures=own)
    return replace(params, scale=replace(params.scale, suites={**params.scale.suites, "in-domain": suite}))


def evaluated(system, by_seed, suite="in-domain", params=PARAMS):
    """Metric and per-query files; ``by_seed``: seed -> test -> measure -> values of queries q0, q1, ..."""
    layout, means = params.layout, {}
    for seed, tests in by_seed.items():
        folder = layout.runs(system, suite) / (f"seed-{seed}" if seed != params.seeds[0] else "")
        means[seed] = {test: {m: sum(v) / len(v) for m, v in by.items()} for test, by in tests.items()}
        for test, by in tests.items():
            values = {m: {f"q{i}": float(one) for i, one in enumerate(v)} for m, v in by.items()}
            artifacts.write_json(folder / f"{test}.per_query.json", values)
    first, *others = by_seed
    facts = {"mean_of": list(params.suite(suite).mean_of), "training_queries": 1200}
    if others:
        facts["seeds"] = {str(seed): means[seed] for seed in others}
    MetricTable(system, suite, means[first], facts).write(layout.metrics(system, suite))


def dev(*values):
    return {"dev": {"RR@10": values}}


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


# ---- seeds


def test_mean_and_range_over_seeds():
    """(.30 + .36 + .39) / 3 = .35, from .30 to .39."""
    evaluated("uniform", {42: dev(0.2, 0.4), 43: dev(0.3, 0.42), 44: dev(0.38, 0.4)})
    found = Reader(PARAMS).score("uniform", DEV)
    assert (found.mean, found.range) == (pytest.approx(0.35), (pytest.approx(0.3), pytest.approx(0.39)))
    assert list(found.by_seed) == [42, 43, 44]


def test_what_has_one_seed_has_no_range():
    evaluated("start-idf", {42: dev(0.2, 0.4)})
    evaluated("uniform.1", {42: dev(0.2, 0.4)})
    evaluated("progressive", {42: dev(0.2, 0.4), 43: dev(0.3, 0.42)})
    reader = Reader(PARAMS)
    assert [reader.score(name, DEV).range for name in ("start-idf", "uniform.1")] == [None, None]
    assert list(reader.score("progressive", DEV).by_seed) == [42, 43]
    assert list(Reader(replace(PARAMS, seeds=(42,))).score("progressive", DEV).by_seed) == [42]
    assert reader.score("top-1", DEV) is None
    assert reader.score("progressive", replace(DEV, measure="R@100")) is None


def test_a_mean_over_collections_is_unweighted():
    suite = PARAMS.suite("zero-shot")
    values = {test: {"nDCG@10": [0.1 * n] * (n + 1)} for n, test in enumerate(suite.tests)}
    evaluated("uniform", {42: values}, "zero-shot")
    place = zero_shot_mean(PILOT.spec, PARAMS)
    assert Reader(PARAMS).score("uniform", place).mean == pytest.approx(0.25)  # 0, .1, ... .5
    assert [one.title for one in collections(PILOT.spec, PARAMS)] == list(suite.tests)


def test_seeds_that_all_of_a_comparison_have():
    tables = {}
    for name, others in {"progressive": ["43", "44"], "uniform": ["43"], "start-idf": [], "uniform.1": []}.items():
        tables[name] = MetricTable(name, "in-domain", {}, {"seeds": {seed: {} for seed in others}})

    def shared(*names):
        return seeds.shared([tables[name] for name in names], PARAMS)

    assert shared("progressive", "start-idf") == (42, 43, 44)
    assert shared("progressive", "uniform") == (42, 43)
    assert shared("progressive", "uniform.1") == shared("start-idf") == (42,)


def test_values_by_query_are_averaged_over_seeds():
    assert seeds.averaged([{"a": 0.1, "b": 1.0}, {"b": 0.0, "a": 0.3}]) == {"a": pytest.approx(0.2), "b": 0.5}
    one = {"a": 0.1}
    assert seeds.averaged([one]) is one
    with pytest.raises(ArtifactError, match="different queries"):
        seeds.averaged([{"a": 0.1}, {"b": 0.1}])


# ---- places


def test_a_test_is_compared_on_the_first_measure_that_it_lists():
    params = graded(PARAMS)
    assert [(one.tests, one.measure) for one in in_domain(PILOT.spec, params)] == [
        (("dev",), "RR@10"), (("see-also",), "RR@10"), (("y1",), "nDCG@10"), (("y2",), "nDCG@10"),
    ]  # fmt: skip
    (both,) = pooled(PILOT.spec, params)
    assert (both.title, both.tests, both.pooled) == ("y1 and y2 pooled nDCG@10", ("y1", "y2"), True)
    assert pooled(PILOT.spec, PARAMS) == []


# ---- pairs


def pair_of(left, *right):
    return replace(PILOT.spec.pairs[0], left=left, right=right)


def test_a_pair_is_paired_over_queries_and_averaged_over_seeds():
    """Seed 42: .3 - .2 = +.1; seed 43: .5 - .1 = +.4; by query over seeds (.4, .4) and (.1, .2)."""
    evaluated("progressive", {42: dev(0.2, 0.4), 43: dev(0.6, 0.4)})
    evaluated("uniform", {42: dev(0.2, 0.2), 43: dev(0.0, 0.2)})
    (found,) = prepared([pair_of("progressive", "uniform")], [DEV], Reader(replace(PARAMS, seeds=(42, 43))))
    assert found.by_seed == {42: pytest.approx(0.1), 43: pytest.approx(0.4)}
    (left,), (right,) = found.strata
    assert (left, right) == (pytest.approx({"q0": 0.4, "q1": 0.4}), pytest.approx({"q0": 0.1, "q1": 0.2}))


def test_a_start_is_the_same_with_every_seed():
    evaluated("progressive", {42: dev(0.2, 0.4), 43: dev(0.6, 0.4), 44: dev(0.1, 0.1)})
    evaluated("start-idf", {42: dev(0.2, 0.2)})
    (found,) = prepared([pair_of("progressive", "start-idf")], [DEV], Reader(PARAMS))
    assert found.by_seed == {42: pytest.approx(0.1), 43: pytest.approx(0.3), 44: pytest.approx(-0.1)}


def test_of_several_the_best_over_seeds_is_compared_with():
    """fused has the better first seed, top-1 the better mean: .35 against .3."""
    evaluated("progressive", {42: dev(0.2), 43: dev(0.4)})
    evaluated("fused", {42: dev(0.5), 43: dev(0.1)})
    evaluated("top-1", {42: dev(0.3), 43: dev(0.4)})
    pair = pair_of("progressive", "fused", "top-1")
    (found,) = prepared([pair], [DEV], Reader(replace(PARAMS, seeds=(42, 43))))
    assert (found.right, found.by_seed) == ("top-1", {42: pytest.approx(-0.1), 43: pytest.approx(0.0)})


def test_pooled_tests_are_one_sample_of_queries():
    """y1 has one query, y2 three with the same ids: (.1 + .5 + .5 + .5) / 4 = .4, not (.1 + .5) / 2."""
    params = graded(PARAMS)
    for system, off in (("progressive", 0.0), ("uniform", 0.1)):
        tests = {"y1": {"nDCG@10": [0.1 + off]}, "y2": {"nDCG@10": [0.5 + off] * 3}}
        evaluated(system, {42: tests}, params=params)
    (both,) = pooled(PILOT.spec, params)
    reader = Reader(replace(params, seeds=(42,)))
    (stratum,) = reader.strata("progressive", both, 42)
    assert list(stratum) == ["y1/q0", "y2/q0", "y2/q1", "y2/q2"]
    assert sum(stratum.values()) / 4 == pytest.approx(0.4)
    (found,) = prepared([pair_of("uniform", "progressive")], [both], reader)
    assert found.by_seed[42] == pytest.approx(0.1)


def test_what_cannot_be_compared_says_why():
    evaluated("progressive", {42: dev(0.2)})
    evaluated("uniform", {42: {"dev": {"nDCG@10": [0.2]}}})
    pairs = [pair_of("progressive", "fused"), pair_of("progressive", "uniform")]
    reasons = [one.reason for one in prepared(pairs, [DEV], Reader(PARAMS))]
    assert reasons == ["fused not evaluated on in-domain", "no RR@10 of uniform on dev"]


@pytest.mark.parametrize(
    ("low", "high", "verdict"), [(0.01, 0.02, "above"), (-0.02, -0.01, "below"), (-0.01, 0.01, "undecided")]
)
def test_verdicts_of_pairs(low, high, verdict):
    common = {"pair": PILOT.spec.pairs[0], "place": DEV, "right": "uniform", "by_seed": {}}
    assert PairResult(**common, difference=0.0, low=low, high=high).verdict == verdict
    assert PairResult(**common).verdict == ""
    assert PairResult(**common, difference=0.01, low=0.0, high=0.02).verdict == "undecided"


# ---- findings


def test_findings_are_about_the_mean_over_seeds_and_the_pilots_systems_only():
    """progressive - uniform by query: q0 (.5 + .3) / 2 - (.1 + .3) / 2 = .2, q1 .3 - .2 = .1."""
    evaluated("progressive", {42: dev(0.5, 0.3), 43: dev(0.3, 0.3)})
    evaluated("uniform", {42: dev(0.1, 0.2), 43: dev(0.3, 0.2)})
    claim = next(one for one in PILOT.claims.claims if one.id == "uniform-as-fused-dev")
    sides = tuple(replace(claim.sides[0], system=name) for name in ("progressive", "uniform", "single-colbertv2-60"))
    spec = replace(PILOT.claims, claims=(replace(claim, sides=sides),))
    params = replace(PARAMS, seeds=(42, 43))
    near, absent = measured(spec, params, within=PILOT.spec.systems)
    (ours,), (theirs,) = near.per_query
    assert {query: ours[query] - theirs[query] for query in ours} == pytest.approx({"q0": 0.2, "q1": 0.1})
    assert absent.reason == "single-colbertv2-60 is not among the systems compared here"
    first, _ = measured(spec, params)
    assert first.per_query[0][0] == {"q0": 0.5, "q1": 0.3}


# ---- the file


def test_the_file_names_what_four_tables_need():
    assert len(PILOT.spec.students) == 11
    assert set(PILOT.spec.students) <= set(PARAMS.experiments)
    assert set(PILOT.claims.families) == {"supervision", "trajectory", "positives", "iterations"}
    assert {one.family for one in PILOT.claims.claims} == set(PILOT.claims.families)
    found = {str(path) for path in PILOT.inputs(PARAMS.layout)}
    root = str(PARAMS.layout.root)
    assert {f"{root}/quality/supervision.json", f"{root}/runs/start-idf/zero-shot", f"{root}/curves/top-5.csv"} <= found
    assert not any("single-colbertv2-60" in path or "latency" in path for path in found)
    assert not any("/runs/teacher-" in path or "/runs/uniform.1/in-domain" in path for path in found)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("families: [supervision", "families: [supervison", "families: found 'supervison'.*did you mean 'supervision'"),
        ("right: [uniform]", "right: [unifrom]", "pairs.0: found 'unifrom'.*did you mean 'uniform'"),
        ("right: [uniform]", "right: []", "pairs.0.right: found no system"),
        ("right: [uniform]", "right: [teacher-fused]", "pairs.0: found 'teacher-fused', allowed: students and starts"),
    ],
)
def test_a_wrong_entry_is_named(here, old, new, message):
    shutil.copytree(ROOT / "reports", here / "reports", ignore=shutil.ignore_patterns("built"))
    path = here / "reports/pilot.yaml"
    path.write_text(path.read_text().replace(old, new, 1))
    with pytest.raises(ConfigError, match=message):
        Pilot.load(here)


# ---- what is printed


def test_the_table_of_systems():
    evaluated("uniform", {42: dev(0.30), 43: dev(0.36), 44: dev(0.39)})
    evaluated("progressive", {42: dev(0.31), 43: dev(0.33), 44: dev(0.35)})
    evaluated("start-idf", {42: dev(0.4)})
    reader = Reader(PARAMS)
    lines = systems_table(PILOT.spec, PARAMS, [DEV], scores(PILOT.spec, [DEV], reader), says=True)
    assert lines[:3] == ["| System | What it is | dev RR@10 |", "| :- | :- | -: |", "| *Teachers* |  |  |"]
    assert "| `teacher-unicoil` | BM25 weights as integer impacts, Lucene | n/a |" in lines
    (uniform,) = [line for line in lines if line.startswith("| `uniform` ")]
    (progressive,) = [line for line in lines if line.startswith("| `progressive` ")]
    (idf,) = [line for line in lines if line.startswith("| `start-idf` ")]
    assert uniform.endswith(" | **35.0** (30.0-39.0) |")
    assert progressive.endswith(" | 33.0 (31.0-35.0) |")
    assert idf.endswith(" | 40.0 |")


def test_settings_say_who_differs(here):
    curve = PARAMS.layout.curve
    for name, iterations in {"uniform": (3, 3, 3), "top-1": (3, 3, 3), "fused": (9,), "single-unicoil": (3, 2)}.items():
        rows = [f"1,{n}" for n, count in enumerate(iterations, 1) for _ in range(count)]
        artifacts.write_text(curve(name), "\n".join(["step,iteration", *rows]) + "\n")
    evaluated("uniform", {42: dev(0.3)})
    found = settings(PILOT.spec, PARAMS, Reader(PARAMS), here)
    assert found["iterations"] == "3 of 3 steps (single-unicoil: 3 + 2 steps; fused: 1 of 9 steps)"
    assert found["positives"] == "ranks 1-10 (top-1: rank 1)"
    assert found["labels"] == "crop/pilot (fused: crop/fused)"
    assert found["epochs of an iteration"] == "1 (fused: 3)"
    assert found["training queries"] == "n/a (uniform: 1,200)"
    assert found["hard negatives"] == "ranks 46-50"
    assert found["seeds"] == "42, 43, 44"
    assert found["commit"] == "no git"
    assert steps(curve("fused")) == "1 of 9 steps"


def test_before_anything_was_trained_settings_are_short(here):
    found = settings(PILOT.spec, PARAMS, Reader(PARAMS), here)
    assert "training queries" not in found
    assert "seeds" in found


def test_markdown():
    assert table(["a", "b|c"], [["x", "1"]]) == ["| a | b\\|c |", "| :- | -: |", "| x | 1 |"]
    assert [signed(value) for value in (0.012, -0.0004, -0.0126)] == ["+1.2", "+0.0", "-1.3"]
    assert Score(0.5, {42: 0.5}).range is None


def test_claims_without_a_limit_are_read_as_before():
    """The other pages show the first seed."""
    evaluated("progressive", {42: dev(0.5), 43: dev(0.1)})
    evaluated("uniform", {42: dev(0.2), 43: dev(0.2)})
    spec = ClaimsSpec.load(ROOT)
    claim = next(one for one in spec.claims if one.id == "uniform-as-fused-dev")
    sides = tuple(replace(claim.sides[0], system=name) for name in ("progressive", "uniform"))
    (one,) = measured(replace(spec, claims=(replace(claim, sides=sides),)), replace(PARAMS, seeds=(42, 43)))
    assert one.per_query == ([{"q0": 0.5}], [{"q0": 0.2}])
    assert one.spread == pytest.approx(0.4 / 2**0.5)  # differences +.3 and -.1
