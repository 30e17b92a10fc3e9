"""A figure's files: SVG, PNG, CSV and Markdown, the same bytes for the same contents."""

import importlib

from dragon.reporting.figures.content import Figure, to_csv, to_markdown

SUFFIXES = ("svg", "png", "csv", "md")


def render(figure: Figure) -> dict[str, bytes]:
    """Suffix -> the file's bytes, in the order of ``SUFFIXES``."""
    from dragon.reporting.figures import style

    drawing = importlib.import_module(f"dragon.reporting.figures.draw_{figure.kind}")
    with style.house_style():
        pictures = style.rendered(drawing.draw(figure.content.picture, figure.heading))
    return {**pictures, "csv": to_csv(figure).encode(), "md": to_markdown(figure).encode()}
