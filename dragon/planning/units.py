"""Iterations as the store tells them apart, without their inputs: which are asked for, and which are the same.

``dragon.training.iterations.iteration_key`` digests the parent, the queries, the lists, the settings and the number;
here names stand for the files, so that equal prefixes are found before any file exists.
"""

from dataclasses import dataclass

from dragon.config import Params, Training
from dragon.supervision.schedule import iterations


@dataclass(frozen=True)
class Unit:
    """One iteration.

    parent     a start of the scale, or the iteration before
    query_set  whose rows are visited
    lists      the teachers that label them, in their order; ``<teacher>~<seed>`` where a pool is shuffled
    """

    parent: "Unit | str"
    query_set: str
    lists: tuple[str, ...]
    number: int
    training: Training

    @property
    def start(self) -> str:
        """The start that the first iteration began from."""
        return self.parent if isinstance(self.parent, str) else self.parent.start

    def queries(self, available: int) -> int:
        """How many of the set's queries an epoch visits, as :class:`dragon.supervision.sampling.Sampler` does."""
        return min(self.training.queries, available) or available


def walk(params: Params, student: str, seed: int | None = None) -> tuple[Unit, ...]:
    """A student's own iterations in their order; one that continues a student has that one's last as its parent.

    Raises:
        ConfigError: there is no such student.
    """
    first = params.seeds[0]
    experiment = params.seeded(student, first if seed is None else seed)
    shuffle = params.pools[experiment.pool].shuffle
    mark = "" if shuffle is None else f"~{shuffle}"
    # a published student is that of the first seed, whatever seed continues it
    known = experiment.init in params.scale.pretrained
    parent: Unit | str = experiment.init if known else walk(params, experiment.init)[-1]
    units: list[Unit] = []
    for one in iterations(experiment):
        lists = tuple(f"{name}{mark}" for name in one.sources)
        units.append(Unit(parent, experiment.query_set, lists, one.number, experiment.training))
        parent = units[-1]
    return tuple(units)


def lineage(params: Params, student: str, seed: int | None = None) -> tuple[Unit, ...]:
    """A student's iterations with those of the students that it continues, the oldest first."""
    units = list(walk(params, student, seed))
    while isinstance(units[0].parent, Unit):
        units.insert(0, units[0].parent)
    return tuple(units)


def steps(queries: int, available: int, training: Training) -> int:
    """Steps of one iteration over ``queries`` of ``available``; an epoch's last short batch is dropped.

    The same as the sum of ``dragon.training.batches.steps_per_epoch``, which needs torch (a test compares them).
    """
    epochs, whole = training.epochs * training.epochs_scale, queries // training.batch_size
    if training.budget == "steps" and whole:
        return _steps(available // training.batch_size, epochs)
    return _steps(whole, epochs)


def _steps(whole: int, epochs: float) -> int:
    full, rest = int(epochs), epochs - int(epochs)
    return whole * full + (round(rest * whole) if rest > 1e-9 else 0)
