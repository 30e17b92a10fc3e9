"""Draws effectiveness by number of queries, one panel per measure."""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from dragon.reporting.figures.growth import Dot, Plot
from dragon.reporting.figures.style import BLUE, GREEN, INK, ORANGE, VERMILLION, canvas, head

_MARKERS = {"square": "s", "circle": "o", "triangle": "^", "cross": "X"}
_COLOURS = {"square": BLUE, "circle": VERMILLION, "triangle": GREEN, "cross": ORANGE}
_PANEL, _TOP, _LEFT, _RIGHT = 3.5, 0.7, 0.11, 0.03
"""Inches of one panel and of the heading with its legend; margins in shares of the width."""


def draw(plots: Sequence[Plot], heading: str) -> Figure:
    """The picture; shapes are the paper's: rectangles, circles, triangles and crosses."""
    height = _TOP + _PANEL * len(plots)
    figure = canvas(height)
    head(figure, heading)
    _legend(figure, plots, height)
    for i, plot in enumerate(plots):
        bottom = (height - _TOP - _PANEL * (i + 1) + 0.5) / height
        _panel(figure.add_axes((_LEFT, bottom, 1 - _LEFT - _RIGHT, (_PANEL - 0.85) / height)), plot)
    return figure


def _panel(axes: Axes, plot: Plot) -> None:
    axes.set_title(plot.title)
    axes.set_xlabel("queries")
    axes.set_ylabel(plot.sub.measure)
    if not plot.dots:
        axes.text(0.5, 0.5, "nothing measured yet", ha="center", va="center", transform=axes.transAxes)
        return
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: short(value)))
    axes.xaxis.set_minor_formatter(NullFormatter())
    sizes = [dot.queries for dot in plot.dots]
    axes.set_xlim(min(sizes) / 1.3, max(sizes) * 1.3)
    for i, label in enumerate(dict.fromkeys(dot.series.label for dot in plot.dots)):
        _line(axes, [dot for dot in plot.dots if dot.series.label == label], 1 + 0.012 * (i - 1.5))


def _line(axes: Axes, dots: Sequence[Dot], aside: float) -> None:
    """Points at their numbers; their intervals a little ``aside``, so that those of several series are seen."""
    ordered = sorted(dots, key=lambda dot: dot.queries)
    colour, marker = (table[ordered[0].series.marker] for table in (_COLOURS, _MARKERS))
    x, y = [dot.queries for dot in ordered], [100 * dot.value for dot in ordered]
    for dot in ordered:
        if dot.low is not None and dot.high is not None:
            ends = [100 * dot.low, 100 * dot.high]
            axes.plot([dot.queries * aside] * 2, ends, color=colour, linewidth=1.6, alpha=0.7, zorder=2, marker="_")
    axes.plot(x, y, color=colour, marker=marker, markersize=8, markeredgecolor=INK, markeredgewidth=0.6, zorder=3)


def _legend(figure: Figure, plots: Sequence[Plot], height: float) -> None:
    series = list(dict.fromkeys(dot.series for plot in plots for dot in plot.dots))
    lines = [
        Line2D([], [], color=_COLOURS[one.marker], marker=_MARKERS[one.marker], markersize=8, markeredgecolor=INK)
        for one in series
    ]
    names = [one.label for one in series]
    top = 1 - 0.36 / height
    figure.legend(
        lines, names, loc="upper left", bbox_to_anchor=(0.0, top), ncols=4, columnspacing=1.0, handletextpad=0.4
    )


def short(value: float) -> str:
    """``800``, ``2k``, ``28.5M``."""
    for unit, name in ((1e6, "M"), (1e3, "k")):
        if value >= unit:
            return f"{value / unit:.3g}{name}"
    return f"{value:.3g}"
