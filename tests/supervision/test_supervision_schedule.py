from pathlib import Path

import pytest

from dragon.config import Params
from dragon.errors import ConfigError
from dragon.supervision.schedule import SCHEDULES, iterations

UCB = ("unicoil", "contriever", "colbertv2")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("progressive", [UCB[:1], UCB[:2], UCB]),
        ("uniform", [UCB, UCB, UCB]),
        ("progressive-last-only", [UCB[:1], UCB[:2], UCB[2:]]),
    ],
)
def test_schedules_of_the_paper(name, expected):
    assert [SCHEDULES[name](UCB, t) for t in (1, 2, 3)] == expected


def test_an_unknown_schedule_gets_a_suggestion():
    with pytest.raises(ConfigError, match="did you mean 'progressive'"):
        SCHEDULES["progresive"]


def test_an_experiment_may_state_how_many_iterations():
    params = Params.load(Path(__file__).parents[2])
    joint = iterations(params.experiment("ce-and-all"))
    assert [(one.number, len(one.sources)) for one in joint] == [(1, 6)]
    scratch = iterations(params.experiment("ce-only-scratch"))
    assert [(one.number, one.sources) for one in scratch] == [(t, ("ce-on-dragon-s",)) for t in (1, 2, 3)]
