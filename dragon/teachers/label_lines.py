"""Lines of the authors' label files (dpr-scale's ``convert_trec_to_train.py``) -> numbers.

A line is ``{"query_id", "question", "positive_ctxs": [{"docidx", "relevance"} x 10], "hard_negative_ctxs": [x 5]}``:
a teacher's passages at ranks 1-10 and 46-50, best first. ``docidx`` is the passage's id as a text or a number; a list
that is shorter is a query for which the teacher found fewer.
"""

import json
import math
from dataclasses import dataclass, field
from typing import NamedTuple

from dragon.core.run_files import LARGEST

POSITIVES, NEGATIVES = (1, 10), (46, 50)
"""Inclusive ranks that the files keep."""
WIDTHS = tuple(last - first + 1 for first, last in (POSITIVES, NEGATIVES))
NAMED = 5
"""How many wrong ids or lines a report names."""
_PARTS = ("positive_ctxs", "hard_negative_ctxs")


class Labelled(NamedTuple):
    """One line; ``docs`` and ``scores`` have 15 places, those of missing passages hold ``""`` and ``-inf``."""

    query_id: str
    question: str
    docs: list[str]
    scores: list[float]


@dataclass
class Bad:
    """Things that did not fit: how many, and the first of them."""

    count: int = 0
    first: list[str] = field(default_factory=list)

    def add(self, what: str, count: int = 1) -> None:
        """Count one more, or several under one name."""
        self.count += count
        if len(self.first) < NAMED:
            self.first.append(what)

    def join(self, other: "Bad") -> None:
        """Take over what was counted elsewhere."""
        self.count += other.count
        self.first = (self.first + other.first)[:NAMED]

    def __str__(self) -> str:
        return f"{self.count} ({', '.join(self.first)}{', ...' if self.count > len(self.first) else ''})"


class MalformedError(ValueError):
    """What is wrong with a line, in a few words."""


def parse(line: bytes) -> Labelled:
    """One line.

    Raises:
        MalformedError: it is not JSON, lacks a key, or holds too many passages, a score that is not finite, or scores
            that rise.
    """
    try:
        found = json.loads(line)
        query_id, question = _id(found["query_id"], "query_id"), found["question"]
        parts = [found[name] for name in _PARTS]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise MalformedError(f"not a label line ({type(error).__name__}: {error})"[:120]) from None
    if not isinstance(question, str):
        raise MalformedError(f"question is {question!r}"[:120])
    docs: list[str] = []
    scores: list[float] = []
    for name, width, items in zip(_PARTS, WIDTHS, parts, strict=True):
        ids, values = _passages(name, width, items)
        docs += ids + [""] * (width - len(ids))
        scores += values + [-math.inf] * (width - len(ids))
    return Labelled(query_id, question, docs, scores)


def _passages(name: str, width: int, items: object) -> tuple[list[str], list[float]]:
    """Ids and scores of one of the two lists; whole lists are looked at, since this is done a billion times."""
    if not isinstance(items, list) or len(items) > width:
        many = f"{len(items)} passages" if isinstance(items, list) else repr(items)[:40]
        raise MalformedError(f"{name} holds {many}, allowed: a list of {width} at most")
    try:
        ids, scores = [item["docidx"] for item in items], [item["relevance"] for item in items]
    except (KeyError, TypeError):
        raise MalformedError(f"{name} holds a passage without docidx or relevance") from None
    if not {*map(type, ids)} <= {str, int} or "" in ids:
        raise MalformedError(f"docidx is not a name in {name}")
    if not {*map(type, scores)} <= {float, int} or not all(map(_finite, scores)):
        raise MalformedError(f"relevance is no finite number in {name}")
    if scores != sorted(scores, reverse=True):
        raise MalformedError(f"relevance rises along {name}")
    ids = [*map(str, ids)]
    if len({*ids}) < len(ids):
        raise MalformedError(f"a passage stands twice in {name}")
    return ids, scores


def _finite(value: float) -> bool:
    """In single precision, in which scores are kept."""
    return -LARGEST <= value <= LARGEST


def _id(value: object, name: str) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int) or value == "":
        raise MalformedError(f"{name} is {value!r}"[:120])
    return str(value)


def same_text(question: str, text: str) -> bool:
    """Whether a line's question is the query that its id stands for.

    The authors read their texts with a CSV reader, which takes quotation marks and white space as it likes.
    """
    return question == text or _bare(question) == _bare(text)


def _bare(text: str) -> str:
    return "".join(text.replace('"', "").split())
