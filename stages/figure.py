"""Draw a figure from its spec and what has been measured: `python -m stages.figure figure3`."""

from dragon import artifacts
from dragon.config import Params
from dragon.reporting.figures.render import render
from dragon.reporting.figures.spec import FigureSpec, gather
from stages.entry import run
from stages.given import given


def main(figure: str) -> None:
    params = Params.load()
    spec = FigureSpec.load(figure, params.scale)
    filled = gather(spec, params, given(spec, params))
    for suffix, data in render(filled).items():
        artifacts.write_bytes(params.layout.built(f"{figure}.{suffix}"), data)
    print(f"{filled.heading}: {params.layout.built(figure)}.svg, .png, .csv, .md")


if __name__ == "__main__":
    run(main)
