"""What tables, intervals and claims make of a group of tests, and of a collection that nobody brought."""

import dataclasses
import shutil
from pathlib import Path

import pytest

from dragon import artifacts
from dragon.config import Params
from dragon.core import MetricTable
from dragon.evaluation.cell_intervals import Statistic, intervals
from dragon.reporting.cell_spec import CellSpec
from dragon.reporting.claim_values import measured
from dragon.reporting.claims import ClaimSpec, ClaimsSpec, Place, Side
from dragon.reporting.intervals import behind
from dragon.reporting.render import to_csv, to_markdown
from dragon.reporting.spec import TableSpec
from dragon.reporting.table import fill

ROOT = Path(__file__).parents[2]
PARAMS = Params.load(ROOT)
TESTS = ("arguana", "android", "gis", "robust04")
SUITE = dataclasses.replace(
    PARAMS.suite("zero-shot"),
    tests={test: f"{test}/test" for test in TESTS},
    measures=("nDCG@10",),
    mean_of=("arguana",),
    groups={"cqadupstack": ("android", "gis")},
)
SCALE = dataclasses.replace(PARAMS.scale, suites={**PARAMS.scale.suites, "zero-shot": SUITE})
HERE = dataclasses.replace(PARAMS, scale=SCALE)
VALUES = {"arguana": 0.5, "android": 0.25, "gis": 0.75, "cqadupstack": 0.5, "mean": 0.5}
WHY = "gated: signed agreement with NIST"


def evaluated(system, **changes):
    values = {test: {"nDCG@10": value} for test, value in {**VALUES, **changes}.items()}
    facts = {"num_queries": dict.fromkeys(VALUES, 2), "mean_of": ["arguana"]}
    facts |= {"groups": {"cqadupstack": ["android", "gis"]}, "absent": {"robust04": WHY}}
    MetricTable(system, "zero-shot", values, facts).write(PARAMS.layout.metrics(system, "zero-shot"))
    for test in ("arguana", "android", "gis"):
        value = values[test]["nDCG@10"]
        path = PARAMS.layout.runs(system, "zero-shot") / f"{test}.per_query.json"
        artifacts.write_json(path, {"nDCG@10": {"q1": value, "q2": value}})


@pytest.fixture
def table4(tmp_path, monkeypatch):
    shutil.copytree(ROOT / "reports" / "tables", tmp_path / "reports" / "tables")
    monkeypatch.chdir(tmp_path)
    evaluated("dragon", android=0.125, cqadupstack=0.4375)
    evaluated("dragon-plus")
    return fill(TableSpec.load("table4", SCALE), HERE)


def test_table_4_shows_the_group_once_the_gated_as_such_and_says_what_an_average_covers(table4):
    rows = {row.label: row.cells for row in table4.rows}
    dragon = next(j for j, cell in enumerate(rows["CQADupStack"]) if cell.spec.system == "dragon")
    assert rows["CQADupStack"][dragon].ours == "43.8"
    assert (rows["Robust04"][dragon].ours, rows["Robust04"][dragon].reason) == ("n/a (gated)", WHY)
    assert (rows["All"][dragon].ours, rows["All"][dragon].covers) == ("46.9", "2 of 18")  # (0.5 + 0.4375) / 2
    assert not {"android", "gis"} & set(rows)
    text = to_markdown(table4)
    assert "n/a (gated) [" in text and f"] {WHY}" in text
    assert "n/a (gated)" in to_csv(table4)


def test_at_a_comparable_scale_nothing_stands_for_a_collection(table4):
    assert {row.here for row in table4.rows} != {""}
    paper = dataclasses.replace(HERE, scale=dataclasses.replace(SCALE, comparable=True))
    assert {row.here for row in fill(table4.spec, paper).rows} == {""}


def test_an_interval_gives_a_group_the_say_of_one_collection(table4):
    average = CellSpec(system="dragon", suite="zero-shot", measure="nDCG@10", average=("arguana", "cqadupstack"))
    group = CellSpec(system="dragon", suite="zero-shot", measure="nDCG@10", test="cqadupstack")
    gated = dataclasses.replace(group, test="robust04")
    found = behind([average, group, gated], HERE)
    assert gated not in found
    names = [source.path.name.split(".")[0] for source in found[average].sources]
    assert sorted(names) == ["android", "arguana", "arguana", "gis"]
    assert [source.path.name.split(".")[0] for source in found[group].sources] == ["android", "gis"]
    strata = [(str(one), artifacts.read_json(one.path)["nDCG@10"]) for one in found[average].sources]
    interval = intervals({"all": Statistic(strata)}, samples=20, seed=1)["all"]
    assert (interval.low, interval.high) == pytest.approx((0.46875, 0.46875))
    assert interval.queries == 6  # of the collection that stands twice, once


def test_a_claim_about_a_group_compares_all_its_queries(table4):
    sides = (Side(system="dragon-plus"), Side(system="dragon"))
    claim = ClaimSpec(id="c", quote="x", section="", family="f", kind="difference", sides=sides, at="cqadupstack")
    place = Place(suite="zero-shot", test="cqadupstack", measure="nDCG@10")
    spec = dataclasses.replace(ClaimsSpec.load(ROOT), claims=(claim,), places={"cqadupstack": place})
    (found,) = measured(spec, HERE)
    assert found.per_query == (
        [{"q1": 0.25, "q2": 0.25}, {"q1": 0.75, "q2": 0.75}],
        [{"q1": 0.125, "q2": 0.125}, {"q1": 0.75, "q2": 0.75}],
    )
