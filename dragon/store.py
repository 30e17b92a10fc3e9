"""The content-addressed store: finished iterations and finished shards, computed once.

It lies outside DVC's outputs (``DRAGON_STORE``, else the user's cache folder), so that ``dvc repro``,
``dvc exp run`` with ``--temp`` or ``--queue``, and other checkouts share what is already there. An entry's key
is the digest of everything that can change its contents. ``DRAGON_STORE=off`` keeps and reuses nothing.
"""

import atexit
import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import platformdirs
from filelock import FileLock, Timeout
from tqdm import tqdm

from dragon import artifacts
from dragon.errors import ArtifactError

Make = Callable[[Path], None]


@dataclass(frozen=True)
class Store:
    """Entries ``<root>/<kind>/<key>/``, each complete (``meta.json`` with digests) or not there."""

    root: Path

    @staticmethod
    def off() -> bool:
        """Whether nothing is kept or reused."""
        return os.environ.get("DRAGON_STORE") == "off"

    @classmethod
    def default(cls) -> "Store":
        """The store that ``DRAGON_STORE`` names: a folder, or ``off``."""
        found = os.environ.get("DRAGON_STORE")
        if cls.off():
            return cls(_throwaway())
        return cls(Path(found).expanduser().resolve() if found else Path(platformdirs.user_cache_dir("dragon-repro")))

    def entry(self, kind: str, key: str) -> Path:
        return self.root / kind / key

    def obtain(self, kind: str, key: str, make: Make, meta: Mapping[str, Any]) -> tuple[Path, bool]:
        """The entry's folder, and whether it was computed now.

        One process computes an entry; others that ask for it meanwhile wait and reuse it. An entry whose files
        do not match their digests is named, removed and computed again.
        """
        path = self.entry(kind, key)
        path.parent.mkdir(parents=True, exist_ok=True)
        with _lock(path):
            if self._sound(path):
                return path, False
            with artifacts.folder(path, meta) as part:
                make(part)
            return path, True

    def record(self, event: Mapping[str, Any]) -> None:
        """Append one line to ``ledger.jsonl``: what was asked for, and whether it was computed or reused."""
        self.root.mkdir(parents=True, exist_ok=True)
        with (self.root / "ledger.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps({"time": time.time(), **event}) + "\n")

    def events(self, since: float) -> list[dict[str, Any]]:
        """Ledger lines at or after a time (seconds since the epoch)."""
        path = self.root / "ledger.jsonl"
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        return [event for event in map(json.loads, lines) if event["time"] >= since]

    def _sound(self, path: Path) -> bool:
        if not path.exists():
            return False
        try:
            sound = artifacts.read_meta(path)["files"] == artifacts.file_digests(path)
        except (ArtifactError, KeyError):
            sound = False
        if not sound:
            tqdm.write(f"{path}: does not match its digests; computed again")
            shutil.rmtree(path)
        return sound


def _lock(path: Path) -> FileLock:
    """The operating system frees the lock when its holder dies, so a dead process never blocks."""
    lock = FileLock(path.with_name(f".{path.name}.lock"))
    try:
        lock.acquire(timeout=1)
    except Timeout:
        tqdm.write(f"{path.name[:12]}: another process computes it; waiting")
        lock.acquire()
    return lock


@cache
def _throwaway() -> Path:
    folder = tempfile.mkdtemp(prefix="dragon-store-off-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(folder)
