"""Compute what the tables will ask of the store, side by side: `python -m stages.ahead crop/pilot start-plain`.

`train` and `evaluate` would compute the same, one student after the other; this only keeps every core at work, for the
students of the label sets that are named, and the starts. What it writes does not depend on the students, so a new
experiment re-runs no other one. Of `dvc repro table8` it sees that only Table 8's students are wanted.
"""

import multiprocessing
import os
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor

from tqdm import tqdm

from dragon import artifacts
from dragon.config import Params
from dragon.errors import ArtifactError
from dragon.store import Store
from stages.entry import run
from stages.evaluations import score_checkpoint
from stages.systems import START, System, published, walked
from stages.targets import wanted


def main(*served: str) -> None:
    params = Params.load()
    if Store.off():
        print("DRAGON_STORE=off: nothing is computed ahead")
    else:
        _ahead({name: suites for name, suites in wanted(params).items() if _source(name, params) in served}, params)
    for labels in served:
        if not labels.startswith(START):
            artifacts.write_json(params.layout.ahead(labels), {"scale": params.scale_name, "labels": labels})


def _source(system: str, params: Params) -> str:
    """A start itself, or the label set of a student or of one of its iterations."""
    return system if system.startswith(START) else params.experiment(system.partition(".")[0]).labels


def _ahead(systems: dict[str, list[str]], params: Params) -> None:
    """One process per free core; two that need the same iteration share it through the store's lock."""
    workers = max(1, (os.cpu_count() or 1) // params.training.threads)
    context = multiprocessing.get_context("spawn")
    os.environ["TQDM_DISABLE"] = "1"  # in the workers: one bar for all, not one for each
    with ProcessPoolExecutor(workers, mp_context=context) as pool:
        lines = pool.map(_one, systems, systems.values())
        for said in tqdm(lines, total=len(systems), desc="students", unit="student"):
            tqdm.write(said)


def _one(name: str, suites: Iterable[str]) -> str:
    """Train and evaluate one system, if what it is made from is there; what was done, in one line."""
    params = Params.load()
    try:
        systems = list(_systems(params, name))
    except ArtifactError:
        return f"{name}: later, its labels or its start are not there yet"
    for system in systems:
        for suite in suites:
            score_checkpoint(params, system, suite)
    return f"{name}: ready, evaluated on {', '.join(suites)}"


def _systems(params: Params, name: str) -> Iterator[System]:
    """The system once, or a student once per seed."""
    if name.startswith(START):
        yield published(params, name)
    else:
        student, _, number = name.partition(".")
        for seed in params.seeds:
            yield walked(params, student, number, seed, announce=lambda line: None)


if __name__ == "__main__":
    run(main)
