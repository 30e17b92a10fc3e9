"""Figure 2: cells by hand, for every supervision and any number of teachers."""

import dataclasses

import figure_world as world
import pytest
from figure_world import PARAMS, SPECS, check_apart, check_inside, drawn, made, records, texts

from dragon.reporting.figures.content import Given
from dragon.reporting.figures.spec import gather
from dragon.reporting.figures.style import house_style
from dragon.supervision.schedule import SCHEDULES, iterations

TEACHERS = ("unicoil", "contriever", "gtr-xxl", "colbertv2", "splade-pp", "cross-encoder")


@pytest.fixture
def here(tmp_path, monkeypatch):
    world.enter(tmp_path, monkeypatch)


def student(**changes):
    return dataclasses.replace(PARAMS.experiment("student"), **changes)


def curriculum(experiment):
    params = dataclasses.replace(PARAMS, experiments={**PARAMS.experiments, "student": experiment})
    return gather(SPECS["figure2"], params, Given(iterations(experiment)))


def cells(experiment):
    """``X`` where a teacher labels, by iteration."""
    return ["".join("X" if share else "." for share in line) for line in curriculum(experiment).content.picture.shares]


@pytest.mark.parametrize(
    ("supervision", "teachers", "count", "expected"),
    [
        ("progressive", 3, 3, ["X..", "XX.", "XXX"]),
        ("uniform", 3, 3, ["XXX", "XXX", "XXX"]),
        ("progressive-last-only", 3, 3, ["X..", "XX.", "..X"]),
        ("progressive", 1, 1, ["X"]),
        ("uniform", 6, 1, ["XXXXXX"]),
        ("uniform", 1, 3, ["X", "X", "X"]),
    ],
)
def test_curriculum_by_hand(supervision, teachers, count, expected):
    assert cells(student(supervision=supervision, trajectory=TEACHERS[:teachers], iterations=count)) == expected


def test_curriculum_says_how_often_each_teacher_is_drawn():
    figure = curriculum(student(supervision="progressive", trajectory=("colbertv2", "unicoil"), iterations=2))
    assert figure.content.rows == (("1", "✓ all", "✗"), ("2", "✓ 1/2", "✓ 1/2"))
    assert figure.content.heads == ("Iteration", "ColBERTv2", "uniCOIL")
    assert [float(row["probability"]) for row in records(figure)] == [1.0, 0.0, 0.5, 0.5]
    assert {row["trajectory"] for row in records(figure)} == {"colbertv2 → unicoil"}


def test_curriculum_follows_params_yaml(here):
    """Cells equal what the schedule says about the student of params.yaml."""
    experiment = PARAMS.experiment("student")
    shares = made("figure2").content.picture.shares
    for t, line in enumerate(shares, 1):
        sources = SCHEDULES[experiment.supervision](experiment.trajectory, t)
        assert [share > 0 for share in line] == [name in sources for name in experiment.trajectory]
    assert len(shares) == experiment.iterations


@pytest.mark.parametrize("supervision", list(SCHEDULES))
@pytest.mark.parametrize("teachers", range(1, 7))
def test_curriculum_is_readable_with_any_number_of_teachers(supervision, teachers):
    names = dataclasses.replace(SPECS["figure2"].options, names={})
    spec = dataclasses.replace(SPECS["figure2"], options=names)
    experiment = student(supervision=supervision, trajectory=TEACHERS[:teachers], init="progressive-last-only")
    experiment = dataclasses.replace(experiment, iterations=teachers)
    params = dataclasses.replace(PARAMS, experiments={**PARAMS.experiments, "student": experiment})
    with house_style():
        picture = drawn(gather(spec, params, Given(iterations(experiment))))
        check_inside(picture)
        check_apart(texts(picture))
        filled = sum(share > 0 for one in iterations(experiment) for share in one.sources and [1] * len(one.sources))
        assert sum(one.get_text().startswith(("1/", "all")) for one, _ in texts(picture)) == filled
