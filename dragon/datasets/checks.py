"""Is a materialised collection still what it was? Asked whenever one is used, and thoroughly by `make verify-data`."""

from collections.abc import Callable, Iterator
from pathlib import Path

from dragon import artifacts
from dragon.datasets.beir_fingerprint import sha256_of
from dragon.errors import ArtifactError


def check_use(folder: Path) -> None:
    """Compare every file with the digest that was written with it; one that has not changed since is not read again.

    Raises:
        ArtifactError: the collection is missing or incomplete, or a file is missing or has changed.
    """
    for wrong in differences(folder, sha256_of):
        raise ArtifactError(f"{wrong}; `make verify-data` names all that is wrong, `dvc checkout` restores it")


def differences(folder: Path, digest_of: Callable[[Path], str] = artifacts.file_digest) -> Iterator[str]:
    """What is wrong with the files of a complete folder, one line each; nothing for a sound one.

    Raises:
        ArtifactError: the folder is missing or incomplete.
    """
    recorded = artifacts.read_meta(folder)["files"]
    for name, expected in recorded.items():
        path = folder / name
        if not path.is_file():
            yield f"{path}: missing"
        elif (found := digest_of(path)) != expected:
            yield f"{path}: found sha256 {found[:12]}, expected {expected[:12]}"
    there = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    yield from (f"{folder / name}: not part of the collection" for name in sorted(there - {*recorded, artifacts.META}))
