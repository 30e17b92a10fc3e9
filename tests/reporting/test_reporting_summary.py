"""What leads back from numbers, the table stage's files, and the last lines of a run."""

from pathlib import Path

import pytest
from report_checkout import PARAMS

from dragon import artifacts
from dragon.errors import ArtifactError, ConfigError
from dragon.reporting.provenance import flat, systems, units
from dragon.reporting.report import duration, points
from dragon.store import Store
from stages import summary as summary_stage


@pytest.fixture
def finished(finished_checkout, monkeypatch):
    """The finished checkout to read, as the working folder."""
    monkeypatch.chdir(finished_checkout)


def built(name):
    return PARAMS.layout.built(name).read_text(encoding="utf-8")


def test_systems_without_metrics_are_left_out(finished):
    found = systems(["progressive", "fused", "progressive", "start-plain"], PARAMS)
    assert [one.name for one in found] == ["progressive", "start-plain"]
    assert [one.asked_by for one in units(found)] == [("progressive 1",), ("progressive 2",), ("progressive 3",)]
    assert found[1].settings == {}


@pytest.mark.parametrize(("value", "text"), [(0.1234, "+12.3"), (-0.002, "-0.2"), (-0.0004, "+0.0"), (0.0, "+0.0")])
def test_differences_are_signed_points(value, text):
    assert points(value) == text


def test_settings_on_one_level():
    nested = {"trajectory": ("a", "b"), "training": {"negatives": [46, 50], "tied": False}}
    assert flat(nested) == {"trajectory": "a → b", "training.negatives": "46, 50", "training.tied": "False"}


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.04, "0.0 s"), (59.94, "59.9 s"), (125.4, "2 min 05 s"), (3720.0, "1 h 02 min")]
)
def test_durations(seconds, text):
    assert duration(seconds) == text


def test_the_table_stage_writes_three_formats(finished):
    assert "(paper **49.3**)" in built("table3.md")
    assert "\\textbf{49.3}" in built("table3.tex")
    assert built("table3.csv").startswith("group,row,column,ours,paper")


def test_the_summary_counts_what_was_asked_since(report_checkout, capsys):
    store = Store.default()
    store.record({"event": "iteration", "student": "a", "number": 1, "computed": True, "time": 5.0})
    for student, number, computed in (("a", 1, True), ("a", 1, False), ("a", 2, False), ("b", 1, False)):
        store.record({"event": "iteration", "student": student, "number": number, "computed": computed, "time": 10.0})
    store.record({"event": "shard", "time": 11.0})
    summary_stage.main("10")
    out = capsys.readouterr().out
    assert "iterations: asked 3, computed 1, reused 2" in out
    assert "Table 3: Study on trajectory" in out
    verdicts = [one["verdict"] for one in artifacts.read_json(PARAMS.layout.quality("claims"))["claims"]]
    assert f"{verdicts.count('not run')} not run" in out
    assert str(Path("reports/built/index.html").resolve()) in out


def test_the_summary_needs_a_time_and_a_report(report_checkout):
    with pytest.raises(ConfigError, match="since: found 'now', allowed: seconds since the epoch"):
        summary_stage.main("now")
    Path("reports/built/index.html").unlink()
    with pytest.raises(ArtifactError, match=r"index.html: not there; run `dvc repro`"):
        summary_stage.main("0")
