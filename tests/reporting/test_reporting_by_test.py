"""A scale with graded tests that are measured with lists of their own: what tables and claims say of it."""

import dataclasses
import shutil
from pathlib import Path

import pytest

from dragon import artifacts
from dragon.config import Params
from dragon.core import MetricTable
from dragon.errors import ConfigError
from dragon.evaluation.suites import per_query_path
from dragon.reporting.claim_values import measured
from dragon.reporting.claims import ClaimSpec, ClaimsSpec, Place, Side
from dragon.reporting.expand import expand
from dragon.reporting.render import to_markdown
from dragon.reporting.spec import TableSpec
from dragon.reporting.table import fill

ROOT = Path(__file__).parents[2]
PARAMS = Params.load(ROOT)
GRADED = ("nDCG@10", "RR(rel=2)@10")
SUITE = dataclasses.replace(
    PARAMS.suite("in-domain"),
    tests={"dev": "pool/dev", "dl19": "pool/dl19", "dl20": "pool/dl20"},
    measures=("RR@10", "R@1000", "nDCG@10"),
    mean_of=("dl19", "dl20"),
    test_measures={"dl19": GRADED, "dl20": GRADED},
)
SCALE = dataclasses.replace(PARAMS.scale, suites={**PARAMS.scale.suites, "in-domain": SUITE})
HERE = dataclasses.replace(PARAMS, scale=SCALE)
TINY = """
title: Small.
paper: ""
section: ""
heads: [[System, "{test}", RR, mean, mean RR, recall]]
columns:
  - {each: in-domain, except: [dev], measure: nDCG@10}
  - {suite: in-domain, test: dl19, measure: RR@10}
  - {suite: in-domain, test: mean, measure: nDCG@10}
  - {suite: in-domain, test: mean, measure: R@1000}
  - {suite: in-domain, test: dev, measure: RR(rel=2)@10}
best: columns
rows:
  - {label: one, cell: {system: one}}
  - {label: two, cell: {system: two}}
"""


def evaluated(system, dev, dl19, dl20):
    """Values that a table may show: RR@10 of dev, nDCG@10 of the graded tests."""
    values = {
        "dev": {"RR@10": dev, "R@1000": 0.9, "nDCG@10": dev / 2},
        "dl19": {"nDCG@10": dl19, "RR(rel=2)@10": 0.8},
        "dl20": {"nDCG@10": dl20, "RR(rel=2)@10": 0.6},
        "mean": {"nDCG@10": (dl19 + dl20) / 2, "RR(rel=2)@10": 0.7},
    }
    facts = {"mean_of": ["dl19", "dl20"], "num_queries": {"dev": 40, "dl19": 43, "dl20": 54}, "stands_for": system}
    MetricTable(system, "in-domain", values, facts).write(PARAMS.layout.metrics(system, "in-domain"))


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    shutil.copytree(ROOT / "reports" / "tables", tmp_path / "reports" / "tables")
    artifacts.write_text(tmp_path / "reports" / "tables" / "tiny.yaml", TINY)
    monkeypatch.chdir(tmp_path)


def rows_of(name, scale=SCALE):
    table = fill(TableSpec.load(name, scale), dataclasses.replace(PARAMS, scale=scale))
    return table, {row.label: row.cells for row in table.rows}


def test_cells_of_tests_with_lists_of_their_own(checkout):
    evaluated("one", dev=0.25, dl19=0.5, dl20=0.25)
    table, rows = rows_of("tiny")
    assert table.heads == (("System", "dl19", "dl20", "RR", "mean", "mean RR", "recall"),)
    assert [cell.ours for cell in rows["one"]] == ["50.0", "25.0", "n/a", "37.5", "n/a", "n/a"]
    lacks = ["", "", "RR@10 on in-domain dl19", "", "R@1000 on in-domain mean", "RR(rel=2)@10 on in-domain dev"]
    assert [cell.reason for cell in rows["one"]] == [text and f"scale mini has no {text}" for text in lacks]
    assert [cell.reason for cell in rows["two"]] == [
        f"scale mini has no {text}" if text else "two not evaluated on in-domain" for text in lacks
    ]
    text = to_markdown(table)
    assert "scale mini has no RR@10 on in-domain dl19, R@1000 on in-domain mean, RR(rel=2)@10 on in-domain dev" in text


def test_where_all_tests_are_measured_alike_the_file_decides(checkout):
    evaluated("one", dev=0.25, dl19=0.5, dl20=0.25)
    alike = dataclasses.replace(SUITE, test_measures={})
    scale = dataclasses.replace(SCALE, suites={**SCALE.suites, "in-domain": alike})
    cells = rows_of("tiny", scale)[1]["one"]
    assert cells[2].reason == "no RR@10 of one on in-domain dl19"
    assert cells[5].reason == "no RR(rel=2)@10 of one on in-domain dev"


def test_the_tables_of_ours_show_the_other_tests_of_a_scale(checkout):
    evaluated("student", dev=0.3, dl19=0.5, dl20=0.45)
    evaluated("teacher-unicoil", dev=0.2, dl19=0.4, dl20=0.35)
    zero_shot = [f"{test} nDCG@10" for test in PARAMS.suite("zero-shot").mean_of]
    for name, label, dl19, dl20 in (
        ("question", "student: your trajectory", "50.0", "45.0"),
        ("teachers", "uniCOIL", "40.0", "35.0"),
    ):
        table, rows = rows_of(name)
        shown = dict(zip(table.column_labels[1:], rows[label], strict=True))
        assert (shown["dl19 nDCG@10"].ours, shown["dl20 nDCG@10"].ours) == (dl19, dl20)
        assert list(shown)[-len(zero_shot) :] == zero_shot
        here = TableSpec.load(name, PARAMS.scale)
        assert [head for head in here.heads[0] if head in ("dev", "see-also")] == ["dev", "dev", "see-also"]


def test_table_4_fills_its_trec_dl_rows_at_a_scale_that_has_them(checkout):
    evaluated("dragon", dev=0.393, dl19=0.741, dl20=0.729)
    evaluated("dragon-plus", dev=0.39, dl19=0.744, dl20=0.723)
    rows = rows_of("table4")[1]
    columns = {cell.spec.system: j for j, cell in enumerate(rows["DL2019"]) if cell.spec.system}
    dragon, plus = columns["dragon"], columns["dragon-plus"]
    found = {label: [rows[label][j].ours for j in (dragon, plus)] for label in ("Dev (RR@10)", "DL2019", "DL2020")}
    assert found == {"Dev (RR@10)": ["39.3", "39.0"], "DL2019": ["74.1", "74.4"], "DL2020": ["72.9", "72.3"]}
    assert [rows["DL2019"][j].best for j in (dragon, plus)] == [False, True]
    assert [rows["DL2020"][j].second for j in (dragon, plus)] == [False, True]
    assert rows["Dev (R@1K)"][dragon].ours == "90.0"
    reasons = {cell.reason for label in ("DL2019", "DL2020") for cell in rows[label]} - {""}
    assert reasons == {
        f"{name} not evaluated on in-domain" for name in columns if name not in ("dragon", "dragon-plus")
    }


def test_claims_about_a_measure_that_a_test_lacks_are_not_run(checkout):
    evaluated("one", dev=0.25, dl19=0.5, dl20=0.25)
    evaluated("two", dev=0.25, dl19=0.4, dl20=0.25)
    for system, value in {"one": 0.5, "two": 0.4}.items():
        path = per_query_path(PARAMS.layout.runs(system, "in-domain") / "dl19.trec.gz")
        artifacts.write_json(path, {"nDCG@10": {"q": value}, "RR(rel=2)@10": {"q": 0.8}})
    places = {
        "graded": Place(suite="in-domain", test="dl19", measure="nDCG@10"),
        "binary": Place(suite="in-domain", test="dl19", measure="RR@10"),
        "mean": Place(suite="in-domain", test="mean", measure="RR@10"),
    }
    sides = (Side(system="one"), Side(system="two"))
    claims = [
        ClaimSpec(id=at, quote="x", section="", family="a", kind="difference", sides=sides, at=at) for at in places
    ]
    spec = ClaimsSpec(
        samples=1, resamples=1, seed=1, alpha=0.05, families={"a": ""}, places=places, claims=tuple(claims)
    )
    graded, binary, mean = measured(spec, HERE)
    assert graded.per_query == ([{"q": 0.5}], [{"q": 0.4}])
    assert binary.reason == "scale mini has no RR@10 on in-domain dl19"
    assert mean.reason == "scale mini has no RR@10 on in-domain mean"


def columns_of(*columns):
    heads = [["", *("{test}" for _ in columns)]]
    return expand({"columns": list(columns), "heads": heads}, SCALE, "tiny.yaml:")


def test_a_column_for_each_test_but_those_named():
    found = columns_of({"each": "in-domain", "except": ["dl19", "nowhere"], "measure": "nDCG@10"})
    shared = {"measure": "nDCG@10", "suite": "in-domain"}
    assert found["columns"] == [{**shared, "test": "dev"}, {**shared, "test": "dl20"}]
    assert found["heads"] == [["", "dev", "dl20"]]
    assert columns_of({"each": "in-domain"})["heads"] == [["", "dl19", "dl20"]]  # those of the mean
    assert columns_of({"each": "in-domain", "except": ["dev", "dl19", "dl20"]})["columns"] == []


def test_what_is_left_out_is_a_list_of_an_each(checkout):
    with pytest.raises(ConfigError, match=r"columns\[0\].except: found 'dev', allowed: a list, e.g. \[dev\]"):
        columns_of({"each": "in-domain", "except": "dev"})
    spec = Path("reports/tables/tiny.yaml")
    artifacts.write_text(spec, TINY.replace("each: in-domain, except", "suite: in-domain, test: dev, except"))
    with pytest.raises(ConfigError, match=r"cells\[0\].except: unknown key"):
        TableSpec.load("tiny", SCALE)
