"""Hash every file of every materialised collection of the scale in force: `python -m stages.verify_data`.

A line for each collection, what is wrong below it; status 2 when anything is. A suite that was never materialised is
said to be so and is not wrong; a collection that is missing beside others of its suite is.
"""

from pathlib import Path

from dragon import artifacts
from dragon.artifacts import Layout
from dragon.config import Params, Suite
from dragon.core.absent import why_absent
from dragon.datasets.checks import differences
from dragon.errors import ArtifactError
from dragon.progress import progress
from stages.entry import run


def main() -> None:
    params = Params.load()
    wrong = sum(_suite(name, suite, params.layout) for name, suite in params.scale.suites.items())
    if wrong:
        advice = "`dvc checkout` restores what was made, `dvc repro` makes it again"
        raise ArtifactError(f"{wrong} of the collections of scale {params.scale_name} are not sound; {advice}")


def _suite(name: str, suite: Suite, layout: Layout) -> int:
    """How many collections of a suite are wrong."""
    if not layout.dataset(name, "").exists():
        print(f"{name}: not materialised; `dvc repro` does it")
        return 0
    datasets = progress(suite.datasets, f"{name}: hashing", "collection")
    return sum(_dataset(f"{name}/{dataset}", layout.dataset(name, dataset)) for dataset in datasets)


def _dataset(name: str, folder: Path) -> int:
    """1 if a collection is wrong, which is printed, else 0."""
    try:
        wrong, absent = list(differences(folder)), why_absent(folder)
    except ArtifactError as error:
        wrong, absent = [str(error)], ""
    if not wrong:
        meta = artifacts.read_meta(folder)
        files = f"{len(meta['files'])} files, {meta['passages']:,} passages" if not absent else f"n/a ({absent})"
        print(f"{name}: sound: {files}")
        return 0
    print("\n  ".join([f"{name}: wrong", *wrong]))
    return 1


if __name__ == "__main__":
    run(main)
