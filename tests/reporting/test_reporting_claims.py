"""Every verdict of a claim, in a small world."""

import shutil
from dataclasses import replace

import pytest
from claims_world import CELL, PARAMS, claim, evaluated, results, write

from dragon import artifacts
from dragon.config import Params
from dragon.evaluation import verdicts
from dragon.reporting.claim_results import VERDICTS
from dragon.reporting.claim_values import measured
from dragon.reporting.claims import ClaimsSpec
from stages import claims as stage


def test_every_verdict_of_a_difference(claims_world):
    found = results(
        claim("yes", "high", "low"),
        claim("perhaps", "even", "middle"),
        claim("no", "middle", "even"),
        claim("reverse", "low", "high"),
        claim("absent", "low", "missing"),
    )
    assert [one.verdict for one in found.values()] == list(VERDICTS) == list(verdicts.VERDICTS)
    yes = found["yes"].decisive
    assert yes.difference == pytest.approx(0.3 + 39 / 40 / 50)  # i % 3 sums to 39 over 40
    assert yes.low < yes.difference < yes.high
    assert (yes.p_value, yes.queries) == (1 / 2001, 40)
    assert found["absent"].decisive.reason == "missing not evaluated on in-domain"
    assert found["absent"].decisive.difference is None


def test_every_verdict_of_a_tie_and_of_an_interval(claims_world):
    found = results(
        claim("yes", "shifted", "middle", kind="tie", margin=0.5),
        claim("perhaps", "even", "middle", kind="tie", margin=1),
        claim("no", "even", "middle", kind="tie", margin=0.4),
        claim("reverse", "high", "low", kind="tie", margin=5),
        claim("absent", "low", "missing", kind="tie", margin=5),
        claim("over", "high", "low", "middle", kind="interval", bounds="[15, null]"),
        claim("under", "high", "low", kind="interval", bounds="[null, 15]"),
    )
    assert [one.verdict for one in found.values()] == [*VERDICTS, "confirmed", "reversed"]
    assert found["perhaps"].decisive.p_holm is None
    assert found["over"].bounds == (0.15, None)


def test_the_worst_comparison_decides(claims_world):
    found = results(
        claim("order", "high", "even", "low", kind="ordering"),
        claim("wrong", "high", "low", "middle", kind="ordering"),
        claim("many", "high", "low", "middle"),
        claim("gap", "high", "missing", "low", kind="ordering"),
    )
    assert [one.verdict for one in found.values()] == ["confirmed", "reversed", "confirmed", "not run"]
    assert (found["wrong"].decisive.left, found["wrong"].decisive.right) == ("low", "middle")
    assert [(one.left, one.right) for one in found["many"].outcomes] == [("high", "low"), ("high", "middle")]
    assert len(found["gap"].outcomes) == 2


def test_p_values_are_corrected_within_the_family_only(claims_world):
    alone = results(claim("x", "even", "middle"))["x"].decisive
    assert alone.p_holm == alone.p_value
    found = results(
        claim("x", "even", "middle"),
        claim("same", "even", "middle"),
        claim("y", "middle", "even"),
        claim("z", "even", "middle", family="b"),
        claim("tie", "even", "middle", kind="tie", margin=1),
    )
    raw = alone.p_value
    assert found["x"].decisive.p_holm == found["same"].decisive.p_holm == min(1, 2 * raw)
    assert found["z"].decisive.p_holm == raw
    assert (found["tie"].decisive.p_value, found["tie"].decisive.p_holm) == (None, None)


def test_a_mean_over_collections_is_stratified_and_keeps_its_difference(claims_world):
    found = results(claim("mean", "high", "low", at="mean"))["mean"].decisive
    collections = len(PARAMS.suite("zero-shot").mean_of)
    assert found.queries == 40 * collections
    assert found.difference == pytest.approx(0.3 + 39 / 40 / 50)


def test_the_effect_is_compared_with_the_papers(claims_world):
    sides = (f"{{system: high, cells: [{CELL.format('49.3')}]}}", f"{{system: low, cells: [{CELL.format('47.7')}]}}")
    found = results(claim("x", *sides), claim("y", *reversed(sides), doubt="says the reverse"))
    x, y = (found[name].decisive for name in "xy")
    assert x.paper_difference == pytest.approx(0.016)
    assert x.effect_ratio == pytest.approx(x.difference / 0.016)
    assert (y.paper_difference, y.verdict) == (pytest.approx(-0.016), "reversed")
    assert found["x"].plain()["cells"][0]["paper"] == "49.3"


def test_a_gain_over_a_gain(claims_world):
    """(high - low) - (middle - low) is high - middle; the paper's (49.3 - 46.7) - (47.6 - 46.6) is 1.6."""
    cells = [CELL.format(number) for number in ("49.3", "46.7", "47.6", "46.6")]
    sides = [
        f"{{system: high, minus: low, cells: [{cells[0]}, {cells[1]}]}}",
        f"{{system: middle, minus: low, cells: [{cells[2]}, {cells[3]}]}}",
    ]
    found = results(claim("x", *sides), claim("y", "high", "middle"))
    x, y = (found[name].decisive for name in "xy")
    assert (x.difference, x.low, x.high) == pytest.approx((y.difference, y.low, y.high), abs=0.001)
    assert x.paper_difference == pytest.approx(0.016)
    assert x.left == "high - low"


def test_qualities_have_a_sign_but_no_p_value(claims_world):
    for name, median in (("slow", 10.0), ("one", 2.0), ("two", 3.0)):
        artifacts.write_json(PARAMS.layout.quality(name), {"wall": {"median": median}, "gpu": None})
    sum_of = "{quality: [one, two], key: [wall, median]}"
    slow = "{quality: [slow], key: [wall, median]}"
    found = results(
        claim("cheaper", slow, sum_of, at="", unit="ms"),
        claim("much", slow, sum_of, at="", unit="ms", by=5),
        claim("dearer", sum_of, slow, at="", unit="ms"),
        claim("within", slow, kind="interval", at="", unit="ms", bounds="[9, 11]"),
        claim("gpu", "{quality: [slow], key: [gpu]}", sum_of, at="", unit="ms"),
        claim("file", "{quality: [three], key: [gpu]}", sum_of, at="", unit="ms"),
    )
    assert [one.verdict for one in found.values()] == [
        "direction only", "not confirmed", "not confirmed", "direction only", "not run", "not run",
    ]  # fmt: skip
    assert found["cheaper"].decisive.difference == 5
    assert found["cheaper"].decisive.left == "slow: wall median"
    assert [found[name].decisive.reason for name in ("gpu", "file")] == ["no gpu in slow", "three not measured"]


def test_why_something_was_not_run(claims_world):
    evaluated("other", [0.1] * 40, queries="r")
    evaluated("bare", [0.1] * 40)
    shutil.rmtree(PARAMS.layout.runs("bare", "in-domain"))
    found = results(
        claim("test", "high", "low", at="dl19"),
        claim("suite", "high", "low", at="lotte"),
        claim("absolute", "high", kind="interval", bounds="[38, null]"),
        claim("queries", "high", "other"),
        claim("files", "high", "bare"),
    )
    assert [one.decisive.reason for one in found.values()] == [
        "scale mini has no dl19",
        "scale mini has no lotto",
        "an absolute value; only for a scale that is comparable with the paper",
        "high and other were evaluated on different queries",
        "no per-query values of bare on dev",
    ]
    assert {one.verdict for one in found.values()} == {"not run"}


def test_absolute_values_at_a_scale_that_is_comparable(claims_world):
    write(*(claim(f"over-{n}", "high", kind="interval", bounds=f"[{n}, null]") for n in (30, 60)))
    spec, params = ClaimsSpec.load(), Params.load()
    params = replace(params, scale=replace(params.scale, comparable=True))
    found = stage.judged(measured(spec, params), spec)
    assert [one.verdict for one in found] == ["confirmed", "reversed"]
    assert found[0].decisive.difference == pytest.approx(0.3195 + sum(i % 7 for i in range(40)) / 20 / 40)


def test_how_far_seeds_spread(claims_world):
    """progressive: 0, +.01, -.01; uniform: 0, 0, +.01; differences vary by 0, .01, -.02."""
    evaluated("progressive", [0.5] * 10, {"43": 0.01, "44": -0.01})
    evaluated("uniform", [0.4] * 10, {"43": 0.0, "44": 0.01})
    evaluated("fused", [0.4] * 10)
    evaluated("start-plain", [0.2] * 10)
    pairs = [("progressive", "uniform"), ("progressive", "start-plain"), ("progressive", "fused")]
    pairs += [("start-plain", "start-plain")]
    write(*(claim(f"c{i}", *pair) for i, pair in enumerate(pairs)))
    params = Params.load()
    assert [one.spread for one in measured(ClaimsSpec.load(), replace(params, seeds=(42,)))] == [None] * 4
    found = [one.spread for one in measured(ClaimsSpec.load(), replace(params, seeds=(42, 43, 44)))]
    mean = -0.01 / 3
    by_hand = ((mean**2 + (0.01 - mean) ** 2 + (-0.02 - mean) ** 2) / 2) ** 0.5
    assert found == [pytest.approx(by_hand), pytest.approx(0.01), None, None]


# ---- what is written
