"""What an item needs: iterations, teachers' lists and evaluations, each told apart so that nothing counts twice."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from dragon.config import IN_DOMAIN, Params, read_yaml
from dragon.planning.items import BASELINE, START, TEACHER, Item, reached
from dragon.planning.units import Unit

MIXTURE = "mixture"
SOURCE = "source"
LATENCY = "latency-"
"""Of a quality file: to time a teacher, its passages are encoded."""
FUSED = "fused"
RERANKED = "ce-on-"
"""Lists of a cross-encoder over a student's own passages: ``ce-on-<student>``."""


@dataclass(frozen=True)
class Needs:
    """Without repetition, in order of first use.

    units        iterations
    lists        (query set, teacher); of a mixture, the lists of what it mixes
    students     (iteration, start or baseline, suite)
    teachers     (teacher, suite)
    """

    units: tuple[Unit, ...] = ()
    lists: tuple[tuple[str, str], ...] = ()
    students: tuple[tuple[Unit | str, str], ...] = ()
    teachers: tuple[tuple[str, str], ...] = ()

    def __add__(self, other: "Needs") -> "Needs":
        return Needs(*(_once((*mine, *theirs)) for mine, theirs in _pairs(self, other)))

    def __sub__(self, other: "Needs") -> "Needs":
        return Needs(*(tuple(one for one in mine if one not in set(theirs)) for mine, theirs in _pairs(self, other)))


def needs(
    params: Params, item: Item, main_suites: Iterable[str], behind: Mapping[str, Iterable[str]] | None = None
) -> Needs:
    """Of one item alone, for every seed; students and starts are evaluated on ``main_suites`` wherever they stand.

    ``behind``: see :func:`labels_behind`.
    """
    units: list[Unit] = []
    students: list[tuple[Unit | str, str]] = []
    for seed in params.seeds:
        for name in item.checkpoints:
            units += reached(params, name, seed)
            suites = [*main_suites, *(suite for system, suite in item.pairs if system == name)]
            students += [(units[-1], suite) for suite in suites]
    starts = dict.fromkeys(system for system, _ in item.pairs if system.startswith((START, BASELINE)))
    students += [(name.removeprefix(START), suite) for name in starts for suite in main_suites]
    teachers = [
        (system.removeprefix(TEACHER), suite)
        for system, suite in item.pairs
        if system.removeprefix(TEACHER) in params.scale.teachers and system.startswith(TEACHER)
    ]
    teachers += [(name.removeprefix(LATENCY), IN_DOMAIN) for name in item.qualities if name.startswith(LATENCY)]
    wanted = [pair for unit in units for pair in _lists(params, unit.query_set, unit.lists)]
    measured = (labels for quality in item.qualities for labels in (behind or {}).get(quality, ()))
    for labels in (*item.labels, *measured):
        query_set, _, pool = labels.partition("/")
        wanted += _lists(params, query_set, params.pools[pool].teachers)
    return Needs(_once(units), _once(wanted), _once(students), _once(teachers))


def labels_behind(root: Path = Path()) -> dict[str, list[str]]:
    """Quality file -> the label sets that it is measured on, as dvc.yaml says."""
    found: dict[str, list[str]] = {}
    for stage in (body.get("do", body) for body in read_yaml(root / "dvc.yaml")["stages"].values()):
        labels = [str(path).partition("/labels/")[2].removesuffix(".json") for path in stage["deps"]]
        for path in stage.get("outs", ()):
            if "/quality/" in str(path):
                found[Path(str(path)).stem] = [name for name in labels if name]
    return found


def trainer_of(lists: str) -> str:
    """The student of ``ce-on-<student>``; empty for a teacher's lists."""
    return lists.removeprefix(RERANKED) if lists.startswith(RERANKED) else ""


def _lists(params: Params, query_set: str, teachers: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Lists that are computed and not only gathered or copied."""
    source = params.scale.query_sets[query_set]
    if source.kind == MIXTURE:
        for part in source.options["of"]:
            yield from _lists(params, part, teachers)
        return
    for name in (teacher.partition("~")[0] for teacher in teachers):
        if name == FUSED:
            yield from _lists(params, query_set, params.pools[params.scale.fusion.pool].teachers)
        elif name != SOURCE:
            yield query_set, name


def _pairs(left: Needs, right: Needs) -> Iterator[tuple[tuple, tuple]]:
    for field in vars(left):
        yield getattr(left, field), getattr(right, field)


def _once(values: Iterable) -> tuple:
    return tuple(dict.fromkeys(values))
