"""Encoder ``run-files``: which TREC run files an imported teacher's lists come from.

Only their paths and digests are kept; a file that changes afterwards is refused, not quietly used.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dragon import artifacts, typed
from dragon.core import Run
from dragon.errors import ArtifactError, ConfigError
from dragon.imports import user_file
from dragon.teachers.base import ENCODERS, FitData

MANIFEST = "runs.json"
REPEAT = "`dvc repro -f teacher@<name>`"


@dataclass(frozen=True, kw_only=True)
class RunFilesOptions:
    """``options.encoder`` of an imported teacher."""

    runs: dict[str, str]
    """``<suite>/<dataset>/<split>`` or ``<query set>`` -> TREC run file, see :func:`dragon.imports.user_file`."""


@dataclass(frozen=True, kw_only=True)
class RunFile:
    """One run file as it was when it was imported."""

    path: str
    """As the options name it: the same on every machine."""
    sha256: str
    queries: int
    results: int


@ENCODERS("run-files")
@dataclass(frozen=True)
class RunFiles:
    """Run files by what they rank."""

    files: Mapping[str, RunFile]

    @classmethod
    def fit(cls, data: FitData, options: dict[str, Any]) -> "RunFiles":
        """Read and check every file; nothing is fitted.

        Raises:
            ConfigError: a key is of another form, or a file is not there.
            ArtifactError: a file is not a run.
        """
        runs = typed.build(RunFilesOptions, options, "options.encoder").runs
        for key in runs:
            if key.count("/") not in (0, 2) or not all(key.split("/")):
                raise ConfigError(
                    f"options.encoder.runs: found {key!r}, allowed: <suite>/<dataset>/<split>, <query set>"
                )
        for key, path in runs.items():
            user_file(path, f"options.encoder.runs.{key}")
        return cls({key: _recorded(key, path) for key, path in runs.items()})

    def save(self, folder: Path) -> None:
        """Write which files they are, not what they hold."""
        artifacts.write_json(folder / MANIFEST, {key: vars(file) for key, file in self.files.items()})

    @classmethod
    def load(cls, folder: Path) -> "RunFiles":
        """Read it back; raises ArtifactError or ConfigError when it is not such a file."""
        found = artifacts.read_json(folder / MANIFEST)
        return cls(typed.convert(dict[str, RunFile], found, str(folder / MANIFEST)))

    def run(self, key: str) -> Run:
        """One of the runs.

        Raises:
            ConfigError: its file is gone.
            ArtifactError: its file is not the one that was imported.
        """
        file = self.files[key]
        path = user_file(file.path, f"options.encoder.runs.{key}")
        if artifacts.file_digest(path) != file.sha256:
            raise ArtifactError(f"{path}: changed since it was imported; repeat the stage that imports it: {REPEAT}")
        return Run.read(path)


def _recorded(key: str, name: str) -> RunFile:
    path = user_file(name, f"options.encoder.runs.{key}")
    results = Run.read(path).results
    count = sum(len(hits) for hits in results.values())
    return RunFile(path=name, sha256=artifacts.file_digest(path), queries=len(results), results=count)
