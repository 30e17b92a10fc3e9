"""The published queries of docTTTTTquery (https://github.com/castorini/docTTTTTquery), read passage by passage.

Two forms of the same queries. ``predicted_queries_topk_sampling.zip``: members
``predicted_queries_topk_sample<number>.txt<chunk>-1004000``, 80 numbers x 18 chunks, whose line n is the query of the
chunk's n-th passage in the order of the collection. ``d2q.jsonl.gz`` of the hub: one object ``id``,
``predicted_queries`` a line. Nothing is unpacked to disk.
"""

import gzip
import hashlib
import io
import json
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from functools import partial
from itertools import zip_longest
from pathlib import Path, PurePosixPath

from dragon.errors import ArtifactError
from dragon.progress import progress

Pick = Callable[[int], str]
"""The text of a passage's query by its number."""
_MEMBER = re.compile(r"predicted_queries_topk_sample(\d{3})\.txt(\d{3})-\d+")
_UNREADABLE = (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, NotImplementedError)
_AGAIN = "get the file again"
_SYMLINK, _KIND = 0o120000, 0o170000


def verified(path: Path, md5: str | None, size: int | None) -> str:
    """The file's md5, as hexadecimal.

    Raises:
        ArtifactError: it is not the one expected, or the file has another size; null expects nothing.
    """
    found = path.stat().st_size
    if size not in (None, found):
        raise ArtifactError(f"{path}: found {found} bytes, expected {size}; {_AGAIN}")
    digest, step = hashlib.md5(usedforsecurity=False), 1 << 24
    with path.open("rb") as file:
        for _ in progress(range(0, found, step), f"md5 of {path.name}", "x 16 MB"):
            digest.update(file.read(step))
    if md5 not in (None, digest.hexdigest()):
        raise ArtifactError(f"{path}: found md5 {digest.hexdigest()}, expected {md5}; {_AGAIN}")
    return digest.hexdigest()


def from_zip(path: Path, per_passage: int) -> Iterator[tuple[int, Pick]]:
    """(passage's place in the collection, its queries), in that order; every member is read once, all of a chunk's
    side by side.

    Raises:
        ArtifactError: not a whole archive; a member is missing, broken, shorter than the others of its chunk, not
            UTF-8, or its name leads elsewhere. The member is named.
    """
    try:
        archive = zipfile.ZipFile(path)
    except _UNREADABLE as error:
        raise ArtifactError(f"{path}: not a whole zip archive ({error}); {_AGAIN}") from None
    number = 0
    with archive:
        for names in _chunks(path, archive, per_passage):
            with ExitStack() as stack:
                files = [stack.enter_context(io.BufferedReader(_Member(archive, name, path))) for name in names]
                for line, queries in enumerate(zip_longest(*files), 1):
                    if None in queries:
                        raise _uneven(path, names, queries, line)
                    yield number, partial(_decoded, path, names, line, queries)
                    number += 1


def from_jsonl(path: Path, per_passage: int) -> Iterator[tuple[int, Pick]]:
    """(passage's id as a number, its queries) of every line, in the file's order.

    Raises:
        ArtifactError: the file is cut off, or a line is malformed or holds fewer queries; the line is named.
    """
    line = 0
    with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
        try:
            for line, data in enumerate(file, 1):
                yield _parsed(data, f"{path}:{line}", per_passage)
        except _UNREADABLE as error:
            raise ArtifactError(f"{path}: cannot be read after line {line} ({error}); {_AGAIN}") from None


def _chunks(path: Path, archive: zipfile.ZipFile, per_passage: int) -> list[list[str]]:
    """Member names by chunk and number."""
    found: dict[tuple[int, int], str] = {}
    for info in archive.infolist():
        _check_inside(path, info)
        if match := _MEMBER.fullmatch(info.filename):
            place = int(match[2]), int(match[1])
            if place in found:
                raise ArtifactError(f"{path}: found {info.filename} beside {found[place]}, allowed: one; {_AGAIN}")
            found[place] = info.filename
    if not found:
        first = ", ".join(archive.namelist()[:3]) or "nothing"
        raise ArtifactError(f"{path}: found {first}, allowed: members predicted_queries_topk_sample000.txt000-...")
    chunks = range(max(chunk for chunk, _ in found) + 1)
    for place in ((chunk, number) for chunk in chunks for number in range(per_passage)):
        if place not in found:
            name = f"predicted_queries_topk_sample{place[1]:03}.txt{place[0]:03}"
            raise ArtifactError(f"{path}: member {name}-... is missing, {len(found)} others are there; {_AGAIN}")
    return [[found[chunk, number] for number in range(per_passage)] for chunk in chunks]


def _check_inside(path: Path, info: zipfile.ZipInfo) -> None:
    """Refuse an archive that would write elsewhere if it were unpacked: it is not the published one."""
    name = PurePosixPath(info.filename)
    link = (info.external_attr >> 16) & _KIND == _SYMLINK
    if link or name.is_absolute() or ".." in name.parts or "\\" in info.filename or ":" in info.filename:
        raise ArtifactError(f"{path}: member {info.filename!r} leads outside the archive; {_AGAIN} from its publisher")


class _Member(io.RawIOBase):
    """One member's bytes; what is wrong with them is said with its name."""

    def __init__(self, archive: zipfile.ZipFile, name: str, path: Path) -> None:
        self._at = f"{path}: {name}"
        try:
            self._file = archive.open(name)
        except _UNREADABLE as error:
            raise ArtifactError(f"{self._at}: cannot be opened ({error}); {_AGAIN}") from None

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:
        try:
            data = self._file.read(len(buffer))
        except _UNREADABLE as error:
            said = str(error) or type(error).__name__
            raise ArtifactError(f"{self._at}: broken or cut off ({said}); {_AGAIN}") from None
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        if not self.closed:
            self._file.close()
        super().close()


def _uneven(path: Path, names: Sequence[str], queries: Sequence[bytes | None], line: int) -> ArtifactError:
    short, long = (names[next(i for i, q in enumerate(queries) if (q is None) is ends)] for ends in (True, False))
    return ArtifactError(f"{path}: {short} ends after {line - 1} lines, {long} goes on; {_AGAIN}")


def _decoded(path: Path, names: Sequence[str], line: int, queries: Sequence[bytes], number: int) -> str:
    try:
        return queries[number].decode().strip()
    except UnicodeDecodeError as error:
        raise ArtifactError(f"{path}: {names[number]}: line {line}: not UTF-8 ({error}); {_AGAIN}") from None


def _parsed(data: bytes, at: str, per_passage: int) -> tuple[int, Pick]:
    try:
        entry = json.loads(data)
        doc_id, queries = entry["id"], entry["predicted_queries"]
    except (ValueError, KeyError, TypeError):
        raise ArtifactError(f"{at}: found {data[:60]!r}, allowed: an object with id, predicted_queries") from None
    if not (isinstance(doc_id, str) and doc_id.isdecimal()):
        raise ArtifactError(f"{at}: found id {doc_id!r}, allowed: a text of digits, the passage's place")
    if not (isinstance(queries, list) and all(isinstance(query, str) for query in queries)):
        raise ArtifactError(f"{at}: found predicted_queries that are no list of texts; {_AGAIN}")
    if len(queries) < per_passage:
        raise ArtifactError(f"{at}: found {len(queries)} queries, allowed: {per_passage} or more; see `per_passage`")
    return int(doc_id), lambda n: queries[n].strip()
