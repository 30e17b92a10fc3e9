"""``corpus.jsonl`` of a BEIR folder as a stream: what is kept does not grow with the texts.

Beside the offsets of the memory-mapped form, 8 bytes a passage are held to see repeated ids.
"""

import json
from array import array
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b, sha256
from typing import Any

import numpy as np

from dragon.core import Passage, Qrels
from dragon.core.queries import Query
from dragon.datasets.beir_lines import Lines, checked_id, records, text_of
from dragon.datasets.beir_queries import empty, repeated
from dragon.datasets.expected import Expected
from dragon.progress import progress


@dataclass
class Stream:
    """One reading of the corpus: iterate once, then ask what was seen."""

    lines: Lines
    titles: bool
    """Keep titles; without them the text alone is what every encoder reads."""
    wanted: set[str]
    """Ids to look for: of judged documents, and of queries."""
    found: set[str] = field(default_factory=set)
    passages: int = 0
    empty_texts: int = 0
    empty_passages: int = 0
    """Without text and without title."""

    def __post_init__(self) -> None:
        self._seen, self._digest = array("Q"), sha256(b"[[")

    def __iter__(self) -> Iterator[Passage]:
        """Yield the passages in file order.

        Raises:
            ArtifactError: the file is missing or empty, a line is not a passage, or an id stands twice; the last is
                known at the end.
        """
        for passage in progress(_passages(self.lines), self.lines.path.name, "passage"):
            kept = passage if self.titles else passage._replace(title="")
            self._count(kept)
            yield kept
        if not self.passages:
            raise empty(self.lines.path, '{"_id": ..., "title": ..., "text": ...}')
        self._check_once()

    def _count(self, passage: Passage) -> None:
        text = json.dumps(passage, ensure_ascii=False)
        self._digest.update((f", {text}" if self.passages else text).encode())
        self._seen.append(_short(passage.doc_id))
        self.passages += 1
        self.empty_texts += not passage.text.strip()
        self.empty_passages += not passage.full_text.strip()
        if passage.doc_id in self.wanted:
            self.found.add(passage.doc_id)

    def _check_once(self) -> None:
        """Equal digests are rare unless an id is repeated; then the file is read again, to name the lines."""
        digests = np.frombuffer(self._seen, dtype=np.uint64)
        digests.sort()
        suspects = set(digests[1:][digests[1:] == digests[:-1]].tolist())
        first: dict[str, str] = {}
        for place, record in records(self.lines.again()) if suspects else ():
            doc_id = record["_id"]
            if _short(doc_id) in suspects and first.setdefault(doc_id, place) != place:
                raise repeated(place, "document", doc_id, first[doc_id])

    def expected(self, queries: Mapping[str, list[Query]], qrels: Mapping[str, Qrels]) -> Expected:
        """What ``Expected.of`` gives for the same passages, without having held them."""
        grades = {split: {query: dict(docs) for query, docs in one.grades.items()} for split, one in qrels.items()}
        digest = self._digest.copy()
        digest.update(f"], {_sorted(dict(queries))}, {_sorted(grades)}]".encode())
        counts = {split: len(rows) for split, rows in queries.items()}
        return Expected(passages=self.passages, queries=counts, sha256=digest.hexdigest())


def _passages(lines: Lines) -> Iterator[Passage]:
    for place, record in records(lines):
        doc_id = checked_id(text_of(record, "_id", place), place, "_id")
        title = "" if record.get("title") is None else text_of(record, "title", place)
        yield Passage(doc_id, title, text_of(record, "text", place))


def _short(doc_id: str) -> int:
    return int.from_bytes(blake2b(doc_id.encode(), digest_size=8).digest(), "little")


def _sorted(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False)
