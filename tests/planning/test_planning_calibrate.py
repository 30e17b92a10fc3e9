"""Calibration runs the production steps of a tiny student and writes rates that the plan reads."""

import dataclasses

from planning_checkout import ROOT

from dragon import artifacts
from dragon.config import Params
from dragon.planning.calibrate import Effort, calibrate
from dragon.planning.rates import KINDS, read_rates
from dragon.planning.sizes import sizes


def test_rates_of_this_machine_are_positive_named_and_readable(tmp_path):
    params, found = Params.load(ROOT, scale="mini"), sizes("mini", ROOT)
    tiny = dataclasses.replace(found, student=dataclasses.replace(found.student, hidden=8, vocabulary=50))
    artifacts.write_json(tmp_path / "rates.json", calibrate(tiny, params.training, "test", Effort(2, 0.001)))
    rates = read_rates(tmp_path / "rates.json")
    assert set(rates.work) == set(KINDS)
    assert all(rate.flop_per_second > 0 and rate.source.startswith("measured") for rate in rates.work.values())
    assert (rates.kind, rates.devices, rates.machine["machine"]) == ("measured", 1, "test")
    assert rates.machine["torch"] and rates.machine["date"] and rates.lucene == {}
