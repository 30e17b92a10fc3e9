"""Wrapped text with bold words, measured in inches; every character is drawn to the letter."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findfont, get_font

from dragon.reporting.figures.content import Span
from dragon.reporting.figures.style import DPI

LEADING = 1.35
"""Distance of lines, in font sizes."""


@dataclass(frozen=True)
class Run:
    """Words of one weight, ``left`` inches from the start of the line."""

    text: str
    bold: bool
    left: float


@dataclass(frozen=True)
class Paragraph:
    """Lines of runs."""

    lines: tuple[tuple[Run, ...], ...]
    size: float

    @property
    def height(self) -> float:
        """Inches."""
        return len(self.lines) * self.size * LEADING / 72


class Flow:
    """Breaks texts into lines for one picture."""

    def __init__(self, figure: Figure, size: float) -> None:
        self._renderer, self._size = figure.canvas.get_renderer(), size
        self._space = self.width("a b", False) - self.width("ab", False)

    def width(self, text: str, bold: bool) -> float:
        """Inches."""
        font = FontProperties(size=self._size, weight="bold" if bold else "normal")
        return self._renderer.get_text_width_height_descent(text, font, False)[0] / DPI

    def wrap(self, spans: Sequence[Span], width: float) -> Paragraph:
        """Break at white space, and inside words that are wider than a line."""
        lines: list[list[list[Span]]] = [[]]
        used = 0.0
        pieces = [piece for word in _words(spans) for piece in self._broken(word, width)]
        for word in pieces:
            wide = sum(self.width(*span) for span in word)
            if lines[-1] and used + self._space + wide > width:
                lines.append([])
                used = 0.0
            used += wide + (self._space if lines[-1] else 0.0)
            lines[-1].append(word)
        return Paragraph(tuple(self._runs(line) for line in lines), self._size)

    def write(self, figure: Figure, paragraph: Paragraph, left: float, top: float) -> None:
        """Draw with the top left corner at these inches from that of the picture."""
        width, height = figure.get_size_inches()
        for i, line in enumerate(paragraph.lines):
            base = top + (i + 0.8 * LEADING) * self._size / 72 + i * (LEADING - 1) * self._size / 72
            for run in line:
                weight = "bold" if run.bold else "normal"
                place = ((left + run.left) / width, 1 - base / height)
                figure.text(*place, run.text, fontsize=self._size, fontweight=weight, va="baseline", ha="left")

    def _broken(self, word: list[Span], width: float) -> list[list[Span]]:
        """A word that is too wide, in pieces; others as they are."""
        if sum(self.width(*span) for span in word) <= width:
            return [word]
        pieces: list[list[Span]] = [[]]
        for character, bold in ((c, bold) for text, bold in word for c in text):
            wider = [*pieces[-1], (character, bold)]
            if pieces[-1] and sum(self.width(*span) for span in _joined(wider)) > width:
                pieces[-1] = _joined(pieces[-1])
                wider = [(character, bold)]
                pieces.append([])
            pieces[-1] = wider
        return [_joined(piece) for piece in pieces]

    def _runs(self, line: Sequence[list[Span]]) -> tuple[Run, ...]:
        runs: list[Run] = []
        end = 0.0
        for i, word in enumerate(line):
            gap = self._space if i else 0.0
            for text, bold in word:
                if runs and runs[-1].bold == bold:
                    runs[-1] = Run(runs[-1].text + " " * bool(gap) + text, bold, runs[-1].left)
                else:
                    runs.append(Run(text, bold, end + gap))
                end, gap = runs[-1].left + self.width(runs[-1].text, bold), 0.0
        return tuple(runs)


def drawable(text: str) -> str:
    """One line without control characters; what the font lacks becomes the replacement character."""
    known = _characters()
    return "".join(c if ord(c) in known else "\ufffd" for c in " ".join(text.split()))


@cache
def _characters() -> frozenset[int]:
    fonts = [get_font(findfont(FontProperties(weight=weight))) for weight in ("normal", "bold")]
    return frozenset.intersection(*(frozenset(font.get_charmap()) for font in fonts))


def _words(spans: Sequence[Span]) -> list[list[Span]]:
    words: list[list[Span]] = [[]]
    for text, bold in spans:
        for piece in re.split(r"(\s+)", text):
            if piece.isspace():
                words.append([])
            elif piece:
                words[-1].append((drawable(piece), bold))
    return [word for word in words if word]


def _joined(spans: Sequence[Span]) -> list[Span]:
    out: list[Span] = []
    for text, bold in spans:
        if out and out[-1][1] == bold:
            out[-1] = (out[-1][0] + text, bold)
        else:
            out.append((text, bold))
    return out
