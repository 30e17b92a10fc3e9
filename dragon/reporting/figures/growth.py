"""Figure 3: effectiveness by kind of query and number of queries."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from dragon.artifacts import Layout
from dragon.config import Params, Scale
from dragon.registry import unknown
from dragon.reporting.figures.content import Content, Given, Place, missing_note, points, standing
from dragon.reporting.numbers import MissingNumberError, Numbers
from dragon.reporting.spec import CellSpec

FIELDS = ("panel", "series", "queries", "value", "low", "high", "system", "suite", "test", "measure", "budget")
BUDGETS = {
    "epochs": "every student trains for the same number of epochs, so a smaller query set means fewer steps",
    "steps": "every student takes as many steps as one of the full query set, so a smaller query set means more epochs",
}
"""Setting ``training.budget`` in words."""


@dataclass(frozen=True, kw_only=True)
class Sub:
    """One panel; ``{here}`` in its title is this scale's collection."""

    title: str
    suite: str
    test: str
    measure: str


@dataclass(frozen=True, kw_only=True)
class Series:
    """Students that differ in the number of queries only."""

    label: str
    marker: Literal["square", "circle", "triangle", "cross"]
    systems: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Bootstrap:
    """How the caller makes intervals."""

    samples: int
    seed: int


@dataclass(frozen=True)
class Dot:
    """One student: ``value``, ``low`` and ``high`` are fractions; the interval may be missing."""

    series: Series
    system: str
    queries: int
    value: float
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Plot:
    """One filled panel."""

    title: str
    sub: Sub
    dots: tuple[Dot, ...]


@dataclass(frozen=True, kw_only=True)
class Growth:
    """Options of the kind ``growth``; ``size`` is the fact of a metric file that says how many queries there were."""

    size: str
    panels: tuple[Sub, ...]
    series: tuple[Series, ...]
    bootstrap: Bootstrap

    def check(self, scale: Scale, root: Path, where: str) -> None:
        """Raise ConfigError when a panel's suite is not there."""
        for i, panel in enumerate(self.panels):
            if panel.suite not in scale.suites:
                raise unknown(f"{where}.panels[{i}].suite", panel.suite, scale.suites)

    def inputs(self, layout: Layout) -> list[Path]:
        """Metric files, and the run folders whose per-query values give intervals."""
        pairs = [(system, panel.suite) for system in self.systems() for panel in self.panels]
        return [path for pair in pairs for path in (layout.metrics(*pair), layout.runs(*pair))]

    def systems(self) -> list[str]:
        return [system for one in self.series for system in one.systems]

    def places(self) -> list[Place]:
        return [(system, p.suite, p.test, p.measure) for p in self.panels for system in self.systems()]

    def gather(self, params: Params, given: Given) -> Content:
        """One panel per measure; a student without metrics, or without its number of queries, is named in a note."""
        numbers, plots, missing = Numbers(params.layout, params.scale), [], []
        for panel in self.panels:
            found = list(self._dots(panel, numbers, given))
            dots = tuple(one for one in found if isinstance(one, Dot))
            missing += [one for one in found if isinstance(one, str)]
            here = params.scale.labels.get(panel.suite, panel.suite)
            plots.append(Plot(panel.title.replace("{here}", here), panel, dots))
        budgets = {name: params.experiment(name).training.budget for name in self.systems()}
        return Content(
            heads=("Panel", "Queries", "Student", "Number", "Value", "95 % interval"),
            rows=tuple(_row(plot, dot) for plot in plots for dot in plot.dots),
            fields=FIELDS,
            records=tuple(_record(plot, dot, budgets) for plot in plots for dot in plot.dots),
            notes=(standing(params.scale, params.scale_name), *missing_note(missing), *_budget_notes(budgets)),
            picture=tuple(plots),
        )

    def _dots(self, panel: Sub, numbers: Numbers, given: Given) -> Iterator[Dot | str]:
        for series in self.series:
            for system in series.systems:
                place = (system, panel.suite, panel.test, panel.measure)
                try:
                    value, queries = _measured(place, self.size, numbers)
                except MissingNumberError as error:
                    yield f"{system} ({error})"
                    continue
                yield Dot(series, system, queries, value, *given.intervals.get(place, (None, None)))


def _measured(place: Place, size: str, numbers: Numbers) -> tuple[float, int]:
    """The value, and the number of queries that the student was trained on."""
    system, suite, test, measure = place
    value = numbers.of(CellSpec(system=system, suite=suite, test=test, measure=measure))
    queries = numbers.table(system, suite).facts.get(size)
    if not isinstance(queries, int) or queries < 1:
        raise MissingNumberError(f"no {size} in the metrics of {system} on {suite}")
    return value, queries


def _row(plot: Plot, dot: Dot) -> tuple[str, ...]:
    interval = "n/a" if dot.low is None else f"{points(dot.low)} to {points(dot.high)}"
    return (plot.title, dot.series.label, dot.system, f"{dot.queries:,}", points(dot.value), interval)


def _record(plot: Plot, dot: Dot, budgets: dict[str, str]) -> dict[str, Any]:
    sub = plot.sub
    return {
        "panel": plot.title,
        "series": dot.series.label,
        "queries": dot.queries,
        "value": dot.value,
        "low": "" if dot.low is None else dot.low,
        "high": "" if dot.high is None else dot.high,
        "system": dot.system,
        "suite": sub.suite,
        "test": sub.test,
        "measure": sub.measure,
        "budget": budgets[dot.system],
    }


def _budget_notes(budgets: dict[str, str]) -> Iterable[str]:
    """One sentence per rule in force, with the students it holds for when there is more than one."""
    for budget in dict.fromkeys(budgets.values()):
        names = [name for name, one in budgets.items() if one == budget]
        who = "" if len(names) == len(budgets) else f" ({', '.join(names)})"
        yield f"Training budget: {BUDGETS[budget]} (setting training.budget: {budget}){who}."
