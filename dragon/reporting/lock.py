"""``dvc.lock``: which stage made a file, and the digests of what it was made from.

The file is read by line: it is always written by DVC, in one form, and its hundreds of stages take a YAML parser a
second.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

LOCK = Path("dvc.lock")
_STAGE = re.compile(r"  (\S.*):$")
_SECTION = re.compile(r"    (\w+):")
_PATH = re.compile(r"    - path: (.+)$")
_MD5 = re.compile(r"      md5: (\S+)$")


@dataclass(frozen=True)
class LockedStage:
    """One finished stage; ``deps`` and ``outs`` map a path to DVC's md5 of it (folders end in ``.dir``)."""

    name: str
    deps: Mapping[str, str]
    outs: Mapping[str, str]

    @property
    def data(self) -> dict[str, str]:
        """The generated things among its inputs."""
        return {path: md5 for path, md5 in self.deps.items() if path.startswith("artifacts/")}


@dataclass(frozen=True)
class Lock:
    """All finished stages; empty where nothing was locked yet."""

    stages: Mapping[str, LockedStage] = field(default_factory=dict)

    @classmethod
    def parse(cls, text: str) -> "Lock":
        """Read the text of a ``dvc.lock``."""
        found: dict[str, LockedStage] = {}
        for stage, section, path, md5 in _entries(text):
            one = found.setdefault(stage, LockedStage(stage, {}, {}))
            {"deps": one.deps, "outs": one.outs}[section][path] = md5
        return cls(found)

    @classmethod
    def read(cls, root: Path = Path()) -> "Lock":
        """The lock of a checkout; empty where there is none."""
        path = root / LOCK
        return cls.parse(path.read_text(encoding="utf-8")) if path.exists() else cls()

    def producer(self, path: Path) -> LockedStage | None:
        """The stage that has this path, or a folder around it, among its outs."""
        around = [str(one) for one in (path, *path.parents)]
        return next((stage for stage in self.stages.values() if any(one in stage.outs for one in around)), None)


def _entries(text: str) -> Iterator[tuple[str, str, str, str]]:
    """(stage, deps or outs, path, md5) for every tracked path."""
    stage = section = path = ""
    for line in text.splitlines():
        if match := _STAGE.match(line):
            stage, section = match[1], ""
        elif match := _SECTION.match(line):
            section = match[1]
        elif match := _PATH.match(line):
            path = match[1].strip("'\"")
        elif (match := _MD5.match(line)) and section in ("deps", "outs"):
            yield stage, section, path, match[1]
