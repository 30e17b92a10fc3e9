"""What the authors published: ``registry/releases.yaml``, read strictly."""

from dataclasses import dataclass
from pathlib import Path

from dragon import typed
from dragon.config import read_yaml
from dragon.imports import DATA
from dragon.registry import unknown

PATH = Path("registry/releases.yaml")
FOLDER = "dragon"
"""Below ``DRAGON_DATA``: where the files are looked for, under the paths that they have at their host."""


@dataclass(frozen=True, kw_only=True)
class File:
    """One file; null is not known."""

    path: str
    """Below ``base``, and below ``DRAGON_DATA/dragon/``."""
    bytes: int | None
    md5: str | None
    lines: int | None = None
    start: str = ""
    """Of a checkpoint: the model whose architecture and vocabulary it has."""

    @property
    def local(self) -> str:
        """Where the user puts it, as :func:`dragon.imports.user_file` takes it."""
        return f"{FOLDER}/{self.path}"


@dataclass(frozen=True, kw_only=True)
class Port:
    """Ids of the hub."""

    query_encoder: str
    context_encoder: str


@dataclass(frozen=True, kw_only=True)
class Releases:
    """Query files by query set, label files by teacher and query set, checkpoints by student."""

    base: str
    licence: str
    source: str
    queries: dict[str, File]
    labels: dict[str, dict[str, File]]
    checkpoints: dict[str, File]
    models: dict[str, Port]

    @classmethod
    def load(cls, root: Path = Path()) -> "Releases":
        """Read and check the file; raises ConfigError naming file, key, what was found and what is allowed."""
        return typed.build(cls, read_yaml(root / PATH), f"{PATH}:")

    def label_file(self, teacher: str, query_set: str) -> File:
        """The label file of a teacher; raises ConfigError where the authors published none."""
        if teacher not in self.labels:
            raise unknown(f"{PATH}: labels", teacher, self.labels)
        if query_set not in self.labels[teacher]:
            raise unknown(f"{PATH}: labels.{teacher}", query_set, self.labels[teacher])
        return self.labels[teacher][query_set]

    def advice(self, file: File) -> str:
        """How to get a file that is not there."""
        return f"get {self.base}{file.path} ({self.licence}) and put it at {DATA}/{file.local}"
