"""Topics, or augmented queries with the passage that each came from."""

from array import array
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from dragon import artifacts
from dragon.core.texts import Texts, TextsWriter

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
        """Write a folder atomically and open it; ``arrays`` of Q rows are saved beside it as ``<name>.npy``.

        ``queries`` is read once, one query at a time; what is held is 20 bytes a query. A value of ``meta`` that fills
        while they are read (a report) is recorded as it stands after the last one.
        """
        facts = {"kind": "queries", "queries": 0, **meta}  # read when the folder is complete
        sources = array("i")
        with artifacts.folder(folder, facts) as part:
            with TextsWriter(part, "ids") as ids, TextsWriter(part, "texts") as texts:
                for query_id, text, *source in queries:
                    ids.append(query_id)
                    texts.append(text)
                    sources.append(source[0] if source else NO_SOURCE)
            facts["queries"] = len(sources)
            np.save(part / "source_rows.npy", np.asarray(sources, dtype=np.int32))
            for name, values in (arrays or {}).items():
                np.save(part / f"{name}.npy", values)
        return Queries.open(folder)

    def __len__(self) -> int:
        return len(self.ids)

    def __getitem__(self, row: int) -> Query:
        return Query(self.ids[row], self.texts[row], int(self.source_rows[row]))

    @property
    def digest(self) -> str:
        """Digest of the contents, from ``meta.json``."""
        return artifacts.digest(artifacts.read_meta(self.folder)["files"])
