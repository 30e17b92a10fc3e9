"""A label file in parts of some ten thousand lines: each is read into numbers once and kept in the store.

Files of tens of millions of lines take minutes to read, so a killed import goes on where it stopped, and any launcher
may read every n-th part on another machine with the same store.
"""

import gzip
import itertools
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from dragon import artifacts
from dragon.core import Queries
from dragon.core.row_index import UNKNOWN, RowIndex
from dragon.errors import ArtifactError
from dragon.teachers.label_lines import WIDTHS, Bad, Labelled, MalformedError, parse, same_text

LINES = 1 << 16
"""Of a part."""
_MAGIC = b"\x1f\x8b"


@dataclass
class Counts:
    """What was read, and what did not fit."""

    lines: int = 0
    malformed: Bad = field(default_factory=Bad)
    """By line number and reason; such lines are left out."""
    unknown_queries: Bad = field(default_factory=Bad)
    unknown_passages: Bad = field(default_factory=Bad)
    """Left out; later ones of the same run of ranks move up."""
    other_texts: Bad = field(default_factory=Bad)
    """Query ids whose question is not the query set's text; they are kept."""
    repeated_queries: Bad = field(default_factory=Bad)
    """Lines of a query that an earlier line labels; they are left out."""

    def join(self, other: "Counts") -> None:
        """Add what another part counted."""
        self.lines += other.lines
        for one in fields(self)[1:]:
            getattr(self, one.name).join(getattr(other, one.name))

    @classmethod
    def read(cls, found: dict[str, Any]) -> "Counts":
        """From the JSON of :meth:`facts`."""
        return cls(found["lines"], *(Bad(**found[one.name]) for one in fields(cls)[1:]))

    def facts(self) -> dict[str, Any]:
        """As JSON."""
        return asdict(self)

    def __str__(self) -> str:
        bad = {one.name.replace("_", " "): getattr(self, one.name) for one in fields(self)[1:]}
        return ", ".join([f"{self.lines} lines", *(f"{name} {found}" for name, found in bad.items() if found.count)])


@dataclass(frozen=True)
class Part:
    """Labels of N queries: rows int32 ``[N]``, docs int32 and scores float32 ``[N, 15]``, ranks 1-10 and 46-50."""

    rows_N: np.ndarray
    docs_NC: np.ndarray
    scores_NC: np.ndarray
    counts: Counts

    def save(self, folder: Path) -> None:
        """Write four files."""
        for name in ("rows_N", "docs_NC", "scores_NC"):
            np.save(folder / f"{name}.npy", getattr(self, name))
        artifacts.write_json(folder / "counts.json", self.counts.facts())

    @classmethod
    def open(cls, folder: Path) -> "Part":
        """Map what :meth:`save` wrote."""
        arrays = (np.load(folder / f"{name}.npy", mmap_mode="r") for name in ("rows_N", "docs_NC", "scores_NC"))
        return cls(*arrays, Counts.read(artifacts.read_json(folder / "counts.json")))


def read_part(
    lines: Sequence[bytes], first: int, path: Path, queries: RowIndex, passages: RowIndex, of: Queries
) -> Part:
    """Parse lines ``first``, ``first + 1``, ... of a file; ids become rows."""
    counts, good = Counts(lines=len(lines)), []
    for number, line in enumerate(lines, first):
        try:
            good.append(parse(line))
        except MalformedError as error:
            counts.malformed.add(f"{path}:{number}: {error}")
    rows = queries.rows([one.query_id for one in good])
    for one, row in zip(good, rows.tolist(), strict=True):
        if row == UNKNOWN:
            counts.unknown_queries.add(one.query_id)
        elif not same_text(one.question, of.texts[row]):
            counts.other_texts.add(one.query_id)
    kept = [one for one, row in zip(good, rows.tolist(), strict=True) if row != UNKNOWN]
    return Part(rows[rows != UNKNOWN].astype(np.int32), *_passages(kept, passages, counts), counts)


def _passages(good: Sequence[Labelled], passages: RowIndex, counts: Counts) -> tuple[np.ndarray, np.ndarray]:
    names = [doc for one in good for doc in one.docs]
    width = sum(WIDTHS)
    docs = passages.rows(names).astype(np.int32).reshape(len(good), width)
    scores = np.asarray([one.scores for one in good], dtype=np.float32).reshape(len(good), width)
    there = np.asarray([name != "" for name in names], dtype=bool).reshape(len(good), width)
    lost = there & (docs == UNKNOWN)
    for at in np.flatnonzero(lost).tolist():
        counts.unknown_passages.add(names[at])
    scores[lost] = -np.inf
    for first, last in itertools.pairwise((0, *itertools.accumulate(WIDTHS))):
        order = np.argsort(lost[:, first:last], axis=1, kind="stable")
        for array in (docs, scores):
            array[:, first:last] = np.take_along_axis(array[:, first:last], order, axis=1)
    return docs, scores


def parts_of(path: Path) -> Iterator[tuple[int, list[bytes]]]:
    """(number of the first line from 1, lines) of every part of a file, plain or gzip.

    Raises:
        ArtifactError: the file is missing, empty, or its compression is damaged.
    """
    first = 1
    with _opened(path) as file:
        while lines := list(itertools.islice(file, LINES)):
            yield first, lines
            first += len(lines)
    if first == 1:
        raise ArtifactError(f"{path}: empty; allowed: JSON lines of labels; get the file again")


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    try:
        with path.open("rb") as plain:
            packed = plain.read(len(_MAGIC)) == _MAGIC
        with gzip.open(path) if packed else path.open("rb") as file:
            yield file
    except (EOFError, OSError, zlib.error) as error:
        raise ArtifactError(f"{path}: cannot be read ({error}); get the file again") from None
