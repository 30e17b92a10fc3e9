"""Tables in Markdown that GitHub shows, and numbers as they are printed: points with one decimal."""

from collections.abc import Sequence

NONE = "n/a"
LEFT, RIGHT = ":-", "-:"


def table(heads: Sequence[str], rows: Sequence[Sequence[str]], texts: int = 1) -> list[str]:
    """Lines of a table whose first ``texts`` columns are words and whose others are numbers."""
    marks = [LEFT if number < texts else RIGHT for number in range(len(heads))]
    return [_line(heads), _line(marks), *map(_line, rows)]


def points(value: float) -> str:
    """A fraction as ``38.2``."""
    return f"{100 * value:.1f}"


def signed(value: float) -> str:
    """A difference of fractions as ``+1.2``; what rounds to nothing is ``+0.0``."""
    return f"{round(100 * value, 1) + 0.0:+.1f}"


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"
