"""Compute the iterations that all students ask for, side by side, into the store: `python -m stages.iterations`.

`train` would compute them as well, one student after the other; this only keeps every core at work. What it writes does
not depend on the iterations, so a new experiment re-runs no other student.
"""

import multiprocessing
import os
from concurrent.futures import ProcessPoolExecutor

from tqdm import tqdm

from dragon import artifacts
from dragon.config import PLAYGROUND, Params
from dragon.store import Store
from dragon.training.iterations import Inputs, walk
from stages.entry import run


def main() -> None:
    params = Params.load()
    if Store.off():
        print("DRAGON_STORE=off: nothing is computed ahead")
    else:
        _ahead([name for name in params.experiments if name != PLAYGROUND], params)
    artifacts.write_json(params.layout.root / "iterations.json", {"scale": params.scale_name, "ahead": True})


def _ahead(students: list[str], params: Params) -> None:
    """One process per free core; two that need the same iteration share it through the store's lock."""
    workers = max(1, (os.cpu_count() or 1) // params.training.threads)
    context = multiprocessing.get_context("spawn")
    os.environ["TQDM_DISABLE"] = "1"  # in the workers: one bar for all, not one for each
    with ProcessPoolExecutor(workers, mp_context=context) as pool:
        lines = tqdm(pool.map(_walk, students), total=len(students), desc="students", unit="student")
        for said in lines:
            tqdm.write("\n".join(said))


def _walk(student: str) -> list[str]:
    """The lines that a student's walk announces."""
    said: list[str] = []
    walk(Inputs.of(Params.load(), student), Store.default(), announce=said.append)
    return said


if __name__ == "__main__":
    run(main)
