"""Evaluate retrievers that others trained as students are evaluated: `python -m stages.baselines`.

They are the entries under `baselines:` of the scale; a scale without any gets the same folders, empty. With names
(`python -m stages.baselines cot-mae`) only those are computed, into the store, for a run on several machines.
"""

import shutil

from dragon import artifacts
from dragon.config import Params
from dragon.core import MetricTable
from dragon.errors import ConfigError
from dragon.registry import unknown
from dragon.reporting.baselines import page
from dragon.settings import BASELINES
from dragon.teachers.baselines import unpinned
from stages.benched import entries_of, evaluated, published
from stages.entry import run
from stages.scoring import line


def main(*names: str) -> None:
    params = Params.load()
    waiting = {name: why for name, entry in params.scale.baselines.items() if (why := unpinned(entry))}
    known = [name for name in params.scale.baselines if name not in waiting]
    suites, where = list(params.scale.suites), f"scales/{params.scale_name}.yaml"
    for suite in suites:
        entries_of(params, suite)  # what is wrong with one entry is said before another one is computed
    for name in names:
        if name in waiting:
            raise ConfigError(f"{where}: {BASELINES}.{name}: {waiting[name]}")
        if name not in known:
            raise unknown(f"{where}: {BASELINES}", name, known)
    if names:
        for name in names:
            print(*[f"{name} {suite}: {evaluated(params, name, suite).name[:12]}" for suite in suites], sep="\n")
        return
    for folder in (params.layout.runs(BASELINES, ""), params.layout.metrics(BASELINES, "").parent):
        shutil.rmtree(folder, ignore_errors=True)  # what a baseline left that is no longer named
        folder.mkdir(parents=True)
    tables = {suite: [_published(params, name, suite) for name in known] for suite in suites}
    means = {name: {suite: tables[suite][i].values["mean"] for suite in suites} for i, name in enumerate(known)}
    artifacts.write_json(params.layout.quality(BASELINES), means)
    artifacts.write_text(params.layout.built(f"{BASELINES}.md"), page(params, tables, waiting))
    print(f"{BASELINES}: {len(known) or 'none'} at scale {params.scale_name}")
    print("".join(f"{BASELINES}/{name}: n/a: {why}\n" for name, why in waiting.items()), end="")


def _published(params: Params, name: str, suite: str) -> MetricTable:
    table = published(params, name, suite)
    print(line(table))
    return table


if __name__ == "__main__":
    run(main)
