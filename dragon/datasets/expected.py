"""What a collection should come to: counts, and one digest over everything in it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields

from dragon import artifacts
from dragon.core import Passage, Qrels
from dragon.core.queries import Query


@dataclass(frozen=True, kw_only=True)
class Expected:
    """``expect`` of a scale's file; null there accepts whatever is found."""

    passages: int
    queries: dict[str, int]
    """By split."""
    sha256: str
    """Over passages, queries and judgments."""

    @classmethod
    def of(
        cls, passages: Sequence[Passage], queries: Mapping[str, list[Query]], qrels: Mapping[str, Qrels]
    ) -> "Expected":
        """What a collection does come to."""
        grades = {split: {query: dict(docs) for query, docs in one.grades.items()} for split, one in qrels.items()}
        counts = {split: len(rows) for split, rows in queries.items()}
        return cls(
            passages=len(passages), queries=counts, sha256=artifacts.digest([list(passages), dict(queries), grades])
        )

    def differences(self, found: "Expected") -> Iterator[str]:
        """``passages: found 6999, expected 7000``, one for each field that differs."""
        for key in (field.name for field in fields(self)):
            if getattr(self, key) != getattr(found, key):
                yield f"{key}: found {getattr(found, key)}, expected {getattr(self, key)}"
