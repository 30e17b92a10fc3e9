"""Figure 1: the points are the files' and Table 4's numbers, and every label can be read."""

import dataclasses
import json
from pathlib import Path

import figure_world as world
import numpy as np
import pytest
from figure_world import PARAMS, SPECS, check_apart, check_inside, drawn, made, records, texts

from dragon.reporting.figures import scatter
from dragon.reporting.figures.placing import Label, place
from dragon.reporting.figures.style import canvas, house_style


@pytest.fixture
def here(tmp_path, monkeypatch):
    world.enter(tmp_path, monkeypatch)


@pytest.fixture
def measured(here, tmp_path, tmp_path_factory):
    world.copy_measured(tmp_path_factory, tmp_path)


def test_scatter_draws_what_the_metric_files_and_table_4_say(measured):
    figure = made("figure1")
    ours = [row for row in records(figure) if row["system"]]
    theirs = [row for row in records(figure) if row["table"]]
    assert len(ours) == 2 * len(SPECS["figure1"].systems())
    for row in ours:
        path = Path("artifacts") / "mini" / "metrics" / row["system"] / f"{row['suite']}.json"
        assert float(row["value"]) == json.loads(path.read_text())["values"][row["test"]][row["measure"]]
    for row in theirs:
        assert row["table"] == "Table 4"
        assert float(row["value"]) == pytest.approx(float(row["printed"].rstrip("*")) / 100, abs=1e-15)
    with house_style():
        offsets = [tuple(np.asarray(c.get_offsets())[0]) for axes in drawn(figure).axes for c in axes.collections]
    pairs = zip(records(figure)[::2], records(figure)[1::2], strict=True)
    assert offsets == [(100 * float(x["value"]), 100 * float(y["value"])) for x, y in pairs]


def test_scatter_shows_the_papers_systems(measured):
    """Numbers of Table 4, copied here by hand from the paper."""
    points = {
        point.label: (point.x, point.y, point.representation) for point in made("figure1").content.picture[0].points
    }
    assert points["SPLADE++"] == (0.389, 0.503, "sparse")
    assert points["ColBERTv2"] == (0.397, 0.499, "multi-vector")
    assert points["COT-MAE*"] == (0.399, 0.398, "dense")
    assert points["DRAGON+"] == (0.39, 0.502, "dense")
    assert len(points) == 14


def test_scatter_names_the_printed_systems_without_a_number_and_the_stars(measured):
    notes = " ".join(made("figure1").notes)
    assert "GPL (Table 4 prints - and 48.6); PTR (Table 4 prints - and -)." in notes
    assert "These numbers are not comparable due to the use of" in notes


def test_scatter_names_what_has_not_been_measured(measured):
    PARAMS.layout.metrics("dragon-s", "zero-shot").unlink()
    figure = made("figure1")
    assert "DRAGON-S (dragon-s not evaluated on zero-shot)" in " ".join(figure.notes)
    assert "dragon-s" not in {row["system"] for row in records(figure)}


def test_scatter_says_what_is_comparable(measured):
    titles = [panel.title for panel in made("figure1").content.picture]
    assert titles[1] == "measured here, scale mini: not comparable with the paper"
    params = dataclasses.replace(PARAMS, scale=dataclasses.replace(PARAMS.scale, comparable=True))
    assert made("figure1", params).content.picture[1].title == "measured here, scale mini: comparable with the paper"


def test_scatter_labels_do_not_cover_each_other(measured):
    figure = made("figure1")
    with house_style():
        picture = drawn(figure)
        check_inside(picture)
        for axes, panel in zip(picture.axes, figure.content.picture, strict=True):
            names = {point.label for point in panel.points}
            boxes = [(one, box) for one, box in texts(picture) if one.axes is axes and one.get_text() in names]
            assert len(boxes) == len(panel.points)
            check_apart(boxes)


def test_shapes_tell_representations_and_colours_tell_ours_apart(measured):
    figure = made("figure1")
    with house_style():
        points = [c for axes in drawn(figure).axes for c in axes.collections]
    looks = {}
    for point, c in zip([p for panel in figure.content.picture for p in panel.points], points, strict=True):
        vertices = len(c.get_paths()[0].vertices)
        looks.setdefault(point.representation, set()).add(vertices)
        looks.setdefault(point.group, set()).add(tuple(c.get_facecolor()[0]))
    assert all(len(one) == 1 for one in looks.values())
    assert len({frozenset(looks[group]) for group in ("existing", "teacher", "start", "student")}) == 4
    assert looks["dense"] != looks["sparse"] != looks["multi-vector"]


@pytest.mark.parametrize("count", [12, 18])
def test_labels_of_crowded_points_are_placed_apart(count):
    random = np.random.Generator(np.random.Philox(count))
    with house_style():
        picture = canvas(5)
        axes = picture.add_axes((0.1, 0.1, 0.85, 0.8))
        axes.set(xlim=(0, 10), ylim=(0, 10))
        places = [(5 + 0.8 * x, 5 + 0.8 * y) for x, y in random.standard_normal((count, 2))]
        place(axes, [Label(x, y, f"system {i}") for i, (x, y) in enumerate(places)])
        boxes = [(one, box) for one, box in texts(picture) if one.get_text().startswith("system")]
        assert len(boxes) == count
        check_apart(boxes)


@pytest.mark.parametrize(("text", "value"), [("38.9", 0.389), ("38.8*", 0.388), ("100", 1.0)])
def test_printed_numbers(text, value):
    assert scatter.number(text) == value


@pytest.mark.parametrize("text", ["-", "- △", "", "*"])
def test_what_is_no_printed_number(text):
    with pytest.raises(ValueError, match="not a number"):
        scatter.number(text)
