"""What would be downloaded: every entry of the registry that says how many bytes it has."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dragon.config import read_yaml

FOLDER = Path("registry")
FILES = ("collections", "models", "releases")
_NAMES = ("id", "name", "file", "path")


@dataclass(frozen=True)
class Download:
    """``bytes`` is None where nobody has said how large it is."""

    name: str
    bytes: int | None
    registry: str


def downloads(root: Path = Path()) -> list[Download]:
    """Entries with a key ``bytes``, in the order of the files; one archive that many entries share counts once."""
    found: dict[object, Download] = {}
    for name in FILES:
        path = root / FOLDER / f"{name}.yaml"
        if path.is_file():
            for key, entry in _entries(read_yaml(path), ""):
                same = entry.get("md5") or entry.get("url") or key
                found.setdefault(same, Download(_name(entry, key), entry["bytes"], name))
    return list(found.values())


def _entries(tree: Any, key: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    if isinstance(tree, Mapping):
        if "bytes" in tree:
            yield key, tree
        for name, below in tree.items():
            yield from _entries(below, f"{key}/{name}" if key else str(name))
    elif isinstance(tree, list):
        for number, below in enumerate(tree):
            yield from _entries(below, f"{key}[{number}]")


def _name(entry: Mapping[str, Any], key: str) -> str:
    return next((str(entry[name]) for name in _NAMES if entry.get(name)), key)
