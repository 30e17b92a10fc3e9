"""Which per-query values stand behind which cell, and that the interval is of them."""

import dataclasses
import json

import numpy as np
import pytest
from report_checkout import PARAMS, ROOT, evaluated

from dragon.core import MetricTable
from dragon.reporting.cell_spec import CellSpec
from dragon.reporting.intervals import Source, behind, shared_tests
from dragon.reporting.known import Interval
from dragon.reporting.report import ReportSpec
from dragon.reporting.traces import anchor, place_anchor
from stages.report import _intervals

DEV = CellSpec(system="one", suite="in-domain", test="dev", measure="RR@10")
MEAN = CellSpec(system="one", suite="zero-shot", test="mean", measure="nDCG@10")
ZERO_SHOT = PARAMS.suite("zero-shot").mean_of


@pytest.fixture
def measured(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    evaluated("one", better=2)
    evaluated("two", better=0)


def paths(system, suite, *tests):
    return [PARAMS.layout.runs(system, suite) / f"{test}.per_query.json" for test in tests]


def test_one_test_a_mean_an_average_and_a_share(measured):
    average = dataclasses.replace(MEAN, test="", average=("quora", *ZERO_SHOT[:2]))
    share = dataclasses.replace(DEV, system="two", relative_to=("one", "two"))
    found = behind([DEV, MEAN, average, share], PARAMS)
    assert [source.path for source in found[DEV].sources] == paths("one", "in-domain", "dev")
    assert [source.path for source in found[MEAN].sources] == paths("one", "zero-shot", *ZERO_SHOT)
    assert [source.path for source in found[average].sources] == paths("one", "zero-shot", *ZERO_SHOT[:2])
    assert found[share].over == tuple(
        (Source(path, "RR@10"),) for n in ("one", "two") for path in paths(n, "in-domain", "dev")
    )
    assert {source.measure for source in found[MEAN].sources} == {"nDCG@10"}


def test_a_mean_is_over_what_its_metric_file_says(measured):
    path = PARAMS.layout.metrics("one", "zero-shot")
    table = MetricTable.read(path)
    dataclasses.replace(table, facts={**table.facts, "mean_of": ["sympy"]}).write(path)
    assert [source.path for source in behind([MEAN], PARAMS)[MEAN].sources] == paths("one", "zero-shot", "sympy")
    assert shared_tests(PARAMS.layout, "one", "two", "zero-shot", "nDCG@10") == []
    assert shared_tests(PARAMS.layout, "one", "two", "in-domain", "RR@10") == ["dev"]
    assert shared_tests(PARAMS.layout, "one", "nobody", "in-domain", "RR@10") == []


def test_cells_that_are_no_mean_over_queries_are_left_out(measured):
    cells = [
        CellSpec(text="✓"),
        CellSpec(printed=True, paper="36.6"),
        CellSpec(quality="statistics", key=("n",)),
        dataclasses.replace(DEV, measure="", test="", fact="evidence"),
        dataclasses.replace(DEV, system="nobody"),
        dataclasses.replace(DEV, measure="P@1"),
    ]
    assert behind(cells, PARAMS) == {}
    paths("one", "in-domain", "dev")[0].unlink()
    assert behind([DEV], PARAMS) == {}


def test_the_stages_intervals_are_of_the_cells_own_values(measured):
    """Independently: resample the file's values, mean by mean."""
    cells = [DEV, MEAN, dataclasses.replace(DEV, system="two")]
    found = _intervals(cells, PARAMS, dataclasses.replace(ReportSpec.load(ROOT), samples=4000))
    values = np.array(list(json.loads(paths("one", "in-domain", "dev")[0].read_text())["RR@10"].values()))
    draws = np.random.Generator(np.random.Philox(3)).integers(0, 6, (20_000, 6))
    low, high = np.quantile(values[draws].mean(axis=1), [0.025, 0.975])
    assert isinstance(found[DEV], Interval)
    assert (found[DEV].low, found[DEV].high) == pytest.approx((low, high), abs=0.03)
    assert (found[DEV].queries, found[MEAN].queries) == (6, 6 * len(ZERO_SHOT))
    assert found[MEAN].high - found[MEAN].low < found[DEV].high - found[DEV].low
    assert found[cells[2]].low < found[DEV].low


def test_anchors_are_one_for_each_place():
    assert anchor(DEV) == place_anchor("one", "in-domain", "dev") == "trace-one-in-domain-dev"
    assert anchor(dataclasses.replace(DEV, test="", measure="", fact="evidence")) == "trace-one"
    assert anchor(CellSpec(quality="fusion", key=("x",))) == "trace-quality-fusion"
    assert anchor(CellSpec(text="-", system="one")) == anchor(CellSpec(printed=True)) == ""


def test_a_mean_that_lacks_the_measure_is_not_compared(measured):
    path = PARAMS.layout.metrics("two", "in-domain")
    table = MetricTable.read(path)
    dataclasses.replace(table, values={**table.values, "mean": {"nDCG@10": 0.5}}).write(path)
    assert shared_tests(PARAMS.layout, "one", "two", "in-domain", "RR@10") == []
    assert shared_tests(PARAMS.layout, "one", "two", "in-domain", "nDCG@10") == ["dev"]


def test_comparisons_are_on_the_first_measure_that_the_mean_has():
    spec = ReportSpec.load(ROOT)
    assert spec.main_measures(PARAMS.scale) == {"in-domain": "RR@10", "zero-shot": "nDCG@10"}
    suite = PARAMS.suite("in-domain")
    graded = dataclasses.replace(suite, mean_of=("see-also",), test_measures={"see-also": ("R@100", "nDCG@10")})
    scale = dataclasses.replace(PARAMS.scale, suites={"in-domain": graded})
    assert spec.main_measures(scale) == {"in-domain": "nDCG@10"}
