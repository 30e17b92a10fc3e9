"""Tables and figures, and the systems that each asks for: the paper's own, or all that we show."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from dragon.config import PLAYGROUND, Params
from dragon.planning.units import Unit, lineage, walk
from dragon.reporting.figures.spec import FOLDER as FIGURES
from dragon.reporting.figures.spec import FigureSpec
from dragon.reporting.spec import FOLDER as TABLES
from dragon.reporting.spec import TableSpec
from dragon.settings import BASELINES

START, TEACHER, BASELINE = "start-", "teacher-", f"{BASELINES}/"


@dataclass(frozen=True)
class Item:
    """One table or figure.

    paper      ``Table 3``; empty for one that the paper lacks
    pairs      (system, suite) of every value that it shows, in order of first use
    qualities  names of the measured facts that it shows
    labels     label sets that it shows itself
    """

    name: str
    paper: str
    pairs: tuple[tuple[str, str], ...]
    qualities: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()

    @property
    def checkpoints(self) -> tuple[str, ...]:
        """Students and, as ``uniform.1``, students after one of their iterations."""
        names = dict.fromkeys(system for system, _ in self.pairs)
        return tuple(name for name in names if not name.startswith((START, TEACHER, BASELINE)))

    @property
    def teachers(self) -> tuple[str, ...]:
        names = dict.fromkeys(system for system, _ in self.pairs)
        return tuple(name.removeprefix(TEACHER) for name in names if name.startswith(TEACHER))


def items(params: Params, root: Path = Path(), own: bool = True) -> list[Item]:
    """Tables, then figures, each by its number; with ``own`` false only what the paper itself prints in them.

    The paper's own systems are those with a printed value in their cell, and those of a figure of the paper.

    Raises:
        ConfigError: a spec is wrong.
    """
    found = [*_tables(params, root, own), *_figures(params, root)]
    return [item for item in found if own or item.paper]


def reached(params: Params, name: str, seed: int | None = None) -> tuple[Unit, ...]:
    """What must be trained for a checkpoint, students that it continues included; its own iteration is the last."""
    student, _, number = name.partition(".")
    units = lineage(params, student, seed)
    before = len(units) - params.experiment(student).iterations
    return units[: before + int(number)] if number else units


def alone(params: Params, item: Item) -> list[Unit]:
    """Iterations that a table trains when its students share none, one entry for each training: the naive count.

    A student that continues another one shown here begins from it. Where a table looks inside a trajectory
    (``uniform.1``), the checkpoints on the way to its end are its own and cost nothing more.
    """
    shown = item.checkpoints
    looked_into = {name.partition(".")[0] for name in shown if "." in name} & set(shown)
    on_the_way = {unit for name in looked_into for unit in lineage(params, name)[:-1]}
    trained: list[Unit] = []
    for name in shown:
        units = reached(params, name)
        if units[-1] not in on_the_way:
            begins = params.experiment(name.partition(".")[0]).init in shown
            trained += walk(params, name) if begins else units
    return trained


def evaluates_only(item: Item, earlier: Sequence[Item]) -> bool:
    """Whether every checkpoint that an item shows is one of an earlier item: Table 11 of Table 4's."""
    return set(item.checkpoints) <= {name for other in earlier for name in other.checkpoints}


def _tables(params: Params, root: Path, own: bool) -> Iterator[Item]:
    for path in sorted((root / TABLES).glob("*.yaml"), key=_number):
        spec = TableSpec.load(path.stem, params.scale, root)
        cells = [cell for cell in spec.cells() if own or cell.paper]
        pairs = [(system, cell.suite) for cell in cells for system in cell.systems()]
        qualities = dict.fromkeys(cell.quality for cell in cells if cell.quality)
        yield Item(path.stem, spec.paper, _known(pairs), tuple(qualities))


def _figures(params: Params, root: Path) -> Iterator[Item]:
    for path in sorted((root / FIGURES).glob("*.yaml"), key=_number):
        spec = FigureSpec.load(path.stem, params.scale, root)
        files = spec.inputs(params.layout)
        metrics, labels = params.layout.root / "metrics", params.layout.root / "labels"
        pairs = [(file.parent.name, file.stem) for file in files if file.is_relative_to(metrics)]
        shown = [str(file.relative_to(labels).with_suffix("")) for file in files if file.is_relative_to(labels)]
        yield Item(path.stem, spec.paper, _known(pairs), labels=tuple(shown))


def _known(pairs: Sequence[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Once each, without the playground: what it asks is the user's own question."""
    return tuple(dict.fromkeys(pair for pair in pairs if pair[0] != PLAYGROUND))


def _number(path: Path) -> tuple[int, str]:
    digits = "".join(filter(str.isdigit, path.stem))
    return int(digits) if digits else 1000, path.stem
