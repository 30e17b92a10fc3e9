"""Draws passages with their queries and positives as a table of wrapped text."""

from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from dragon.reporting.figures.content import Cell
from dragon.reporting.figures.examples import Page, Shown
from dragon.reporting.figures.flow import Flow, Paragraph
from dragon.reporting.figures.passages import spans
from dragon.reporting.figures.style import INK, RULE, WIDTH, canvas, head

_SIZE = 8.5
_TOP, _MARGIN, _PAD = 0.45, 0.12, 0.07
_COLUMNS = (0.12, 1.0, 3.02, 3.62)
"""Left edges in inches: kind of query, query, unique positives, example."""
_HEADS = ("", "Query", "Unique", "Example of a positive")


def draw(page: Page, heading: str) -> Figure:
    """The picture, as high as its texts need."""
    flow = Flow(canvas(1), _SIZE)
    passages = [_lines(shown, page.words, flow) for shown in page.shown]
    height = _TOP + sum(_height(line) for lines in passages for line in lines) + _MARGIN
    figure = canvas(height)
    head(figure, heading)
    top = _TOP
    for lines in passages:
        for line in lines:
            for left, paragraph in line:
                flow.write(figure, paragraph, left, top + _PAD)
            top += _height(line)
            _rule(figure, top, INK if line is lines[-1] else RULE)
    return figure


def _rule(figure: Figure, top: float, colour: str) -> None:
    y = 1 - top / figure.get_figheight()
    width = 1.6 if colour == INK else 0.8
    figure.add_artist(Line2D([_MARGIN / WIDTH, 1 - _MARGIN / WIDTH], [y, y], color=colour, linewidth=width))


def _lines(shown: Shown, words: int, flow: Flow) -> list[list[tuple[float, Paragraph]]]:
    """The passage, the heads, and one line per query: (left edge, text) by cell."""
    whole = WIDTH - 2 * _MARGIN
    passage = (("Passage: ", True), *spans(shown.text, frozenset(), words))
    lines = [
        [(_MARGIN, flow.wrap(passage, whole))],
        _cells(flow, *((((text, True),) if text else "") for text in _HEADS)),
    ]
    for query in shown.queries:
        name = ((f"{query.kind} ", False), (f"Q{query.number}", True))
        example = spans(query.example_text, query.shared, words) if query.example else "none but those shown above"
        lines.append(_cells(flow, name, spans(query.text, query.shared, words), str(query.unique), example))
    return lines


def _cells(flow: Flow, *cells: Cell) -> list[tuple[float, Paragraph]]:
    rights = (*_COLUMNS[1:], WIDTH - _MARGIN + _PAD)
    return [
        (left, flow.wrap(((cell, False),) if isinstance(cell, str) else cell, right - left - _PAD))
        for cell, left, right in zip(cells, _COLUMNS, rights, strict=True)
    ]


def _height(line: list[tuple[float, Paragraph]]) -> float:
    return max(paragraph.height for _, paragraph in line) + 2 * _PAD
