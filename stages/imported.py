"""Evaluate the systems that others ran, alone and together, and write their page: `python -m stages.imported`.

They are the entries under `imported:` of the scale.
A scale without imports gets the same files, empty, and a page that says so.
"""

import shutil
from collections.abc import Mapping, Sequence
from typing import Any

from dragon import artifacts
from dragon.config import Params
from dragon.core import MetricTable, Run
from dragon.imports import NAME, PREFIX, check
from dragon.progress import progress
from dragon.reporting.imported import page
from stages.entry import run
from stages.fusions import together
from stages.importing import imported_table, judgments, qrels_of, where
from stages.scoring import line


def main() -> None:
    params = Params.load()
    layout, systems, suites = params.layout, params.scale.imported, params.scale.suites
    check(systems, [f"{name}/{test}" for name, suite in suites.items() for test in suite.tests], where(params))
    for folder in (layout.runs(PREFIX, ""), layout.metrics(PREFIX, "").parent):
        shutil.rmtree(folder, ignore_errors=True)  # what a system left that is no longer named
        folder.mkdir(parents=True)
    tables = {suite: _tables(params, suite) for suite in suites}
    quality = {suite: _together(params, suite, found) for suite, found in tables.items() if found}
    artifacts.write_json(layout.quality(NAME), quality)
    artifacts.write_text(layout.built(f"{NAME}.md"), page(params, tables, quality))
    said = f"{len(systems)} systems" if systems else f"scale {params.scale_name} imports no systems"
    print(f"{NAME}: {said}: {layout.built(f'{NAME}.md')}")


def _tables(params: Params, suite: str) -> list[MetricTable]:
    """Every system that has runs for the suite, evaluated and written."""
    runs = {name: entry.runs for name, entry in params.scale.imported.items()}
    names = [name for name, found in runs.items() if any(test.startswith(f"{suite}/") for test in found)]
    tables = [imported_table(params, name, suite) for name in progress(names, f"{suite}: imported systems", "system")]
    for table in tables:
        table.write(params.layout.metrics(table.system, suite))
        print(line(table))
    return tables


def _together(params: Params, suite: str, tables: Sequence[MetricTable]) -> Mapping[str, Any]:
    """Test -> what its systems are worth together, where there are two or more."""
    found: dict[str, Any] = {}
    for test in params.suite(suite).tests:
        names = [table.system.removeprefix(PREFIX) for table in tables if test in table.facts["runs"]]
        if len(names) > 1:
            runs = {name: Run.read(params.layout.runs(PREFIX + name, suite) / f"{test}.trec.gz") for name in names}
            qrels = qrels_of(judgments(params, names[0], suite, test), params)
            found[test] = together(runs, qrels, params.suite(suite).measures_of(test))
    return found


if __name__ == "__main__":
    run(main)
