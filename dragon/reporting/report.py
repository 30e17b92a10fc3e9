"""The report: what it shows is said by ``reports/report.yaml``, what its templates print is gathered by ``page``.

One self-contained HTML page and its Markdown twin, rendered from the same facts.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from dragon import artifacts, typed
from dragon.config import PLAYGROUND, Params, Scale, read_yaml
from dragon.reporting.render import plain, to_markdown

SPEC = Path("reports/report.yaml")
TEMPLATES = Path("reports/templates")
PAGE, TWIN = "index.html", "report.md"


@dataclass(frozen=True, kw_only=True)
class Pair:
    """Two systems to compare, and what the comparison is about."""

    left: str
    right: str
    says: str


@dataclass(frozen=True, kw_only=True)
class Question:
    """The playground's section: its table, the student it is compared with, the table it stands beside."""

    table: str
    against: str
    beside: str
    experiments: int
    """How many earlier experiments are shown."""


@dataclass(frozen=True, kw_only=True)
class ReportSpec:
    """``reports/report.yaml``."""

    title: str
    paper: tuple[str, ...]
    figures: tuple[str, ...]
    ours: tuple[str, ...]
    question: Question
    measures: dict[str, tuple[str, ...]]
    """Suite -> what comparisons are made on: the first of these measures that the suite's mean has."""
    contrasts: tuple[Pair, ...]
    samples: int
    """Sign patterns and bootstrap samples of a comparison, and of a cell's interval."""
    seed: int

    @classmethod
    def load(cls, root: Path = Path()) -> "ReportSpec":
        """Read and check the file; raises ConfigError."""
        return typed.build(cls, read_yaml(root / SPEC), f"{SPEC}:")

    @property
    def tables(self) -> tuple[str, ...]:
        """Every table of the page, in order of first use."""
        return tuple(dict.fromkeys((*self.paper, *self.ours, self.question.table)))

    def main_measures(self, scale: Scale) -> dict[str, str]:
        """Suite -> the first of the measures named for it that its mean has; suites without one are left out."""
        shared = {name: suite.shared_measures for name, suite in scale.suites.items()}
        known = {name: [one for one in names if one in shared.get(name, ())] for name, names in self.measures.items()}
        return {name: names[0] for name, names in known.items() if names}

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


def write_report(params: Params, context: dict[str, Any]) -> list[Path]:
    """Write the page, once for its scale and once for the scale in force, and its twin; returns their paths."""
    page, twin = (
        _environment(name.endswith(".html")).get_template(f"{name}.j2").render(context) for name in (PAGE, TWIN)
    )
    folder = params.layout.built(PAGE).parent
    texts = {folder.parent / PAGE: page, folder / PAGE: page, folder / TWIN: twin}
    for path, text in texts.items():
        artifacts.write_text(path, text)
    return list(texts)


def _environment(html: bool) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=html,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {
        "bar": _bar,
        "code": _code,
        "duration": duration,
        "markdown": to_markdown,
        "plain": plain,
        "points": points,
    }
    return environment


def points(value: float) -> str:
    """A signed difference of fractions in points; what rounds to nothing is ``+0.0``."""
    return f"{round(100 * value, 1) + 0:+.1f}"


def duration(seconds: float) -> str:
    """``3.2 s``, ``2 min 05 s`` or ``1 h 02 min``."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02d} min"


def _bar(text: str) -> str:
    """A text for a cell of a Markdown table: on one line, signs that would be markup escaped."""
    found = " ".join(str(text).split()).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return "".join(f"\\{sign}" if sign in "|*_`[]\\" else sign for sign in found)


def _code(text: str) -> Markup:
    """`x` between backticks in <code>, everything else escaped."""
    parts = str(escape(text)).split("`")
    if len(parts) % 2 == 0:
        return Markup("`").join(map(Markup, parts))
    return Markup("").join(Markup(f"<code>{p}</code>") if i % 2 else Markup(p) for i, p in enumerate(parts))
