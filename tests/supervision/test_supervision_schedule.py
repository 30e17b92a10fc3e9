import pytest

from dragon.errors import ConfigError
from dragon.supervision.schedule import SCHEDULES

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
