"""Which systems a command line asks for: what `ahead` computes side by side."""

from pathlib import Path

import pytest

from dragon.config import Params
from stages.targets import wanted

ROOT = Path(__file__).parents[1]
TABLE8 = {"progressive", "top-1", "top-5"}


@pytest.fixture
def asked(monkeypatch):
    monkeypatch.chdir(ROOT)
    params = Params.load()
    return lambda *targets: wanted(params, targets)


def test_a_table_asks_for_its_students(asked):
    assert set(asked("table8")) == TABLE8


def test_stages_of_data_and_values_of_options_add_nothing(asked):
    assert asked("table8", "imported", "rank@unicoil-crop", "my-name") == asked("table8")


def test_an_item_is_a_system_of_its_own(asked):
    assert set(asked("table8", "evaluate_iteration@uniform.2", "train@fused")) == {*TABLE8, "uniform.2", "fused"}


@pytest.mark.parametrize("targets", [(), ("report",), ("track", "table8"), ("my-name",)])
def test_nothing_known_and_the_report_ask_for_everything(asked, targets):
    everything = asked()
    assert asked(*targets) == everything
    assert {*TABLE8, "dragon-plus", "ce-only", "start-idf"} < set(everything)
    assert not [name for name in everything if name.startswith("teacher-") or name == "student"]
