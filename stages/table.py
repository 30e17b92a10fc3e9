"""Build a table from its spec and the metric files: `python -m stages.table table3`."""

from dragon import artifacts
from dragon.config import Params
from dragon.reporting.render import FORMATS
from dragon.reporting.spec import TableSpec
from dragon.reporting.table import fill
from stages.entry import run


def main(table: str) -> None:
    params = Params.load()
    filled = fill(TableSpec.load(table, params.scale), params)
    for suffix, render in FORMATS.items():
        artifacts.write_text(params.layout.built(f"{table}.{suffix}"), render(filled))
    print(f"{filled.title}: {params.layout.built(table)}.md, .csv, .tex")


if __name__ == "__main__":
    run(main)
