"""``reports/figures/*.yaml``, read strictly: which kind of figure, and the options of that kind."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from dragon import typed
from dragon.artifacts import Layout
from dragon.config import Params, Scale, read_yaml
from dragon.registry import unknown
from dragon.reporting.figures.content import Content, Figure, Given, Place
from dragon.reporting.figures.curriculum import Curriculum
from dragon.reporting.figures.examples import Examples
from dragon.reporting.figures.growth import Growth
from dragon.reporting.figures.scatter import Scatter

FOLDER = Path("reports/figures")


class Options(Protocol):
    """The options of one kind of figure, and what they stand for."""

    def check(self, scale: Scale, root: Path, where: str) -> None:
        """Raise ConfigError when something that the options name is not there."""

    def inputs(self, layout: Layout) -> list[Path]:
        """Files that the figure is made from."""

    def systems(self) -> list[str]:
        """Systems whose metrics it shows."""

    def places(self) -> list[Place]:
        """Numbers that it shows with an interval, where the caller gives one."""

    def gather(self, params: Params, given: Given) -> Content:
        """Read the files; what is missing is named, never an error."""


KINDS: dict[str, type[Options]] = {
    "scatter": Scatter,
    "curriculum": Curriculum,
    "growth": Growth,
    "examples": Examples,
}


@dataclass(frozen=True, kw_only=True)
class _File:
    title: str
    paper: str
    section: str
    heading: str
    kind: str
    options: dict[str, Any]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class FigureSpec:
    """One figure.

    title    the paper's caption, to the letter
    paper    ``Figure 3``
    heading  what stands above the picture
    options  of its kind, checked
    notes    sentences below it
    """

    name: str
    title: str
    paper: str
    section: str
    heading: str
    kind: str
    options: Options
    notes: tuple[str, ...]

    @classmethod
    def load(cls, name: str, scale: Scale, root: Path = Path()) -> "FigureSpec":
        """Read and check ``reports/figures/<name>.yaml``.

        Raises:
            ConfigError: one line with the file, the key, what was found and what is allowed.
        """
        names = sorted(path.stem for path in (root / FOLDER).glob("*.yaml"))
        if name not in names:
            raise unknown(str(FOLDER), name, names)
        where = f"{FOLDER / name}.yaml:"
        found = typed.build(_File, read_yaml(root / FOLDER / f"{name}.yaml"), where)
        if found.kind not in KINDS:
            raise unknown(f"{where} kind", found.kind, KINDS)
        options = typed.build(KINDS[found.kind], found.options, f"{where} options")
        options.check(scale, root, f"{where} options")
        return cls(name=name, **{**vars(found), "options": options})

    @property
    def caption(self) -> str:
        return f"{self.paper}: {self.title}"

    def inputs(self, layout: Layout) -> list[Path]:
        """Files that the figure is made from beside its spec, in order of first use."""
        return list(dict.fromkeys(self.options.inputs(layout)))

    def systems(self) -> list[str]:
        """Systems whose metrics the figure shows, in order of first use."""
        return list(dict.fromkeys(self.options.systems()))

    def places(self) -> list[Place]:
        """Numbers that are drawn with an interval where ``Given.intervals`` has one."""
        return self.options.places()


def gather(spec: FigureSpec, params: Params, given: Given) -> Figure:
    """Fill a spec from the files of the scale in force.

    Raises:
        ArtifactError: a file is there but cannot be read.
        ConfigError: the spec names something that its files lack.
    """
    content = spec.options.gather(params, given)
    heading = f"{spec.paper}: {spec.heading}"
    return Figure(spec.name, spec.kind, heading, spec.caption, content, (*content.notes, *spec.notes))
