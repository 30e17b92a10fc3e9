"""Which documented objects enter a collection, and the passages that they are cut into."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from dragon.core import Passage
from dragon.datasets.docstrings import Documented

if TYPE_CHECKING:
    from dragon.datasets.pydocs import Options


@dataclass(frozen=True)
class Selection:
    """``passages`` in row order; ``rows[object name]`` are the rows of the passages that object is documented by."""

    passages: list[Passage]
    rows: dict[str, list[int]]
    report: dict[str, int]


def select(objects: Mapping[str, Documented], options: "Options") -> Selection:
    """Take objects in a seeded order until the limit; an exact duplicate of a passage is not indexed twice.

    An object whose new passages would exceed the limit is passed over, so the limit is met exactly where there is
    text enough. A passage that several objects share belongs to all of them.
    """
    documents = {name: cut(documented, options) for name, documented in objects.items()}
    names = [name for name, chunks in documents.items() if chunks]
    passages: list[Passage] = []
    rows: dict[str, list[int]] = {}
    row_of: dict[str, int] = {}
    shared = 0
    for name in _shuffled(names, options.seed):
        if len(passages) == options.passages:
            break
        chunks = documents[name]
        new = [chunk for chunk in dict.fromkeys(chunks) if chunk not in row_of]
        if len(passages) + len(new) > options.passages:
            continue
        for chunk in new:
            row_of[chunk] = len(passages)
            passages.append(Passage(f"{name}#{chunks.index(chunk)}", "", chunk))
        rows[name] = sorted({row_of[chunk] for chunk in chunks})
        shared += len(chunks) - len(new)
    report = {"objects_too_short": len(objects) - len(names), "objects_used": len(rows), "duplicate_passages": shared}
    return Selection(passages, rows, report)


def cut(documented: Documented, options: "Options") -> list[str]:
    """The passages of one object: chunks of its body, or of its whole documentation where the body is short."""
    words = documented.body.split()
    if len(words) < options.document_min_words:
        words = [*documented.summary.split(), *words]
    if len(words) < options.document_min_words:
        return []
    return list(_chunks(words, options))[: options.chunks_per_object]


def is_query(documented: Documented, options: "Options") -> bool:
    """A summary of fitting length over a body that was cut without it."""
    low, high = options.summary_words
    long_enough = len(documented.body.split()) >= options.document_min_words
    return long_enough and low <= len(documented.summary.split()) <= high


def _chunks(words: list[str], options: "Options") -> Iterator[str]:
    for start in range(0, len(words), options.chunk_words):
        chunk = words[start : start + options.chunk_words]
        if len(chunk) >= options.chunk_min_words:
            yield " ".join(chunk)


def _shuffled(names: list[str], seed: int) -> list[str]:
    order = np.random.Generator(np.random.Philox(seed)).permutation(len(names))
    return [names[i] for i in order]
