"""sha256 of files outside the repository, read again only when they may have changed.

What was computed is remembered in the store with the file's size and times, so that asking at every `dvc repro` costs
nothing. The times stay there: they differ between machines that hold the same folder.
"""

import time
from pathlib import Path
from typing import Any

from dragon import artifacts
from dragon.errors import ArtifactError
from dragon.store import Store

KIND = "fingerprints"
_SETTLED = 2.0
"""Seconds; a file changed more recently may change again within one tick of its clock, so it is not remembered."""


def sha256_of(path: Path) -> str:
    """Digest of the file's bytes.

    Raises:
        ArtifactError: the file is missing or cannot be read.
    """
    path = path.resolve()
    memo = Store.default().root / KIND / f"{artifacts.digest(str(path))}.json"
    try:
        state = _state(path)
        if (known := _read(memo)) and known.get("state") == state:
            return str(known["sha256"])
        found = artifacts.file_digest(path)
        settled = _state(path) == state and time.time() - max(state[1:]) / 1e9 > _SETTLED
    except OSError as error:
        advice = "put the file there, or name another in the options of the dataset"
        raise ArtifactError(f"{path}: cannot be read ({error.strerror}); {advice}") from None
    if settled:
        artifacts.write_json(memo, {"path": str(path), "state": state, "sha256": found})
    return found


def _state(path: Path) -> list[int]:
    """Size, time of the last change of the contents, time of the last change of anything (no tool sets it back)."""
    stat = path.stat()
    return [stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns]


def _read(memo: Path) -> dict[str, Any] | None:
    try:
        return artifacts.read_json(memo)
    except ArtifactError:
        return None
