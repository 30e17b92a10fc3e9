"""Topics, or augmented queries with the passage that each came from."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from dragon import artifacts
from dragon.core.texts import Texts

NO_SOURCE = -1


class Query(NamedTuple):
    """``source_row`` is the corpus row of the passage it was made from, or ``NO_SOURCE``."""

    query_id: str
    text: str
    source_row: int = NO_SOURCE


@dataclass(frozen=True)
class Queries:
    """Q queries: ``ids`` and ``texts`` of Q strings, ``source_rows`` int32 ``[Q]``."""

    folder: Path
    ids: Texts
    texts: Texts
    source_rows: np.ndarray

    @classmethod
    def open(cls, folder: Path) -> "Queries":
        """Open a complete folder; raises ArtifactError otherwise."""
        artifacts.read_meta(folder)
        rows = np.load(folder / "source_rows.npy", mmap_mode="r")
        return cls(folder, Texts.open(folder, "ids"), Texts.open(folder, "texts"), rows)

    @staticmethod
    def write(
        folder: Path, queries: Iterable[Query], arrays: Mapping[str, np.ndarray] | None = None, **meta: object
    ) -> "Queries":
        """Write a folder atomically and open it; ``arrays`` of Q rows are saved beside it as ``<name>.npy``."""
        rows = [Query(*query) for query in queries]
        with artifacts.folder(folder, {"kind": "queries", "queries": len(rows), **meta}) as part:
            Texts.write(part, "ids", (row.query_id for row in rows))
            Texts.write(part, "texts", (row.text for row in rows))
            np.save(part / "source_rows.npy", np.asarray([row.source_row for row in rows], dtype=np.int32))
            for name, array in (arrays or {}).items():
                np.save(part / f"{name}.npy", array)
        return Queries.open(folder)

    def __len__(self) -> int:
        return len(self.ids)

    def __getitem__(self, row: int) -> Query:
        return Query(self.ids[row], self.texts[row], int(self.source_rows[row]))

    @property
    def digest(self) -> str:
        """Digest of the contents, from ``meta.json``."""
        return artifacts.digest(artifacts.read_meta(self.folder)["files"])
