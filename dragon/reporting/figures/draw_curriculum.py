"""Draws a curriculum: iterations from top to bottom, teachers from left to right, students handed on by arrows."""

import re
from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch
from matplotlib.text import Text

from dragon.reporting.figures.curriculum import Grid, share_text
from dragon.reporting.figures.style import BLUE, INK, MUTED, RULE, WIDTH, canvas, head

_TOP, _BOTTOM, _ROW = 0.55, 0.35, 0.75
"""Inches: heading, closing line, one iteration."""
_STUDENTS, _MARGIN, _GAP = 1.25, 0.15, 0.07


def draw(grid: Grid, heading: str) -> Figure:
    """The picture, as high as there are iterations."""
    rows = len(grid.shares)
    height = _TOP + _ROW * (rows + 1) + _BOTTOM
    figure = canvas(height)
    head(figure, heading)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, WIDTH), ylim=(height, 0))  # inches from the top left corner
    axes.axis("off")
    _students(axes, grid)
    _teachers(axes, grid)
    closing = "filled: the teacher labels at this iteration, and the share of queries it labels"
    axes.text(_MARGIN, height - 0.2, closing, fontsize=9, color=MUTED, va="center")
    return figure


def _students(axes: Axes, grid: Grid) -> None:
    """The start and the student after each iteration, one below the other."""
    names = [f"start: {grid.start}", *(f"student {t}" for t in range(1, len(grid.shares) + 1))]
    tops = [_TOP + _ROW * i for i in range(len(names))]
    for name, top in zip(names, tops, strict=True):
        _box(axes, _MARGIN, top, _STUDENTS, _ROW - 0.3, "#f2f2f2", MUTED)
        text = axes.text(_MARGIN + _STUDENTS / 2, top + (_ROW - 0.3) / 2, name, ha="center", va="center")
        _fit([text], _STUDENTS - 0.1, _ROW - 0.36)
    for top in tops[1:]:
        ends = {"xy": (_MARGIN + _STUDENTS / 2, top), "xytext": (_MARGIN + _STUDENTS / 2, top - 0.3)}
        axes.annotate("", **ends, arrowprops={"arrowstyle": "-|>", "color": INK, "shrinkA": 0, "shrinkB": 0})


def _teachers(axes: Axes, grid: Grid) -> None:
    left = _MARGIN + _STUDENTS + 0.35
    width = (WIDTH - _MARGIN - left) / max(1, len(grid.teachers))
    bottom = _TOP + _ROW - 0.1
    middles = [left + width * (j + 0.5) for j in range(len(grid.teachers))]
    bold = {"ha": "center", "va": "bottom", "fontweight": "bold"}
    _fit(
        [axes.text(x, bottom, name, **bold) for x, name in zip(middles, grid.teachers, strict=True)],
        width - _GAP,
        _ROW - 0.1,
    )
    for t, line in enumerate(grid.shares):
        for j, share in enumerate(line):
            _cell(axes, left + width * j + _GAP / 2, _TOP + _ROW * (t + 1), width - _GAP, share)
    for t in range(len(grid.shares)):
        middle = _TOP + _ROW * (t + 1) + (_ROW - 0.3) / 2
        ends = {"xy": (_MARGIN + _STUDENTS, middle), "xytext": (left, middle)}
        axes.annotate("", **ends, arrowprops={"arrowstyle": "-|>", "color": MUTED, "shrinkA": 0, "shrinkB": 1})


def _cell(axes: Axes, left: float, top: float, width: float, share: float) -> None:
    _box(axes, left, top, width, _ROW - 0.3, BLUE if share else "none", BLUE if share else RULE)
    if share:
        middle = (left + width / 2, top + (_ROW - 0.3) / 2)
        axes.text(*middle, share_text(share), ha="center", va="center", color="white", fontweight="bold")


def _box(axes: Axes, left: float, top: float, width: float, height: float, face: str, edge: str) -> None:
    round_corners = "round,pad=0,rounding_size=0.06"
    axes.add_patch(
        FancyBboxPatch((left, top), width, height, boxstyle=round_corners, facecolor=face, edgecolor=edge, linewidth=1)
    )


def _fit(texts: Sequence[Text], width: float, height: float) -> None:
    """Break names at spaces and hyphens, then shrink all of them alike, until none is larger than this, in inches."""
    names = [text.get_text() for text in texts]
    for half_points in range(20, 9, -1):
        for text, name in zip(texts, names, strict=True):
            text.set_fontsize(half_points / 2)
            _break(text, name, width)
        if all(_inches(text)[0] <= width and _inches(text)[1] <= height for text in texts):
            return


def _break(text: Text, name: str, width: float) -> None:
    """As few lines as there can be."""
    lines = [""]
    for piece in re.findall(r"[^\s-]+-?\s?", name):
        text.set_text((lines[-1] + piece).strip())
        if lines[-1] and _inches(text)[0] > width:
            lines.append("")
        lines[-1] += piece
    text.set_text("\n".join(line.strip() for line in lines))


def _inches(text: Text) -> tuple[float, float]:
    """Width and height."""
    figure = text.get_figure()
    box = text.get_window_extent(figure.canvas.get_renderer())
    return box.width / figure.dpi, box.height / figure.dpi
