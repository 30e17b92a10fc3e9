"""Figure 3: points and intervals are the files' numbers, and what is missing is named."""

import dataclasses
import json
from pathlib import Path

import figure_world as world
import pytest
from figure_world import PARAMS, SPECS, check_apart, check_inside, drawn, made, records

from dragon.core import MetricTable
from dragon.reporting.figures import draw_growth
from dragon.reporting.figures.content import Given
from dragon.reporting.figures.growth import BUDGETS
from dragon.reporting.figures.spec import gather
from dragon.reporting.figures.style import house_style
from dragon.settings import Training


@pytest.fixture
def here(tmp_path, monkeypatch):
    world.enter(tmp_path, monkeypatch)


@pytest.fixture
def measured(here, tmp_path, tmp_path_factory):
    world.copy_measured(tmp_path_factory, tmp_path)


def test_growth_draws_what_the_metric_files_say(measured):
    figure = made("figure3")
    rows = records(figure)
    assert len(rows) == 2 * len(SPECS["figure3"].systems()) == 20
    for row in rows:
        path = Path("artifacts") / "mini" / "metrics" / row["system"] / f"{row['suite']}.json"
        found = json.loads(path.read_text())
        assert float(row["value"]) == found["values"][row["test"]][row["measure"]]
        assert int(row["queries"]) == found["facts"]["training_queries"]
        assert float(row["low"]) < float(row["value"]) < float(row["high"])
    with house_style():
        picture = drawn(figure)
    lines = [line for axes in picture.axes for line in axes.lines if line.get_marker() in ("s", "o", "^", "X")]
    points = {(x, y) for line in lines for x, y in zip(line.get_xdata(), line.get_ydata(), strict=True)}
    assert points == {(int(row["queries"]), 100 * float(row["value"])) for row in rows}
    ends = {tuple(line.get_ydata()) for axes in picture.axes for line in axes.lines if line.get_marker() == "_"}
    assert ends == {(100 * float(row["low"]), 100 * float(row["high"])) for row in rows}


def test_growth_intervals_come_from_per_query_values(measured):
    """Values are ±.1 on 200 queries: the standard error is .1 / sqrt(200), 1.96 of it is .0139."""
    row = next(row for row in records(made("figure3")) if row["system"] == "human" and row["suite"] == "in-domain")
    assert float(row["high"]) - float(row["value"]) == pytest.approx(0.0139, abs=0.002)
    assert float(row["value"]) - float(row["low"]) == pytest.approx(0.0139, abs=0.002)


def test_growth_names_what_is_missing_and_draws_the_rest(measured):
    PARAMS.layout.metrics("genq", "in-domain").unlink()
    path = PARAMS.layout.metrics("human", "zero-shot")
    table = MetricTable.read(path)
    dataclasses.replace(table, facts={}).write(path)
    figure = made("figure3")
    notes = " ".join(figure.notes)
    assert "genq (genq not evaluated on in-domain)" in notes
    assert "human (no training_queries in the metrics of human on zero-shot)" in notes
    assert len(records(figure)) == 18


def test_growth_without_intervals(measured):
    figure = gather(SPECS["figure3"], PARAMS, Given())
    assert {row["low"] for row in records(figure)} == {""}
    assert {row[-1] for row in figure.content.rows} == {"n/a"}
    with house_style():
        assert not [line for axes in drawn(figure).axes for line in axes.lines if line.get_marker() == "_"]


@pytest.mark.parametrize("budget", Training.__annotations__["budget"].__args__)
def test_growth_states_the_budget_rule(measured, budget):
    experiments = {
        name: dataclasses.replace(one, training=dataclasses.replace(one.training, budget=budget))
        for name, one in PARAMS.experiments.items()
    }
    notes = " ".join(made("figure3", dataclasses.replace(PARAMS, experiments=experiments)).notes)
    assert f"{BUDGETS[budget]} (setting training.budget: {budget})." in notes


def test_growth_leaves_the_papers_series_out_and_says_so(measured):
    assert any("its series is left out" in note for note in made("figure3").notes)


def test_growth_labels_are_inside(measured):
    with house_style():
        picture = drawn(made("figure3"))
        check_inside(picture)
        for axes in picture.axes:
            ticks = [(one, one.get_window_extent()) for one in axes.get_xticklabels() if one.get_text()]
            low, high = axes.get_xlim()
            shown = [pair for pair, x in zip(ticks, axes.get_xticks(), strict=True) if low <= x <= high]
            check_apart(shown)


def test_growth_numbers_of_queries_in_short():
    assert [draw_growth.short(n) for n in (800, 2000, 808731, 28545938)] == ["800", "2k", "809k", "28.5M"]
