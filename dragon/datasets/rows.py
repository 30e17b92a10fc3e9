"""``registry/collections.yaml``, read strictly: what named collections are made of, and what they must come to."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from dragon import typed
from dragon.config import read_yaml
from dragon.errors import ConfigError
from dragon.registry import unknown

PATH = Path("registry/collections.yaml")


@dataclass(frozen=True, kw_only=True)
class File:
    """Something that is fetched, whole, and known by its digest."""

    url: str
    md5: str
    bytes: int | None
    cache: str
    """Below ``IR_DATASETS_HOME``, where ir_datasets keeps the same file."""
    mirror: str | None = None
    """Asked when ``url`` fails."""


@dataclass(frozen=True, kw_only=True)
class Split:
    """Queries and judgments of one test, or of training."""

    ir_datasets: str | None
    """What ir_datasets calls it; null where it has none."""
    measure: str
    """The paper's; a scale says which measures are computed."""
    queries: int
    """Judged."""
    judgments: int | None
    """Rows; null is not known and not checked."""
    all_queries: int | None = None
    """Where queries without judgments belong to the split: how many there are in all."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """One collection."""

    about: str
    layout: Literal["msmarco", "beir", "lotte", "nano"]
    """How its files are arranged, see ``layouts``."""
    files: dict[str, str]
    """Part of the layout -> a name under ``files``."""
    inside: str
    """Folder within the archive; empty where the layout has none."""
    passages: int
    titles: bool
    drop_same_id: bool
    gated: bool
    """Not to be redistributed: the user brings it, it is never fetched."""
    query_field: str
    licence: str
    splits: dict[str, Split]
    mirror: str | None = None
    """A pinned copy on the hub, named for those who have it; never fetched."""


@dataclass(frozen=True, kw_only=True)
class Collections:
    """The whole file."""

    files: dict[str, File]
    collections: dict[str, Row]
    shared: dict[str, Any] = field(default_factory=dict)
    """Anchors of YAML; nothing reads it."""

    @classmethod
    def load(cls, root: Path = Path()) -> "Collections":
        """Read and check the file.

        Raises:
            ConfigError: one line with the key, what was found and what is allowed.
        """
        found = typed.build(cls, read_yaml(root / PATH), f"{PATH}:")
        for name, row in found.collections.items():
            for part, file in row.files.items():
                if file not in found.files:
                    raise unknown(f"{PATH}: collections.{name}.files.{part}", file, found.files)
        return found

    def row(self, name: str, where: str) -> Row:
        """The row of a collection; raises ConfigError naming ``where`` when there is none."""
        if name not in self.collections:
            raise unknown(where, name, self.collections)
        return self.collections[name]

    def file(self, row: Row, part: str) -> File:
        """What stands for a part of the row's layout; raises ConfigError when the row does not name it."""
        if part not in row.files:
            raise ConfigError(f"{PATH}: a row of layout {row.layout}: files lacks {part}; found {', '.join(row.files)}")
        return self.files[row.files[part]]
