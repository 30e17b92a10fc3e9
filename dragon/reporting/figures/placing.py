"""Labels of points that do not cover each other, a point or the frame."""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from matplotlib.axes import Axes
from matplotlib.font_manager import FontProperties
from matplotlib.transforms import Bbox

from dragon.reporting.figures.style import INK, MUTED

_ANGLES = (0, 180, 90, 270, 45, 315, 135, 225, 20, 340, 160, 200, 65, 115, 245, 295)
_RADII = (6, 9, 13, 18, 24, 31, 39, 48, 58, 70, 84, 100, 120, 145)
"""Distances from point to label that are tried, nearest first, in typographic points."""
_FAR = 14
"""From this distance on a line leads from the point to its label."""
_AREA, _LABEL, _POINT = 5.0, 90.0, 15.0
"""What a covered square pixel, a line across a label and a line across a point cost, in points of distance."""
_MARKER = 5.0
_MARGIN = 1.5
_Line = tuple[float, float, float, float]


@dataclass(frozen=True)
class Label:
    """A text for the point at ``x``, ``y`` in data units."""

    x: float
    y: float
    text: str
    bold: bool = False


@dataclass(frozen=True)
class _Spot:
    """A place for a text in pixels: where it is anchored, the box it fills, and its distance from the point."""

    x: float
    y: float
    box: Bbox
    distance: float


@dataclass
class _Board:
    """What is on the axes already, in pixels: points, written labels, and the lines that lead to them."""

    frame: Bbox
    markers: list[Bbox]
    labels: list[Bbox] = field(default_factory=list)
    leads: list[_Line] = field(default_factory=list)

    def cost(self, spot: _Spot, marker: Bbox) -> float:
        """Distance, area taken from others or outside of the frame, and lines that cross boxes."""
        points = [box for box in self.markers if box is not marker]
        area = sum(_overlap(spot.box, box) for box in (*points, *self.labels))
        area += max(0.0, spot.box.width * spot.box.height - _overlap(spot.box, self.frame) - 1e-6)
        crossed = _LABEL * sum(_crosses(lead, spot.box) for lead in self.leads)
        if spot.distance >= _FAR:
            lead = (*_middle(marker), spot.x, spot.y)
            crossed += _LABEL * sum(_crosses(lead, box) for box in self.labels)
            crossed += _POINT * sum(_crosses(lead, box) for box in points)
        return spot.distance + _AREA * area + crossed

    def best(self, spots: Iterable[_Spot], marker: Bbox) -> _Spot:
        """The spot that costs least; spots come nearest first."""
        least, best = math.inf, None
        for spot in spots:
            if spot.distance >= least:
                break
            cost = self.cost(spot, marker)
            if cost < least:
                least, best = cost, spot
        return best

    def take(self, spot: _Spot, marker: Bbox) -> None:
        self.labels.append(spot.box)
        if spot.distance >= _FAR:
            self.leads.append((*_middle(marker), spot.x, spot.y))


def place(axes: Axes, labels: Sequence[Label], size: float = 8) -> None:
    """Write every label at the nearest free spot; limits of the axes must be final.

    Near spots go before far ones; where none is free the one that covers least is taken.
    """
    pixels = axes.figure.dpi / 72
    markers = [_around(*axes.transData.transform((one.x, one.y)), _MARKER * pixels) for one in labels]
    board = _Board(axes.get_window_extent(), markers)
    for label, marker in zip(labels, markers, strict=True):
        spot = board.best(_spots(axes, label, marker, size, pixels), marker)
        board.take(spot, marker)
        _write(axes, label, marker, spot, size)


def _spots(axes: Axes, label: Label, marker: Bbox, size: float, pixels: float) -> Iterator[_Spot]:
    weight = "bold" if label.bold else "normal"
    renderer = axes.figure.canvas.get_renderer()
    width, height, _ = renderer.get_text_width_height_descent(
        label.text, FontProperties(size=size, weight=weight), False
    )
    x, y = _middle(marker)
    for radius in _RADII:
        for angle in _ANGLES:
            dx, dy = math.cos(math.radians(angle)), math.sin(math.radians(angle))
            at_x, at_y = x + dx * radius * pixels, y + dy * radius * pixels
            left = at_x - width * _share(dx)
            bottom = at_y - height * _share(dy)
            yield _Spot(at_x, at_y, Bbox.from_bounds(left, bottom, width, height).padded(_MARGIN * pixels), radius)


def _share(direction: float) -> float:
    """How much of a text lies before its anchor: none when it is right of the point, all when left."""
    return 0.5 if abs(direction) < 0.3 else float(direction < 0)


def _overlap(one: Bbox, other: Bbox) -> float:
    width = min(one.x1, other.x1) - max(one.x0, other.x0)
    height = min(one.y1, other.y1) - max(one.y0, other.y0)
    return width * height if width > 0 and height > 0 else 0.0


def _crosses(line: _Line, box: Bbox) -> bool:
    x, y, to_x, to_y = line
    return any(box.contains(x + (to_x - x) * i / 20, y + (to_y - y) * i / 20) for i in range(1, 20))


def _around(x: float, y: float, half: float) -> Bbox:
    return Bbox.from_extents(x - half, y - half, x + half, y + half)


def _middle(box: Bbox) -> tuple[float, float]:
    return (box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2


def _write(axes: Axes, label: Label, marker: Bbox, spot: _Spot, size: float) -> None:
    to_data = axes.transData.inverted().transform
    inner = spot.box.padded(-_MARGIN * axes.figure.dpi / 72)
    if spot.distance >= _FAR:
        (x, y), (to_x, to_y) = to_data(_middle(marker)), to_data((spot.x, spot.y))
        axes.plot([x, to_x], [y, to_y], color=MUTED, linewidth=0.6, zorder=1.5)
    x, y = to_data((inner.x0, inner.y0))
    weight = "bold" if label.bold else "normal"
    axes.text(x, y, label.text, fontsize=size, fontweight=weight, color=INK, ha="left", va="bottom", zorder=4)
