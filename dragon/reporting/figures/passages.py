"""What Figure 4 looks at: a query set with the lists of a pool, positives of a query, and texts with shared words."""

import re
from dataclasses import dataclass

import numpy as np

from dragon.config import Params
from dragon.core import LabelStore, Queries
from dragon.core.ranked_lists import PAD, RankedLists
from dragon.reporting.figures.content import Span

_WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class QuerySet:
    """The queries behind some labels, with each teacher's lists; ``kind`` as printed."""

    kind: str
    labels: str
    queries: Queries
    teachers: tuple[str, ...]
    lists: tuple[RankedLists, ...]

    @classmethod
    def open(cls, kind: str, labels: str, params: Params) -> "QuerySet":
        """Open ``<query set>/<pool>`` of the scale in force; raises ArtifactError when a part is missing."""
        store = LabelStore.open(params.layout.labels(labels))
        queries = Queries.open(params.layout.queries(store.query_set))
        return cls(kind, labels, queries, tuple(store.members), tuple(store.members.values()))

    def per_passage(self, passages: int) -> np.ndarray:
        """Queries made from each of so many passages, int64 ``[D]``."""
        sources = self.queries.source_rows
        return np.bincount(sources[sources >= 0], minlength=passages)

    def rows_of(self, passage: int) -> list[int]:
        """Rows of the queries made from a passage, in order."""
        return np.flatnonzero(self.queries.source_rows == passage).tolist()

    def positives(self, query: int, depth: int) -> dict[int, int]:
        """Passage -> how many teachers hold it in their top ``depth``, as :func:`positives` orders them."""
        return positives([lists.docs_QK[query] for lists in self.lists], depth)


def positives(lists: list[np.ndarray], depth: int) -> dict[int, int]:
    """The union of the teachers' top ``depth`` passages -> how many teachers hold each, the likeliest first.

    Likeliest under uniform supervision: by votes, then by the sum of reciprocal ranks, then by row (Appendix A.2).
    """
    votes: dict[int, int] = {}
    reciprocal: dict[int, float] = {}
    for docs in lists:
        for rank, doc in enumerate((int(doc) for doc in docs[:depth] if doc != PAD), 1):
            votes[doc] = votes.get(doc, 0) + 1
            reciprocal[doc] = reciprocal.get(doc, 0.0) + 1 / rank
    return {doc: votes[doc] for doc in sorted(votes, key=lambda doc: (-votes[doc], -reciprocal[doc], doc))}


def words_of(text: str, letters: int) -> frozenset[str]:
    """Words of at least so many letters, without their case."""
    return frozenset(word.casefold() for word in _WORD.findall(text) if len(word) >= letters)


def spans(text: str, shared: frozenset[str], words: int) -> tuple[Span, ...]:
    """The text with its shared words bold, on one line, cut after so many words."""
    pieces = text.split()
    text = " ".join(pieces[:words]) + (" …" if len(pieces) > words else "")
    out: list[Span] = []
    for piece in re.split(r"(\w+)", text):
        bold = piece.casefold() in shared
        if bold and len(out) > 1 and out[-1][0].isspace():  # bold words that follow each other are one span
            out[-2:] = [(out[-2][0] + out[-1][0], True)]
        if out and out[-1][1] == bold:
            out[-1] = (out[-1][0] + piece, bold)
        elif piece:
            out.append((piece, bold))
    return tuple(out)
