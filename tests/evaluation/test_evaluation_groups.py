"""Tests that count as one: their value, their queries, and suites that have none."""

import pytest

from dragon.core import MetricTable
from dragon.evaluation.groups import with_groups

VALUES = {
    "nfcorpus": {"nDCG@10": 0.5, "R@100": 0.25},
    "android": {"nDCG@10": 0.25, "R@100": 0.5},
    "gis": {"nDCG@10": 0.75, "R@100": 1.0},
    "mean": {"nDCG@10": 0.5, "R@100": 0.25},
}
FACTS = {"num_queries": {"nfcorpus": 2, "android": 90, "gis": 10}, "mean_of": ["nfcorpus"]}
TABLE = MetricTable("one", "zero-shot", VALUES, FACTS)


def test_a_group_is_the_unweighted_mean_of_its_tests():
    found = with_groups(TABLE, {"cqadupstack": ("android", "gis")})
    assert found.values["cqadupstack"] == pytest.approx({"nDCG@10": 0.5, "R@100": 0.75})  # queries do not weigh
    assert list(found.values) == ["nfcorpus", "android", "gis", "cqadupstack", "mean"]
    assert found.facts["num_queries"]["cqadupstack"] == 100
    assert found.facts["groups"] == {"cqadupstack": ["android", "gis"]}
    assert {name: row for name, row in found.values.items() if name != "cqadupstack"} == VALUES


def test_a_suite_without_groups_keeps_its_table():
    assert with_groups(TABLE, {}) is TABLE
    assert with_groups(TABLE, {}, {}) is TABLE


def test_a_group_that_lacks_a_test_has_no_value():
    found = with_groups(TABLE, {"cqadupstack": ("android", "tex")}, {"robust04": "gated: why"})
    assert found.values == VALUES and found.facts == {**FACTS, "absent": {"robust04": "gated: why"}}
