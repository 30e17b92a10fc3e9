"""``queries.jsonl`` of a BEIR folder: an id and a text a line."""

from dragon.datasets.beir_lines import Lines, Readable, checked_id, records, text_of
from dragon.errors import ArtifactError


def read_queries(lines: Lines, field: str) -> dict[str, str]:
    """Query id -> the text under ``field``, in file order; they fit in memory, unlike the corpus.

    Raises:
        ArtifactError: the file is missing or empty, a line is not a query, or an id stands twice.
    """
    found: dict[str, str] = {}
    first: dict[str, str] = {}
    for place, record in records(lines):
        query_id = checked_id(text_of(record, "_id", place), place, "_id")
        if query_id in found:
            raise repeated(place, "query", query_id, first[query_id])
        found[query_id], first[query_id] = text_of(record, field, place), place
    if not found:
        raise empty(lines.path, f'{{"_id": ..., "{field}": ...}}')
    return found


def repeated(place: str, what: str, name: str, first: str) -> ArtifactError:
    """The error for an id that stands twice."""
    return ArtifactError(
        f"{place}: found {what} id {name!r} again, first at {first}; allowed: once; remove one of them"
    )


def empty(path: Readable, line: str) -> ArtifactError:
    """The error for a file without contents."""
    return ArtifactError(f"{path}: found nothing, allowed: one or more lines of {line}; copy the file again")
