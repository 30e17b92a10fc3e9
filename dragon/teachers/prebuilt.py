"""Impact indexes that somebody else made: Anserini's, or a pre-encoded JsonVectorCollection that is indexed here.

Their passages have the collection's own ids. Ties: score descending, then that id as a string (``"10" < "9"``), which
is how published runs were made, and not the order of the collection.
"""

import gzip
import json
import sys
from collections.abc import Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from dragon.core import Corpus
from dragon.core.ranked_lists import PAD
from dragon.errors import ArtifactError, ConfigError
from dragon.models.checkpoints.opening import find
from dragon.teachers import anserini

CHECKED = 1000
"""Vectors of a file whose weights are looked at: Anserini would cut decimals and say nothing."""
NAMED = 5
_VECTORS = ("*.jsonl", "*.json", "*.jsonl.gz", "*.json.gz")


class Rows:
    """Corpus rows of external ids; what the collection lacks is counted and the first few are named."""

    def __init__(self, corpus: Corpus, index: Path) -> None:
        self._row_of = {doc_id: row for row, doc_id in enumerate(corpus.ids)}
        self._index = index
        self._unknown: dict[str, None] = {}
        self._left_out = self._seen = 0

    def of(self, hits: Sequence[Mapping[str, Any]]) -> list[int]:
        """The hits' rows; -1 for an id that the collection lacks."""
        rows = [self._row_of.get(hit["docid"], PAD) for hit in hits]
        unknown = [hit["docid"] for hit, row in zip(hits, rows, strict=True) if row == PAD]
        self._unknown |= dict.fromkeys(unknown)
        self._left_out, self._seen = self._left_out + len(unknown), self._seen + len(rows)
        return rows

    def report(self) -> None:
        """Say on stderr what was left out.

        Raises:
            ArtifactError: not one id is known.
        """
        if not self._unknown:
            return
        more = ", ..." if len(self._unknown) > NAMED else ""
        named = f"{', '.join(islice(self._unknown, NAMED))}{more}"
        said = f"{self._index}: {self._left_out} of {self._seen} results have ids that the collection lacks ({named})"
        if self._left_out == self._seen:
            raise ArtifactError(f"{said}; allowed: an index of this collection")
        print(f"{said}: left out", file=sys.stderr)


def folder_of(path: str, where: str) -> Path:
    """The folder that an entry names: absolute, from the root of the repository, or below ``DRAGON_DATA``.

    Raises:
        ConfigError: there is no such folder, or it is neither an index nor a collection of vectors.
    """
    folder = find(path)
    if folder is None:
        raise ConfigError(f"{where}: found {path!r}, but there is no such folder, as it stands or below DRAGON_DATA")
    if not _is_index(folder) and not _vectors(folder):
        raise ConfigError(
            f"{where}: found {folder}, allowed: a Lucene index (segments_N) or a JsonVectorCollection"
            f" ({', '.join(_VECTORS)}); unpack what was downloaded"
        )
    return folder


def fingerprint(path: str) -> list[tuple[str, int]] | None:
    """Names and sizes of a folder's files, so that lists of another index are not taken for this one's."""
    folder = find(path)
    return folder and sorted((file.name, file.stat().st_size) for file in folder.iterdir() if file.is_file())


def index_of(folder: Path, made: Path, threads: int, passages: int) -> Path:
    """The index itself, or the one that is ``made`` of a collection of vectors.

    Raises:
        ArtifactError: weights are no whole numbers, or it holds more passages than the collection.
    """
    index = folder
    if not _is_index(folder):
        index, vectors = made, _vectors(folder)
        expected = sum(_checked(path) for path in vectors)
        anserini.build_index(folder, made, threads, expected, **anserini.IMPACTS)
    if (held := anserini.size(index)) > passages:
        raise ArtifactError(f"{folder}: holds {held} passages, the collection {passages}; allowed: an index of it")
    if held < passages:
        print(f"{folder}: holds {held} of the collection's {passages} passages", file=sys.stderr)
    return index


def _is_index(folder: Path) -> bool:
    return any(folder.glob("segments_*"))


def _vectors(folder: Path) -> list[Path]:
    return sorted(path for pattern in _VECTORS for path in folder.glob(pattern))


def _checked(path: Path) -> int:
    """How many vectors with terms a file holds."""
    filled = 0
    with (gzip.open if path.suffix == ".gz" else open)(path, "rt", encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            if number <= CHECKED:
                _check(line, f"{path}:{number}")
            filled += '"vector": {}' not in line and '"vector":{}' not in line
    return filled


def _check(line: str, where: str) -> None:
    try:
        row = json.loads(line)
        weights = row["vector"].values() if row["id"] is not None else ()
    except (ValueError, KeyError, TypeError, AttributeError):
        raise ArtifactError(f"{where}: found {line[:80]!r}, allowed: JSON with id and vector") from None
    wrong = next((weight for weight in weights if type(weight) is not int), None)
    if wrong is not None:
        raise ArtifactError(f"{where}: found the weight {wrong}, allowed: whole numbers, which impacts are")
