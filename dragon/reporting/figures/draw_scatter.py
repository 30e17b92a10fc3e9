"""Draws a scatter of systems: two panels, one below the other so that a phone shows them."""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from dragon.reporting.figures.placing import Label, place
from dragon.reporting.figures.scatter import Panel, Point
from dragon.reporting.figures.style import BLUE, GREEN, INK, MUTED, VERMILLION, canvas, head

_MARKERS = {"sparse": "s", "multi-vector": "^", "dense": "o", "re-ranker": "D"}
_COLOURS = {"existing": BLUE, "teacher": GREEN, "start": MUTED, "student": VERMILLION}
_NAMES = {
    "existing": "existing systems",
    "teacher": "teachers, or what stands for them",
    "start": "untrained starts",
    "student": "DRAGON and other students",
}
_HEIGHT, _LEFT, _RIGHT = 9.6, 0.11, 0.02
_BOXES = ((0.535, 0.325), (0.055, 0.40))
"""(bottom, height) of the panels, in shares of the picture."""


def draw(panels: Sequence[Panel], heading: str) -> Figure:
    """The picture; shapes tell representations, colours groups, and our students' names are bold."""
    figure = canvas(_HEIGHT)
    head(figure, heading)
    _legend(figure, [point for panel in panels for point in panel.points])
    for panel, (bottom, height) in zip(panels, _BOXES, strict=True):
        _panel(figure.add_axes((_LEFT, bottom, 1 - _LEFT - _RIGHT, height)), panel)
    return figure


def _panel(axes: Axes, panel: Panel) -> None:
    axes.set_title(panel.title, pad=8)
    axes.set_xlabel(panel.x_label)
    axes.set_ylabel(panel.y_label)
    if not panel.points:
        axes.text(0.5, 0.5, "nothing measured yet", ha="center", va="center", transform=axes.transAxes)
        return
    for point in panel.points:
        _mark(axes, point)
    _limits(axes, panel.points)
    labels = [Label(100 * p.x, 100 * p.y, p.label, p.group == "student") for p in panel.points]
    place(axes, labels)


def _mark(axes: Axes, point: Point) -> None:
    style = {"color": _COLOURS[point.group], "edgecolor": INK, "linewidth": 0.6}
    axes.scatter([100 * point.x], [100 * point.y], marker=_MARKERS[point.representation], s=42, zorder=3, **style)


def _limits(axes: Axes, points: Sequence[Point]) -> None:
    """Room for labels on all sides."""
    for values, limit in (([100 * p.x for p in points], axes.set_xlim), ([100 * p.y for p in points], axes.set_ylim)):
        low, high = min(values), max(values)
        room = 0.13 * (high - low) or 1.0
        limit(low - room, high + room)


def _legend(figure: Figure, points: Sequence[Point]) -> None:
    """Only what occurs; shapes in the first line, colours in the second."""
    shapes = [name for name in _MARKERS if any(point.representation == name for point in points)]
    groups = [name for name in _COLOURS if any(point.group == name for point in points)]
    lines = [
        Line2D([], [], marker=_MARKERS[one], color="none", markerfacecolor="white", markeredgecolor=INK)
        for one in shapes
    ]
    _row(figure, lines, shapes, 0.972, 4)
    lines = [Line2D([], [], marker="o", color="none", markerfacecolor=_COLOURS[g], markeredgecolor=INK) for g in groups]
    _row(figure, lines, [_NAMES[one] for one in groups], 0.947, 2)


def _row(figure: Figure, lines: Sequence[Line2D], names: Sequence[str], top: float, columns: int) -> None:
    figure.legend(
        lines, names, loc="upper left", bbox_to_anchor=(0.0, top), ncols=columns, handletextpad=0.2, columnspacing=1.0
    )
