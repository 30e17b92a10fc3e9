"""One look for every picture, and the same bytes on every machine."""

import io
from collections.abc import Iterator
from contextlib import contextmanager

import matplotlib
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

WIDTH = 6.0
"""Inches; a phone shows it whole with letters of about the size of its own."""
DPI = 150
INK, MUTED, RULE, PAPER = "#1a1a1a", "#555555", "#c8c8c8", "#ffffff"
# Okabe and Ito's palette, which colour-blind readers tell apart
BLUE, GREEN, ORANGE, VERMILLION, PURPLE = "#0072b2", "#009e73", "#e69f00", "#d55e00", "#cc79a7"

_SETTINGS = {
    "font.size": 10,
    "axes.titlesize": 10,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.labelsize": 10,
    "axes.edgecolor": MUTED,
    "axes.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#e6e6e6",
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelsize": 9,
    "ytick.labelsize": 9,
    "legend.fontsize": 9,
    "legend.frameon": False,
    "text.color": INK,
    "text.parse_math": False,  # a $ in a text is a $
    "svg.fonttype": "none",
    "svg.hashsalt": "dragon",
}
_METADATA = {
    "svg": {"Date": None, "Creator": None, "Format": None, "Type": None},
    "png": {"Software": None},
}


@contextmanager
def house_style() -> Iterator[None]:
    """Matplotlib's defaults and ours, whatever the user's own settings are; restored afterwards."""
    with matplotlib.rc_context():
        matplotlib.rcParams.update({k: v for k, v in matplotlib.rcParamsDefault.items() if k != "backend"})
        matplotlib.rcParams.update(_SETTINGS)
        yield


def canvas(height: float) -> Figure:
    """An empty picture, ``height`` inches high."""
    figure = Figure(figsize=(WIDTH, height), dpi=DPI, facecolor=PAPER)
    FigureCanvasAgg(figure)
    return figure


def head(figure: Figure, text: str) -> None:
    """The heading at the top left."""
    height = figure.get_figheight()
    figure.text(0.12 / WIDTH, 1 - 0.12 / height, text, va="top", ha="left", fontsize=11, fontweight="bold")


def rendered(figure: Figure) -> dict[str, bytes]:
    """The picture's files by suffix, without dates or versions in them."""
    out = {}
    for suffix, metadata in _METADATA.items():
        buffer = io.BytesIO()
        figure.savefig(buffer, format=suffix, dpi=DPI, metadata=metadata)
        out[suffix] = buffer.getvalue()
    return out
