"""Verdicts and Holm's correction by hand."""

import pytest

from dragon.evaluation.verdicts import (
    CONFIRMED,
    DIRECTION_ONLY,
    NOT_CONFIRMED,
    NOT_RUN,
    REVERSED,
    VERDICTS,
    holm,
    holm_by_family,
    of_bounds,
    of_sign,
    worst,
)


@pytest.mark.parametrize(
    ("difference", "p_value", "expected"),
    [
        (0.01, 0.049, CONFIRMED),
        (0.01, 0.05, DIRECTION_ONLY),
        (0.01, None, DIRECTION_ONLY),
        (0.0, 1.0, NOT_CONFIRMED),
        (0.0, 0.01, NOT_CONFIRMED),
        (-0.01, 0.05, NOT_CONFIRMED),
        (-0.01, None, NOT_CONFIRMED),
        (-0.01, 0.049, REVERSED),
    ],
)
def test_signs(difference, p_value, expected):
    assert of_sign(difference, p_value, 0.05) == expected


@pytest.mark.parametrize(
    ("value", "interval", "bounds", "expected"),
    [
        (0.1, (-0.5, 0.5), (-0.5, 0.5), CONFIRMED),
        (0.1, (-0.6, 0.5), (-0.5, 0.5), DIRECTION_ONLY),
        (0.5, None, (-0.5, 0.5), DIRECTION_ONLY),
        (0.6, (0.4, 0.8), (-0.5, 0.5), NOT_CONFIRMED),
        (-0.6, None, (-0.5, 0.5), NOT_CONFIRMED),
        (0.7, (0.51, 0.8), (-0.5, 0.5), REVERSED),
        (-0.7, (-0.8, -0.51), (-0.5, 0.5), REVERSED),
        (9.0, (8.0, 10.0), (1.5, None), CONFIRMED),
        (1.4, (1.0, 1.6), (1.5, None), NOT_CONFIRMED),
        (9.0, (8.0, 10.0), (None, 0.5), REVERSED),
        (-9.0, (-10.0, -8.0), (None, 0.5), CONFIRMED),
    ],
)
def test_bounds(value, interval, bounds, expected):
    assert of_bounds(value, interval, bounds) == expected


def test_holm_by_hand():
    """0.01 x 4, 0.02 x 3, 0.03 x 2, 0.04 x 1, never falling; and Holm's own order, not the given one."""
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.01, 0.02, 0.03, 0.04]) == pytest.approx([0.04, 0.06, 0.06, 0.06])
    assert holm([0.6, 0.5]) == [1.0, 1.0]
    assert holm([0.03]) == [0.03]
    assert holm([]) == []


def test_families_are_corrected_apart_and_a_hypothesis_counts_once():
    families = ["a", "a", "b", "a", "a"]
    hypotheses = ["x", "y", "x", "x", "y"]
    assert holm_by_family(families, hypotheses, [0.01, 0.04, 0.02, 0.01, None]) == [0.02, 0.04, 0.02, 0.02, None]


def test_the_worst_comparison_decides():
    assert [worst([verdict, CONFIRMED], [0.01, 0.02]) for verdict in VERDICTS] == [1, 0, 0, 0, 0]
    assert worst([NOT_RUN, REVERSED], [None, 0.01]) == 0
    assert worst([DIRECTION_ONLY, DIRECTION_ONLY, DIRECTION_ONLY], [0.1, 0.3, 0.2]) == 1
    assert worst([NOT_CONFIRMED, NOT_CONFIRMED], [None, None]) == 0
