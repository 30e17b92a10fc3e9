"""Queries that somebody else made: a file of ``<id><tab><text>`` lines, such as the authors' two (ids are numbers).

Ids and texts stay exactly as they stand, so that labels published for the file find their queries. Lines are read one
by one; which passage a query was made from is not in the file.
"""

import gzip
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from dragon import typed
from dragon.core.queries import Query
from dragon.errors import ArtifactError, ConfigError
from dragon.imports import user_file
from dragon.progress import progress
from dragon.queries import SOURCES, Augmented, Inputs

NAMED = 5
"""How many malformed lines a report names."""
_MAGIC = b"\x1f\x8b"


@dataclass(frozen=True, kw_only=True)
class Options:
    """Where the queries are, and what the file must come to."""

    file: str
    """Plain or gzip, UTF-8, see :func:`dragon.imports.user_file`."""
    expect: int | None
    """How many queries the file holds; null takes what there is."""
    malformed: int
    """Lines without an id, a tab and a text that are left out; one more is an error."""


@SOURCES("tsv")
def tsv(options: Mapping[str, Any], inputs: Inputs, where: str) -> Augmented:
    """The file's queries, in its order.

    Raises:
        ConfigError: an option is wrong, or the file is not there.
        ArtifactError: at the end of the file: it holds another number of queries than expected; before: it is damaged,
            or too many lines are malformed.
    """
    settings = typed.build(Options, options, where)
    if settings.malformed < 0:
        raise ConfigError(f"{where}.malformed: found {settings.malformed}, allowed: 0 or more lines")
    path = user_file(settings.file, f"{where}.file")
    report: dict[str, Any] = {"queries": 0, "malformed": 0, "first_malformed": []}
    return Augmented(_queries(path, settings, report), report)


def _queries(path: Path, settings: Options, report: dict[str, Any]) -> Iterator[Query]:
    with _opened(path) as file:
        for number, line in enumerate(progress(file, path.name, "line", total=settings.expect), 1):
            if (query := _query(line)) is None:
                _leave_out(path, number, settings, report)
            else:
                report["queries"] += 1
                yield query
    if settings.expect not in (None, report["queries"]):
        found = f"found {report['queries']} queries and {report['malformed']} malformed lines"
        raise ArtifactError(f"{path}: {found}, expected {settings.expect}; get the file again, or change `expect`")


def _query(line: bytes) -> Query | None:
    try:
        query_id, _, text = line.decode().rstrip("\r\n").partition("\t")
    except UnicodeDecodeError:
        return None
    return Query(query_id, text) if query_id and text.strip() else None


def _leave_out(path: Path, number: int, settings: Options, report: dict[str, Any]) -> None:
    report["malformed"] += 1
    if len(report["first_malformed"]) < NAMED:
        report["first_malformed"].append(number)
    if report["malformed"] > settings.malformed:
        lines = ", ".join(map(str, report["first_malformed"]))
        raise ArtifactError(
            f"{path}:{number}: found {report['malformed']} malformed lines (first: {lines}), allowed:"
            f" {settings.malformed}; a line is an id, a tab and a text in UTF-8"
        )


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    with path.open("rb") as plain:
        packed = plain.read(len(_MAGIC)) == _MAGIC
    try:
        with gzip.open(path) if packed else path.open("rb") as file:
            yield file
    except (EOFError, OSError, zlib.error) as error:
        raise ArtifactError(f"{path}: cannot be read ({error}); get the file again") from None
