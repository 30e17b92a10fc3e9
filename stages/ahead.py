"""Compute what the tables will ask of the store, side by side: `python -m stages.ahead`.

`train` and `evaluate` would compute the same, one student after the other; this only keeps every core at work. What it
writes does not depend on the students, so a new experiment re-runs no other one. Of `dvc repro table8` it sees that
only Table 8's students are wanted.
"""

import multiprocessing
import os
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor

from tqdm import tqdm

from dragon import artifacts
from dragon.config import Params
from dragon.errors import ArtifactError
from dragon.store import Store
from stages.entry import run
from stages.evaluations import score_checkpoint
from stages.systems import START, published, walked
from stages.targets import wanted


def main() -> None:
    params = Params.load()
    if Store.off():
        print("DRAGON_STORE=off: nothing is computed ahead")
    else:
        _ahead(wanted(params), params)
    artifacts.write_json(params.layout.root / "ahead.json", {"scale": params.scale_name, "ahead": True})


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
    """Train and evaluate one system, if what it is made from is there."""
    params = Params.load()
    student, _, number = name.partition(".")
    try:
        seeds = params.seeds if name in params.experiments else params.seeds[:1]
        found = (
            [published(params, name)] if name.startswith(START) else [walked(params, student, number, s) for s in seeds]
        )
    except ArtifactError:
        return f"{name}: later, its labels or its start are not there yet"
    for system in found:
        for suite in suites:
            score_checkpoint(params, system, suite)
    return f"{name}: trained and evaluated on {', '.join(suites)}"


if __name__ == "__main__":
    run(main)
