"""Lines and JSON records of a user's files: read once, in order, with what was noticed on the way.

BEIR's own loader (`beir.datasets.data_loader.GenericDataLoader`) reads the same files into the same values (a test
compares them), but it holds the corpus in memory, lets a repeated id overwrite the first one and drops the first
judgment of a file without a header. So the files are read here.
"""

import codecs
import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from typing import IO, Any, Protocol, Self

from dragon.errors import ArtifactError
from dragon.registry import suggestion

_UNFIT = re.compile("[\\s\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_HALF = re.compile("[\ud800-\udfff]")
_LONGEST = 80


class Readable(Protocol):
    """A file that opens again and again: a path, or one inside an archive."""

    @property
    def name(self) -> str: ...

    def open(self, mode: str) -> AbstractContextManager[IO[bytes]]: ...


class Lines:
    """``(number from 1, text without its end)`` of every line that is not blank.

    A byte-order mark, CRLF and blank lines are accepted and counted; after the last line ``sha256`` is the digest of
    the bytes that were read.
    """

    def __init__(self, path: Readable) -> None:
        self.path, self.sha256 = path, ""
        self.noticed = {"byte_order_mark": 0, "crlf_lines": 0, "blank_lines": 0}

    def __iter__(self) -> Iterator[tuple[int, str]]:
        """Yield the lines.

        Raises:
            ArtifactError: the file is missing, cannot be read, or a line is not UTF-8 (named with its number).
        """
        digest = hashlib.sha256()
        try:
            with self.path.open("rb") as file:
                for number, raw in enumerate(file, 1):
                    digest.update(raw)
                    if text := self._text(number, raw):
                        yield number, text
        except OSError as error:
            advice = "put the file there, or name another in the options of the dataset"
            raise ArtifactError(f"{self.path}: cannot be read ({error.strerror}); {advice}") from None
        self.sha256 = digest.hexdigest()

    def again(self) -> Self:
        """The same file, to be read from its beginning."""
        return type(self)(self.path)

    def record(self, line: str, place: str) -> dict[str, Any]:
        """The object that a line holds; raises ArtifactError when it holds none."""
        try:
            found = json.loads(line)
        except (ValueError, RecursionError) as error:
            advice = "if the line was cut short, copy the file again, else mend the line"
            raise ArtifactError(f"{place}: found {shown(line)}, not JSON ({error}); {advice}") from None
        if not isinstance(found, dict):
            raise ArtifactError(f"{place}: found {shown(line)}, allowed: an object with _id and text")
        return found

    def _text(self, number: int, raw: bytes) -> str:
        if number == 1 and raw.startswith(codecs.BOM_UTF8):
            raw = raw.removeprefix(codecs.BOM_UTF8)
            self.noticed["byte_order_mark"] = 1
        self.noticed["crlf_lines"] += raw.endswith(b"\r\n")
        try:
            text = raw.decode().rstrip("\r\n")
        except UnicodeDecodeError as error:
            found = f"byte 0x{raw[error.start]:02x} at position {error.start + 1}"
            advice = "convert the file, e.g. `iconv -f ISO-8859-1 -t UTF-8`"
            raise ArtifactError(f"{self.path}:{number}: found {found}, allowed: UTF-8; {advice}") from None
        if text.strip():
            return text
        self.noticed["blank_lines"] += 1
        return ""


def records(lines: Lines) -> Iterator[tuple[str, dict[str, Any]]]:
    """``(file:line, object)`` of every line.

    Raises:
        ArtifactError: a line is not an object (JSON), for example because the file was cut short.
    """
    for number, line in lines:
        place = f"{lines.path}:{number}"
        yield place, lines.record(line, place)


def text_of(record: Mapping[str, Any], key: str, place: str) -> str:
    """The text under ``key``; raises ArtifactError when it is missing, not a text or holds half a character."""
    if key not in record:
        has = ", ".join(record) or "nothing"
        raise ArtifactError(f"{place}: found {has}, allowed: an object with {key}{suggestion(key, record)}")
    found = record[key]
    if not isinstance(found, str):
        raise ArtifactError(f"{place}: {key}: found {shown(found)}, allowed: a text in quotes")
    if not found.isascii() and (half := _HALF.search(found)):
        advice = "a cut in the middle of a character makes such a file; export it again"
        raise ArtifactError(f"{place}: {key}: found half a character {half[0]!r}, allowed: whole ones; {advice}")
    return found


def checked_id(found: str, place: str, what: str) -> str:
    """An id that run and qrels files can hold; their columns are parted by spaces.

    Raises:
        ArtifactError: it is empty, or has a space, a control character or half a character in it.
    """
    if not found or _UNFIT.search(found):
        advice = "replace them, e.g. by `_`, in all files of the folder"
        allowed = "one or more characters, no spaces and no control characters (TREC files cannot hold them)"
        raise ArtifactError(f"{place}: {what}: found {shown(found)}, allowed: {allowed}; {advice}")
    return found


def shown(found: object) -> str:
    """A value for a message, at most a line long."""
    text = repr(found)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}... ({len(text)} characters)"
