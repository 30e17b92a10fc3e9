"""Claims as the page prints them, from a file by hand."""

from dragon.reporting.claim_view import counts, views

COMPARISON = {
    "left": "a",
    "right": "b",
    "paper_difference": 0.014,
    "difference": 0.0234,
    "low": 0.01,
    "high": -0.00004,
    "p_value": 0.00001,
    "p_holm": 0.25,
    "queries": 6980,
    "effect_ratio": 1.6714,
    "seeds_spread": 0.004,
    "verdict": "confirmed",
    "reason": "",
}
CLAIM = {
    "id": "one",
    "quote": "it is better",
    "section": "3.3",
    "family": "supervision",
    "kind": "difference",
    "unit": "points",
    "doubt": "",
    "at": {"suite": "in-domain", "test": "dev", "measure": "RR@10"},
    "cells": [
        {"table": "table2", "row": "MARCO Dev"},
        {"table": "table2", "row": "MARCO Dev"},
        {"table": "table3", "row": "(0)"},
    ],
    "bounds": None,
    "comparisons": [COMPARISON, COMPARISON],
    **COMPARISON,
}


def view(**changes):
    return views({"families": {"supervision": "how teachers are put together"}, "claims": [{**CLAIM, **changes}]})[0]


def test_a_difference_in_points():
    found = view()
    one = found.decisive
    assert (one.paper, one.ours, one.interval) == ("+1.4", "+2.3", "+1.0 to +0.0")
    assert (one.p_value, one.p_holm, one.ratio, one.spread, one.queries) == (
        "< 0.0001",
        "0.2500",
        "1.67",
        "0.4",
        "6,980",
    )
    assert (found.relation, found.limits, found.place) == (">", "", "in-domain dev RR@10")
    assert found.cells == "Table 2 MARCO Dev; Table 3 (0)"
    assert (found.about, found.verdict, len(found.comparisons)) == ("how teachers are put together", "confirmed", 2)


def test_ties_and_intervals_say_their_bounds():
    tie = view(kind="tie", bounds=[-0.005, 0.005])
    assert (tie.relation, tie.limits) == ("=", "± 0.5")
    below = view(kind="interval", bounds=[None, 0.005])
    assert (below.relation, below.limits) == ("minus", "at most 0.5")
    alone = view(kind="interval", bounds=[2.0, 4.0], right=None, unit="number", difference=3.0)
    assert (alone.relation, alone.limits, alone.decisive.ours) == ("", "at least 2 and at most 4", "3.0")


def test_what_was_not_run_prints_nothing_but_the_reason():
    empty = dict.fromkeys(("difference", "low", "high", "p_value", "p_holm", "queries", "effect_ratio", "seeds_spread"))
    found = view(**empty, verdict="not run", reason="latency-unicoil not measured", at=None)
    one = found.decisive
    assert (one.ours, one.interval, one.p_holm, one.ratio, one.queries) == ("", "", "", "", "")
    assert (one.paper, one.reason, found.place) == ("+1.4", "latency-unicoil not measured", "")


def test_verdicts_are_counted_best_first():
    claims = [{**CLAIM, "verdict": verdict} for verdict in ("not run", "confirmed", "reversed", "confirmed")]
    assert list(counts({"claims": claims}).items()) == [("confirmed", 2), ("reversed", 1), ("not run", 1)]
