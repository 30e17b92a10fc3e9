"""The authors' label files as ranked lists of our query rows: ranks 1-10 and 46-50 in their own columns.

Lines are matched by query id, never by their number. What is held in memory is one part of the file, the ids' index
(16 bytes each) and one byte a query; the lists are written into memory-mapped files.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib.format import open_memmap

from dragon import artifacts
from dragon.core import Corpus, Queries
from dragon.core.ranked_lists import PAD
from dragon.core.row_index import RowIndex
from dragon.errors import ArtifactError, ConfigError
from dragon.progress import progress
from dragon.store import Store
from dragon.teachers.label_lines import NEGATIVES, POSITIVES
from dragon.teachers.label_parts import Counts, Part, parts_of, read_part

KIND = "label-parts"
_CODE = ("teachers/label_lines.py", "teachers/label_parts.py", "core/row_index.py")
_ROWS = 1 << 18
"""Rows that are filled at once."""


@dataclass(frozen=True, kw_only=True)
class Tolerance:
    """How much of a file may not fit before it is refused."""

    malformed: int
    """Lines."""
    other_texts: float
    """Share of the lines whose question is not the text that the query set has under the line's id."""


@dataclass(frozen=True)
class LabelFile:
    """What one teacher found for one query set, and how much of it may not fit."""

    path: Path
    sha256: str
    tolerance: Tolerance

    def parts(
        self, queries: Queries, corpus: Corpus, store: Store, only: tuple[int, int] = (0, 1)
    ) -> list[Path] | None:
        """Folders of every :class:`Part` in file order, from the store or read now.

        Args:
            queries: whose ids the lines are matched with.
            corpus: whose ids the passages are.
            store: where parts are kept.
            only: ``(i, n)`` reads parts i, i + n, ... and leaves the others alone.

        Returns:
            the folders, or None when ``only`` was given and parts are still missing.

        Raises:
            ArtifactError: the file is damaged, or more lines are malformed than the tolerance allows.
        """
        asked = RowIndex.of(queries.ids, f"{queries.folder}: ids")
        known = RowIndex.of(corpus.ids, f"{corpus.folder}: ids")
        key, folders, counts = self._key(queries, corpus), [], Counts()
        for number, (first, lines) in enumerate(progress(parts_of(self.path), self.path.name, "part")):
            digest = artifacts.digest({**key, "first": first})
            folders.append(store.entry(KIND, digest))
            if number % only[1] != only[0]:
                continue

            def make(folder: Path, first: int = first, lines: list[bytes] = lines) -> None:
                read_part(lines, first, self.path, asked, known, queries).save(folder)

            store.obtain(KIND, digest, make, {"kind": "label part", "key": digest, "lines": len(lines)})
            counts.join(Part.open(folders[-1]).counts)
            self._refuse(counts, (counts.malformed.count > self.tolerance.malformed, "malformed"))
        return folders if all((folder / artifacts.META).exists() for folder in folders) else None

    def write(self, parts: list[Path], queries: Queries, depth: int, folder: Path, **meta: object) -> Counts:
        """Put the parts' lists together, ``[Q, depth]``, in a folder of :class:`dragon.core.RankedLists`.

        A query that stands twice keeps its first line; one that stands nowhere has an empty list.

        Raises:
            ConfigError: ``depth`` does not reach the files' last rank.
            ArtifactError: no line is of the query set, or too many questions are not its texts.
        """
        if depth < NEGATIVES[1]:
            raise ConfigError(
                f"label_depth: found {depth}, allowed: {NEGATIVES[1]} or more, the last rank of the files"
            )
        counts = Counts()
        facts: dict[str, Any] = {"kind": "ranked lists", "shape": [len(queries), depth], **meta}
        facts["ranks"] = [list(POSITIVES), list(NEGATIVES)]
        with artifacts.folder(folder, facts) as part:
            facts |= _fill(part, parts, len(queries), depth, counts)
            others = counts.other_texts.count > self.tolerance.other_texts * counts.lines
            self._refuse(counts, (facts["empty_lists"] == len(queries), "of other queries"), (others, "of other texts"))
            facts["import"] = {"file": str(self.path), "sha256": self.sha256, **counts.facts()}
        return counts

    def _key(self, queries: Queries, corpus: Corpus) -> dict[str, Any]:
        """What decides a part, beside which lines it holds."""
        ids = {str(one.folder): artifacts.read_meta(one.folder)["files"] for one in (queries, corpus)}
        code = artifacts.source_digest(Path(__file__).parents[1], _CODE)
        return {"file": self.sha256, "ids": list(ids.values()), "code": code}

    def _refuse(self, counts: Counts, *faults: tuple[bool, str]) -> None:
        for fault, name in faults:
            if fault:
                rule = f"malformed: {self.tolerance.malformed}, other_texts: {self.tolerance.other_texts}"
                raise ArtifactError(
                    f"{self.path}: too many lines are {name}: {counts}; allowed: {rule}; get the file again, or import"
                    " the query set whose ids it uses (kind tsv)"
                )


def _fill(part: Path, parts: list[Path], queries: int, depth: int, counts: Counts) -> dict[str, int]:
    """Write ``docs.npy`` and ``scores.npy``; returns the facts of ranked lists."""
    docs = open_memmap(part / "docs.npy", mode="w+", dtype=np.int32, shape=(queries, depth))
    scores = open_memmap(part / "scores.npy", mode="w+", dtype=np.float32, shape=(queries, depth))
    for start in range(0, queries, _ROWS):
        docs[start : start + _ROWS], scores[start : start + _ROWS] = PAD, -np.inf
    last_Q = np.zeros(queries, dtype=np.int16)  # rank of the last passage
    seen_Q = np.zeros(queries, dtype=bool)
    columns = np.r_[POSITIVES[0] - 1 : POSITIVES[1], NEGATIVES[0] - 1 : NEGATIVES[1]]
    for folder in progress(parts, "lists", "part", total=len(parts)):
        found = Part.open(folder)
        counts.join(found.counts)
        rows, new = _first_lines(np.asarray(found.rows_N), seen_Q)
        for row in rows[~new].tolist():
            counts.repeated_queries.add(f"row {row}")
        docs[np.ix_(rows[new], columns)] = found.docs_NC[new]
        scores[np.ix_(rows[new], columns)] = found.scores_NC[new]
        last_Q[rows[new]] = ((found.docs_NC[new] != PAD) * (columns + 1)).max(axis=1, initial=0)
    for array in (docs, scores):
        array.flush()
    short, empty = int((last_Q < depth).sum()), int((last_Q == 0).sum())
    return {"queries": queries, "short_lists": short, "empty_lists": empty}


def _first_lines(rows_N: np.ndarray, seen_Q: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The rows, and which of their lines are the first of their query; marks them as seen."""
    new = np.zeros(len(rows_N), dtype=bool)
    new[np.unique(rows_N, return_index=True)[1]] = True
    new &= ~seen_Q[rows_N]
    seen_Q[rows_N] = True
    return rows_N, new
