"""Where generated things live, and how they are written: whole, or not at all.

Every artifact folder carries a ``meta.json`` that is written last; its presence says "complete".
No other module spells a path under ``artifacts/``.
"""

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dragon.errors import ArtifactError

META = "meta.json"


@dataclass(frozen=True)
class Layout:
    """Paths of one scale: ``artifacts/<scale>/...``, relative to the repository root."""

    scale: str

    @property
    def root(self) -> Path:
        return Path("artifacts") / self.scale

    def dataset(self, suite: str, name: str) -> Path:
        """One test collection: ``corpus/``, ``queries/<split>/`` and ``qrels/<split>.trec``."""
        return self.root / "datasets" / suite / name

    def folders(self, name: str) -> Path:
        """A sha256 for each file outside the repository: of a suite's folders, imported runs, or checkpoints."""
        return self.root / "folders" / f"{name}.json"

    def ahead(self, labels: str) -> Path:
        """Says that what the students of a label set ask of the store was computed side by side."""
        return self.root / "ahead" / f"{labels}.json"

    def queries(self, query_set: str) -> Path:
        return self.root / "queries" / query_set

    def vocabulary(self) -> Path:
        return self.root / "vocabulary"

    def tokens(self, name: str) -> Path:
        """Tokens of a suite's collections or of a query set."""
        return self.root / "tokens" / name

    def teacher(self, name: str) -> Path:
        return self.root / "teachers" / name

    def ranking(self, query_set: str, teacher: str) -> Path:
        return self.root / "rankings" / query_set / teacher

    def labels(self, labels: str) -> Path:
        """``labels`` is ``<query set>/<pool>``."""
        return self.root / "labels" / f"{labels}.json"

    def checkpoint(self, name: str) -> Path:
        return self.root / "checkpoints" / name

    def export(self, student: str) -> Path:
        """A student as other libraries open it, with its model card."""
        return self.root / "exports" / student

    def runs(self, system: str, suite: str) -> Path:
        return self.root / "runs" / system / suite

    def metrics(self, system: str, suite: str) -> Path:
        return self.root / "metrics" / system / f"{suite}.json"

    def quality(self, name: str) -> Path:
        """Supervision quality and other measured facts that are not a system's effectiveness."""
        return self.root / "quality" / f"{name}.json"

    def facts(self, name: str) -> Path:
        """Settings that many stages share, as a file of their own: what reports print, or how a suite is scored."""
        return self.root / "facts" / f"{name}.json"

    def rates(self) -> Path:
        """How fast this machine computes with a student of this scale's size."""
        return self.root / "rates.json"

    def curve(self, student: str) -> Path:
        """Loss and learning rate of a student's steps."""
        return self.root / "curves" / f"{student}.csv"

    def built(self, name: str) -> Path:
        """A rendered table, figure or page; every scale keeps its own."""
        return Path("reports/built") / self.scale / name


def write_bytes(path: Path, data: bytes) -> None:
    """Write a file atomically: temporary neighbour, fsync, rename."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def write_text(path: Path, text: str) -> None:
    """Write UTF-8 text atomically."""
    write_bytes(path, text.encode())


def write_json(path: Path, value: Any) -> None:
    """Write JSON atomically, keys in the order given, one trailing newline."""
    write_text(path, json.dumps(value, indent=1, ensure_ascii=False) + "\n")


def read_json(path: Path) -> Any:
    """Read JSON.

    Raises:
        ArtifactError: the file is missing or not JSON; the message says which stage step to repeat.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ArtifactError(f"{path}: not there; run `dvc repro` for the stage that makes it") from None
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise ArtifactError(f"{path}: not JSON ({error}); delete it and run `dvc repro`") from None


@contextmanager
def folder(path: Path, meta: Mapping[str, Any]) -> Iterator[Path]:
    """Make an artifact folder atomically: fill the yielded temporary folder, which then becomes ``path``.

    ``meta`` is written last, with the digest of every file. What fails leaves nothing behind.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = Path(tempfile.mkdtemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part"))
    try:
        part.chmod(0o755)
        yield part
        write_json(part / META, {**meta, "files": file_digests(part)})
        if path.exists():
            shutil.rmtree(path)
        part.replace(path)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise


def read_meta(path: Path) -> dict[str, Any]:
    """The ``meta.json`` of a complete artifact folder.

    Raises:
        ArtifactError: the folder is missing or incomplete.
    """
    if not (path / META).exists():
        state = "incomplete (no meta.json)" if path.exists() else "not there"
        raise ArtifactError(f"{path}: {state}; run `dvc repro` for the stage that makes it")
    return read_json(path / META)


def file_digests(path: Path) -> dict[str, str]:
    """sha256 of every file below ``path`` but ``meta.json``, by relative name, in name order."""
    files = sorted(p for p in path.rglob("*") if p.is_file() and p != path / META)
    return {str(p.relative_to(path)): file_digest(p) for p in files}


def file_digest(path: Path) -> str:
    """sha256 of one file, as hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def digest(value: Any) -> str:
    """sha256 of a JSON-able value, keys sorted: the same value always gives the same digest."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def source_digest(package: Path, names: Iterable[str]) -> str:
    """Digest of Python modules, and of the packages among the names with everything below them."""
    files = [path for name in names for path in sorted((package / name).rglob("*.py")) or [package / name]]
    return digest([[str(path.relative_to(package)), file_digest(path)] for path in files])
