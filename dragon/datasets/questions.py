"""Training queries for a folder that brings none: the questions that the passages ask themselves.

Web passages hold many: headings, lists of frequent questions, forum posts. They stand for the training queries of the
collection wherever the graph fits something on pairs (query set ``human``, the query generator, the re-ranker). They
are not what users asked: the passage holds the question itself, word for word, so a pair is far easier than a real one
and its judgments are that one sentence. What is fitted on them leans on words that query and passage share, and is
never evidence on human queries (paper Figure 3). An answer is judged only where it stands beside the question.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from dragon.core import Passage, Qrels
from dragon.core.queries import Query
from dragon.datasets.beir_corpus import Stream
from dragon.errors import ArtifactError, ConfigError

_CUT = re.compile(
    r"""(?<=[?!])\s+"""  # what follows may be in lower case, as in "how much? it depends"
    r"""|(?:(?<=\.)|(?<=[.?!]["')\]\u2019\u201d]))\s++(?![a-z])"""  # "the U.S. army" and "'why?' she asked" go on
    r"""|\n\s*\n"""
)


@dataclass(frozen=True, kw_only=True)
class Options:
    """Which questions become queries of which split."""

    split: str
    """Its name; none of the folder's own."""
    words: tuple[int, int]
    """Fewest and most words, as white space parts them."""
    per_passage: int | None
    """Queries whose first passage is the same, at most (the first ones): some passages are long lists of questions."""
    seed: int
    limit: int | None
    """Queries at most, a sample of all; null takes all."""

    def check(self, splits: Iterable[str], where: str) -> None:
        """Raise ConfigError for a split that a file gives already, or a number out of range."""
        low, high = self.words
        rules = {
            "split": (self.split, self.split not in splits, "a name that `splits` does not have; they name files"),
            "words": (list(self.words), 1 <= low <= high, "[fewest, most], at least one"),
            "per_passage": (self.per_passage, self.per_passage is None or self.per_passage >= 1, "1 or more, or null"),
            "seed": (self.seed, self.seed >= 0, "0 or more"),
            "limit": (self.limit, self.limit is None or self.limit >= 1, "1 or more, or null for all"),
        }
        for key, (found, holds, allowed) in rules.items():
            if not holds:
                raise ConfigError(f"{where}.{key}: found {found!r}, allowed: {allowed}")


@dataclass(frozen=True)
class Questions:
    """A split made of questions: every query has judgments, all of grade 1."""

    queries: list[Query]
    qrels: Qrels
    report: dict[str, int]
    corpus_sha256: str
    """Of the file that they were read from."""

    def check_unchanged(self, stream: Stream) -> None:
        """Raise ArtifactError if a later reading of the corpus gave other bytes."""
        if stream.lines.sha256 != self.corpus_sha256:
            raise ArtifactError(f"{stream.lines.path}: changed while it was read; run the stage again")


@dataclass
class _Question:
    query: Query
    docs: dict[str, int]


def questions_of(stream: Stream, options: Options, others: Iterable[str], where: str) -> Questions:
    """Read the corpus once; what is held are the questions, not the passages.

    The id is ``question-<passage row>-<n>``, both from 0, where n counts all questions of the passage, title first.
    Judged are all passages that hold the same question. Questions are the same when they differ in case, white space
    or the marks at their end only; the first one gives id and text. Those that ``others`` (queries of other splits)
    hold are left out, since their passages would tell what is tested. Order is that of the passages.

    Raises:
        ArtifactError: no question is left.
    """
    found: dict[str, _Question] = {}
    report = dict.fromkeys(("found", "distinct", "also_queries_of_other_splits", "beyond_per_passage", "kept"), 0)
    for query, doc_id in _asked(stream, options.words):
        report["found"] += 1
        found.setdefault(_same(query.text), _Question(query, {})).docs[doc_id] = 1
    report["distinct"] = len(found)
    tested = {_same(text) for text in others}
    left = [question for key, question in found.items() if key not in tested]
    report["also_queries_of_other_splits"] = len(found) - len(left)
    capped = list(_capped(left, options.per_passage))
    report["beyond_per_passage"] = len(left) - len(capped)
    kept = _sample(capped, options)
    report["kept"] = len(kept)
    if not kept:
        low, high = options.words
        advice = "widen `words`, or set `questions` to null and bring a file of judgments for the split"
        raise ArtifactError(f"{where}: found no question of {low}-{high} words in the passages; {advice}")
    qrels = Qrels({one.query.query_id: one.docs for one in kept})
    return Questions([one.query for one in kept], qrels, report, stream.lines.sha256)


def sentences(text: str) -> Iterator[str]:
    """Sentences in order, white space collapsed: cut where a mark ends one, or at an empty line."""
    for part in _CUT.split(text):
        if sentence := " ".join(part.split()):
            yield sentence


def _asked(passages: Iterable[Passage], words: tuple[int, int]) -> Iterator[tuple[Query, str]]:
    """Every question that has so many words, with the id of its passage."""
    for row, passage in enumerate(passages):
        parts = [part for part in (passage.title, passage.text) if "?" in part]
        asked = [sentence for part in parts for sentence in sentences(part) if sentence.endswith("?")]
        for n, text in enumerate(asked):
            if words[0] <= len(text.split()) <= words[1]:
                yield Query(f"question-{row}-{n}", text), passage.doc_id


def _same(text: str) -> str:
    """Equal for texts that ask the same; queries of test collections often lack the mark."""
    return " ".join(text.casefold().split()).rstrip("?!. ")


def _capped(found: list[_Question], most: int | None) -> Iterator[_Question]:
    """The first questions of each passage."""
    taken: Counter[str] = Counter()
    for question in found:
        first = next(iter(question.docs))
        taken[first] += 1
        if most is None or taken[first] <= most:
            yield question


def _sample(found: list[_Question], options: Options) -> list[_Question]:
    if options.limit is None or len(found) <= options.limit:
        return found
    chosen = np.random.Generator(np.random.Philox(options.seed)).permutation(len(found))[: options.limit]
    return [found[place] for place in sorted(chosen)]
