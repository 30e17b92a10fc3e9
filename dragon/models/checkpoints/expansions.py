"""Queries that doc2query predicted for passages, from the files that castorini publishes."""

import gzip
import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from dragon.core import Corpus
from dragon.errors import ArtifactError, ConfigError
from dragon.imports import user_file
from dragon.progress import progress

MARK = "\x1f"
"""Stands between a passage and its expansion; no text holds it (ASCII's unit separator)."""
WORDS = 512
"""Words of an expansion that are kept: no model reads more tokens."""
NAMED = 5


def expanded(corpus: Corpus, files: Mapping[str, str], where: str) -> list[str]:
    """Passages in row order, each with its expansion behind :data:`MARK`; as they are where no file is named.

    What does not fit is counted on stderr: passages without an expansion, and ids that the collection lacks.

    Raises:
        ConfigError: the file is not there, or names no passage of this collection.
        ArtifactError: a line is not an expansion.
    """
    key = "/".join(corpus.folder.parts[-3:-1])
    texts = [text.replace(MARK, " ") for text in corpus.full_texts()]
    if key not in files:
        return texts
    path = user_file(files[key], f"{where}.{key}")
    row_of = {doc_id: row for row, doc_id in enumerate(corpus.ids)}
    found: dict[int, str] = {}
    unknown, named = 0, []
    for doc_id, expansion in progress(_lines(path), "expansions", "passage"):
        row = row_of.get(doc_id)
        if row is not None:
            found[row] = expansion
            continue
        unknown += 1
        named += [doc_id] if len(named) < NAMED else []
    _report(f"{where}.{key}: {path}", len(texts), len(found), unknown, ", ".join(named))
    return [f"{text}{MARK}{found[row]}" if row in found else text for row, text in enumerate(texts)]


def _report(where: str, passages: int, found: int, unknown: int, named: str) -> None:
    if not found:
        raise ConfigError(f"{where}: names none of the {passages} passages (first ids: {named})")
    if found < passages or unknown:
        missing = f"{passages - found} of {passages} passages without an expansion"
        print(f"{where}: {missing}, {unknown} unknown ids ({named or 'none'})", file=sys.stderr)


def _lines(path: Path) -> Iterator[tuple[str, str]]:
    """Id and expansion of every line."""
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            try:
                row = json.loads(line)
                doc_id, queries = str(row["id"]), row["predicted_queries"]
                text = queries if isinstance(queries, str) else " ".join(queries)
            except (ValueError, KeyError, TypeError):
                allowed = "allowed: JSON with id and predicted_queries"
                raise ArtifactError(f"{path}:{number}: found {line[:80]!r}, {allowed}") from None
            yield doc_id, " ".join(text.split()[:WORDS]).replace(MARK, " ")
