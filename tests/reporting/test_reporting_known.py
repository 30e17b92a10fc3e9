"""Differences, intervals and verdicts of cells, by hand."""

import pytest

from dragon.reporting.cell import Cell
from dragon.reporting.cell_spec import CellSpec
from dragon.reporting.known import Interval, known, paper_number
from dragon.reporting.spec import RowSpec, TableSpec
from dragon.reporting.table import Row, Table

METRIC = {"system": "progressive", "suite": "in-domain", "test": "dev", "measure": "RR@10"}


def one(value, comparable=True, interval=None, ours="x", **spec):
    """What is known about the only cell of a table."""
    cell = CellSpec(**{**METRIC, **spec})
    row = Row("row", "", (Cell(cell, value, ours, "" if value is not None else "not there"),))
    heads = (("System", "RR@10"),)
    spec = TableSpec(
        title="t", paper="Table 9", section="1", heads=heads, columns=({},), rows=(RowSpec(label="row"),), best="none"
    )
    intervals = {cell: Interval(*interval, 10)} if interval else {}
    return known(Table(spec, heads, (row,), (), (), "lacks "), intervals, comparable)[0][0]


@pytest.mark.parametrize(
    ("interval", "verdict"),
    [
        ((0.36, 0.38), "inside"),
        ((0.366, 0.38), "inside"),
        ((0.37, 0.39), "above"),
        ((0.34, 0.36), "below"),
        (None, "no interval"),
    ],
)
def test_at_a_comparable_scale_the_interval_decides(interval, verdict):
    found = one(0.372, interval=interval, paper="36.6*")
    assert (found.difference, found.verdict) == ("+0.6", verdict)
    assert found.interval == (f"{100 * interval[0]:.1f} to {100 * interval[1]:.1f}" if interval else "")


def test_at_other_scales_nothing_is_compared_but_the_numbers_stand():
    found = one(0.2786, comparable=False, interval=(0.26, 0.3), paper="36.6")
    assert (found.difference, found.interval, found.verdict) == ("-8.7", "26.0 to 30.0", "not comparable")
    assert "ours minus paper -8.7; 95 % interval 26.0 to 30.0; not comparable" in found.hover


@pytest.mark.parametrize(
    ("value", "spec", "difference", "verdict", "trace"),
    [
        (None, {"paper": "36.6"}, "", "not measured", ""),
        (0.3, {"paper": "- △"}, "", "no paper number", "trace-progressive-in-domain-dev"),
        (0.3, {"paper": "< 1"}, "", "no paper number", "trace-progressive-in-domain-dev"),
        (None, {"printed": True, "paper": "36.6"}, "", "as printed", ""),
        ("✓", {"text": "✓", "paper": "✓"}, "", "", ""),
        (
            7000,
            {"quality": "statistics", "key": ("n",), "unit": "number", "paper": "28,545,938"},
            "-28,538,938",
            "no interval",
            "trace-quality-statistics",
        ),
        (
            {"median": 2.5, "q1": 2.0, "q3": 3.0},
            {"quality": "latency", "key": ("x",), "unit": "ms", "paper": "10"},
            "-8",
            "no interval",
            "trace-quality-latency",
        ),
        (
            0.954,
            {"unit": "percent", "paper": "95.0 %", "relative_to": ("a",)},
            "+0.4",
            "no interval",
            "trace-progressive-in-domain-dev",
        ),
        ("a, b", {"fact": "stands_for"}, "", "no paper number", "trace-progressive"),
        (0.3, {"test": "", "average": ("x", "y"), "paper": "30.0"}, "+0.0", "no interval", "trace-progressive"),
    ],
)
def test_every_kind_of_cell(value, spec, difference, verdict, trace):
    found = one(value, **spec)
    assert (found.difference, found.verdict, found.trace) == (difference, verdict, trace)


def test_only_what_was_measured_is_listed():
    assert one(0.3).listed
    assert not one("✓", text="✓").listed
    assert not one(None, printed=True, paper="36.6").listed
    assert not one(None, paper="36.6").listed


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("36.6", 36.6),
        ("49.3*", 49.3),
        ("28,545,938", 28545938.0),
        ("-", None),
        ("- △", None),
        ("< 1", None),
        ("", None),
    ],
)
def test_the_papers_number(text, number):
    assert paper_number(text) == number


def test_rounding_to_nothing_has_no_minus():
    assert one(0.36599, paper="36.6").difference == "+0.0"
