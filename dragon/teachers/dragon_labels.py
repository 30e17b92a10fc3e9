"""Encoder ``dragon-labels``: a teacher that is only known by what it found, as the authors published it.

Its lists are read from files instead of being ranked (``stages/rank.py``); it answers no other query, so its rows of
the tables stay empty. The files are named in ``registry/releases.yaml``; CC-BY-NC-4.0, and what is trained on them
inherits it.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from dragon import artifacts, typed
from dragon.errors import ArtifactError, ConfigError
from dragon.imports import user_file
from dragon.progress import progress
from dragon.settings import Teacher
from dragon.teachers.base import ENCODERS, FitData
from dragon.teachers.label_import import LabelFile, Tolerance

NAME = "dragon-labels"
MANIFEST = "labels.json"
REPEAT = "`dvc repro -f teacher@<name>`"


@dataclass(frozen=True, kw_only=True)
class LabelOptions:
    """``options.encoder`` of such a teacher."""

    files: dict[str, str]
    """Query set -> label file, plain or gzip, see :func:`dragon.imports.user_file`."""
    tolerance: Tolerance


@dataclass(frozen=True, kw_only=True)
class Recorded:
    """One file as it was when it was imported."""

    path: str
    bytes: int
    sha256: str


@ENCODERS(NAME)
@dataclass(frozen=True)
class DragonLabels:
    """Label files by query set."""

    files: Mapping[str, Recorded]
    tolerance: Tolerance

    @classmethod
    def fit(cls, data: FitData, options: dict[str, Any]) -> "DragonLabels":
        """Find every file and note its digest; nothing is fitted, and no line is read.

        Raises:
            ConfigError: an option is wrong, or a file is not there.
        """
        settings = typed.build(LabelOptions, options, "options.encoder")
        check_tolerance(settings.tolerance, "options.encoder.tolerance")
        places = {name: user_file(path, f"options.encoder.files.{name}") for name, path in settings.files.items()}
        if not places:
            raise ConfigError("options.encoder.files: found nothing, allowed: <query set>: a label file, one or more")
        found = {
            name: Recorded(path=settings.files[name], bytes=place.stat().st_size, sha256=artifacts.file_digest(place))
            for name, place in progress(places.items(), "label files", "file", total=len(places))
        }
        return cls(found, settings.tolerance)

    def save(self, folder: Path) -> None:
        """Write which files they are, not what they hold."""
        files = {name: asdict(one) for name, one in self.files.items()}
        artifacts.write_json(folder / MANIFEST, {"files": files, "tolerance": asdict(self.tolerance)})

    @classmethod
    def load(cls, folder: Path) -> "DragonLabels":
        """Read it back; raises ArtifactError or ConfigError when it is not such a file."""
        path = folder / MANIFEST
        found = artifacts.read_json(path)
        files = typed.convert(dict[str, Recorded], found["files"], f"{path}: files")
        return cls(files, typed.build(Tolerance, found["tolerance"], f"{path}: tolerance"))

    def file(self, query_set: str) -> LabelFile:
        """The file of a query set.

        Raises:
            ConfigError: there is none, or it is gone.
            ArtifactError: it is not the one that was imported.
        """
        if query_set not in self.files:
            has = ", ".join(self.files)
            raise ConfigError(f"options.encoder.files: found {has}, but no labels of the query set {query_set!r}")
        recorded = self.files[query_set]
        place = user_file(recorded.path, f"options.encoder.files.{query_set}")
        if place.stat().st_size != recorded.bytes or artifacts.file_digest(place) != recorded.sha256:
            raise ArtifactError(f"{place}: changed since it was imported; repeat the stage that imports it: {REPEAT}")
        return LabelFile(place, recorded.sha256, self.tolerance)


def check_tolerance(tolerance: Tolerance, where: str) -> None:
    """Raise ConfigError for numbers that are none of lines or shares."""
    if tolerance.malformed < 0:
        raise ConfigError(f"{where}.malformed: found {tolerance.malformed}, allowed: 0 or more lines")
    if not 0 <= tolerance.other_texts <= 1:
        raise ConfigError(f"{where}.other_texts: found {tolerance.other_texts}, allowed: a share from 0 to 1")


def only_labels(entry: Teacher) -> bool:
    """Whether a teacher is known by its labels alone: it ranks nothing, so nothing can be measured of it."""
    return entry.encoder == NAME
