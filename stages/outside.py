"""What the stage `folders` notes of baselines: their entries, and the files that these lead to."""

from dataclasses import asdict
from typing import Any

from dragon.config import Params
from dragon.datasets.beir_fingerprint import sha256_of
from dragon.errors import UserError
from dragon.imports import user_file
from dragon.models.checkpoints.opening import digests, find
from dragon.models.snapshots import HUB
from dragon.teachers.baselines import ENCODER_PATHS


def baselines(params: Params) -> dict[str, dict[str, Any]]:
    """Baseline -> its whole entry, and what its folders and files hold; one that is not there says so when it is
    evaluated, not to those who want another table."""
    found: dict[str, dict[str, Any]] = {}
    for name, entry in params.scale.baselines.items():
        options = entry.options.get("encoder", {})
        paths = {key: options[key] for key in ENCODER_PATHS if isinstance(options.get(key), str)}
        found[name] = {**asdict(entry), "files": {key: _held(path) for key, path in paths.items()}}
    return found


def _held(path: str) -> Any:
    """sha256 of a checkpoint's files or of one file; of a model of the hub its path, which pins it."""
    try:
        if path.startswith(HUB):
            return path
        folder = find(path)
        return digests(folder) if folder else sha256_of(user_file(path, path))
    except UserError:
        return None
