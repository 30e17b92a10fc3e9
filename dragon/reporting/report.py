"""The report: every table, paired comparisons, what was computed, and where each number comes from.

One self-contained HTML file and its Markdown twin, rendered from the same facts.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from dragon import artifacts, typed
from dragon.config import PLAYGROUND, Params, read_yaml
from dragon.reporting.provenance import System, systems, units
from dragon.reporting.render import plain, to_markdown
from dragon.reporting.spec import TableSpec
from dragon.reporting.table import Table, fill

SPEC = Path("reports/report.yaml")
TEMPLATES = Path("reports/templates")
TWINS = ("report.html", "report.md")


@dataclass(frozen=True, kw_only=True)
class Pair:
    """Two systems to compare, and what the comparison is about."""

    left: str
    right: str
    says: str


@dataclass(frozen=True, kw_only=True)
class Question:
    """The table of the playground's section, and the student that it is compared with."""

    table: str
    against: str


@dataclass(frozen=True, kw_only=True)
class ReportSpec:
    """``reports/report.yaml``."""

    title: str
    paper: tuple[str, ...]
    ours: tuple[str, ...]
    question: Question
    measures: dict[str, str]
    """Suite -> the measure that comparisons are made on."""
    contrasts: tuple[Pair, ...]
    samples: int
    """Sign patterns and bootstrap samples of a comparison."""
    seed: int

    @classmethod
    def load(cls, root: Path = Path()) -> "ReportSpec":
        """Read and check the file; raises ConfigError."""
        return typed.build(cls, read_yaml(root / SPEC), f"{SPEC}:")

    def pairs(self) -> list[Pair]:
        """The playground's comparison first, then the listed ones."""
        says = "your student against the paper's"
        return [Pair(left=PLAYGROUND, right=self.question.against, says=says), *self.contrasts]


@dataclass(frozen=True, kw_only=True)
class Contrast:
    """One paired comparison on one suite; fractions, left minus right, 95 % interval, two-sided p."""

    pair: Pair
    suite: str
    measure: str
    difference: float
    low: float
    high: float
    p_value: float
    queries: int


def write_report(params: Params, spec: ReportSpec, contrasts: Sequence[Contrast], folder: Path) -> list[Path]:
    """Write ``report.html`` and ``report.md``; returns their paths.

    Raises:
        ConfigError: a spec is wrong.
        ArtifactError: a metric file or a checkpoint's facts cannot be read.
    """
    context = facts(params, spec, contrasts)
    paths = [folder / name for name in TWINS]
    for path in paths:
        artifacts.write_text(path, _environment(path.suffix == ".html").get_template(f"{path.name}.j2").render(context))
    return paths


def facts(params: Params, spec: ReportSpec, contrasts: Sequence[Contrast]) -> dict[str, Any]:
    """Everything that the templates print."""
    specs = {name: TableSpec.load(name, params.scale) for name in (*spec.paper, *spec.ours, spec.question.table)}
    tables = {name: fill(one, params) for name, one in specs.items()}
    names = [*params.experiments, *(name for one in specs.values() for name in one.systems())]
    found = systems(names, params)
    return {
        "spec": spec,
        "params": params,
        "paper": [tables[name] for name in spec.paper],
        "ours": [tables[name] for name in spec.ours],
        "question": _question(spec, found, tables[spec.question.table]),
        "not_compared": [pair for pair in spec.contrasts if pair not in [one.pair for one in contrasts]],
        "contrasts": [one for one in contrasts if one.pair.left != PLAYGROUND],
        "asked": [one for one in contrasts if one.pair.left == PLAYGROUND],
        "systems": found,
        "units": units(found),
        "diversity": _diversity(params),
    }


def _question(spec: ReportSpec, found: Sequence[System], table: Table) -> dict[str, Any] | None:
    """The playground's table and how its settings differ; None until its student has been evaluated."""
    by_name = {system.name: system for system in found}
    if PLAYGROUND not in by_name:
        return None
    student, other = by_name[PLAYGROUND], by_name.get(spec.question.against)
    settings = other.settings if other else {}
    rows = [(key, value, settings.get(key, "n/a")) for key, value in student.settings.items() if key != "name"]
    knobs = [row for row in rows if "." not in row[0] or row[1] != row[2]]
    return {"table": table, "student": student, "against": spec.question.against, "settings": knobs}


def _diversity(params: Params) -> Mapping[str, Any] | None:
    """How much the teachers' lists overlap, where it was measured."""
    path = params.layout.quality("diversity")
    return artifacts.read_json(path) if path.exists() else None


def _environment(html: bool) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=html,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {"code": _code, "points": _points, "plain": plain, "markdown": to_markdown}
    return environment


def _code(text: str) -> Markup:
    """`x` between backticks in <code>, everything else escaped."""
    parts = str(escape(text)).split("`")
    if len(parts) % 2 == 0:
        return Markup("`").join(map(Markup, parts))
    return Markup("").join(Markup(f"<code>{p}</code>") if i % 2 else Markup(p) for i, p in enumerate(parts))


def _points(value: float) -> str:
    """A signed difference in points; what rounds to nothing is ``+0.0``."""
    return f"{round(100 * value, 1) + 0:+.1f}"
