"""Which teachers may label the queries of iteration t (paper 3.2).

"Single" is a trajectory of one teacher; "fused" is a pool whose only member is the fused list.
"""

from collections.abc import Callable, Sequence

from dragon.config import Experiment, Iteration
from dragon.registry import Registry

Schedule = Callable[[Sequence[str], int], Sequence[str]]
SCHEDULES: Registry[Schedule] = Registry("supervision")


@SCHEDULES("progressive")
def progressive(trajectory: Sequence[str], t: int) -> Sequence[str]:
    """One more teacher at each iteration, drawn from uniformly."""
    return trajectory[:t]


@SCHEDULES("uniform")
def uniform(trajectory: Sequence[str], t: int) -> Sequence[str]:
    """All teachers at every iteration."""
    return trajectory


@SCHEDULES("progressive-last-only")
def progressive_last_only(trajectory: Sequence[str], t: int) -> Sequence[str]:
    """Progressive, but the last iteration hears the last teacher only (Table 3, row 3)."""
    return trajectory[:t] if t < len(trajectory) else trajectory[-1:]


def iterations(experiment: Experiment) -> list[Iteration]:
    """The units of work of a student, 1-based: as many as it states, one per teacher of its trajectory by default."""
    schedule = SCHEDULES[experiment.supervision]
    steps = range(1, experiment.iterations + 1)
    return [Iteration(number=t, sources=tuple(schedule(experiment.trajectory, t))) for t in steps]
