"""Figure 4: passages, the queries made from them, and what the teachers take for relevant to each."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from dragon import typed
from dragon.artifacts import Layout
from dragon.config import IN_DOMAIN, Params, Scale
from dragon.core import Corpus
from dragon.errors import ConfigError
from dragon.progress import progress
from dragon.registry import unknown
from dragon.reporting.figures.content import Content, Given, Place, standing
from dragon.reporting.figures.passages import QuerySet, spans, words_of

FIELDS = (
    *("passage", "query_set", "number", "query_id", "query", "labels", "teachers", "depth", "unique_positives"),
    *("example", "votes", "example_text", "shared_words", "passage_text"),
)


@dataclass(frozen=True, kw_only=True)
class Choice:
    """Passages chosen by a seed among those that have enough queries of every kind."""

    count: int
    seed: int


@dataclass(frozen=True)
class Query:
    """One query of a passage.

    unique   how many different passages the teachers' top ``depth`` hold together
    example  id of the likeliest positive that is neither the source nor shown before; empty if there is none
    votes    how many teachers hold it
    shared   words that query and example share
    """

    kind: str
    number: int
    query_id: str
    text: str
    labels: str
    unique: int
    example: str
    example_text: str
    votes: int
    shared: frozenset[str]


@dataclass(frozen=True)
class Shown:
    """A passage with its queries."""

    passage: str
    text: str
    queries: tuple[Query, ...]


@dataclass(frozen=True)
class Page:
    """Passages and how many of a text's words the picture prints."""

    shown: tuple[Shown, ...]
    words: int


@dataclass(frozen=True, kw_only=True)
class Examples:
    """Options of the kind ``examples``.

    labels        kind of query as printed -> ``<query set>/<pool>``
    passages      ids, or ``{count, seed}``; a scale that names ``examples`` shows those instead
    queries       queries of each kind that are shown
    words         longer texts are cut after so many words; the CSV file holds them whole
    bold_letters  shared words of at least so many letters are bold
    """

    labels: dict[str, str]
    passages: Any
    queries: int
    words: int
    bold_letters: int

    def check(self, scale: Scale, root: Path, where: str) -> None:
        """Raise ConfigError when a query set is not there or the passages are neither ids nor a choice."""
        for kind, labels in self.labels.items():
            if labels.split("/")[0] not in scale.query_sets:
                raise unknown(f"{where}.labels.{kind}", labels, [f"{name}/..." for name in scale.query_sets])
        choice = self._choice(f"{where}.passages")
        rules = {"queries": self.queries >= 1, "words": self.words >= 1, "bold_letters": self.bold_letters >= 1}
        rules["passages"] = (choice.count >= 1 and choice.seed >= 0) if isinstance(choice, Choice) else bool(choice)
        for key, holds in rules.items():
            if not holds:
                raise ConfigError(f"{where}.{key}: found {getattr(self, key)!r}, out of range")

    def inputs(self, layout: Layout) -> list[Path]:
        """Label manifests and query sets; the in-domain collection lies in the scale's datasets."""
        sets = [(layout.labels(labels), layout.queries(labels.split("/")[0])) for labels in self.labels.values()]
        return [layout.root / "datasets", *(path for pair in sets for path in pair)]

    def systems(self) -> list[str]:
        return []

    def places(self) -> list[Place]:
        return []

    def gather(self, params: Params, given: Given) -> Content:
        """Passages with their first queries of each kind.

        Raises:
            ConfigError: a passage is not in the collection or has too few queries; none has enough.
            ArtifactError: labels, queries or the collection are missing.
        """
        corpus = Corpus.open(params.layout.dataset(IN_DOMAIN, params.collection()) / "corpus")
        sets = {kind: QuerySet.open(kind, labels, params) for kind, labels in self.labels.items()}
        rows = self._rows(corpus, sets, params.scale.examples)
        shown = tuple(self._shown(row, corpus, sets, params.training.positives) for row in rows)
        depth = params.training.positives
        return Content(
            heads=("Passage", "", "", "Query", "Unique positives", "Example of a positive"),
            rows=tuple(_table_rows(shown, self.words)),
            fields=FIELDS,
            records=tuple(_records(shown, sets, depth)),
            notes=(standing(params.scale, params.scale_name), *_notes(self, sets, depth, not params.scale.examples)),
            picture=Page(shown, self.words),
        )

    def _choice(self, where: str) -> "Choice | tuple[str, ...]":
        if isinstance(self.passages, Mapping):
            return typed.build(Choice, self.passages, where)
        return typed.convert(tuple[str, ...], self.passages, where)

    def _rows(self, corpus: Corpus, sets: Mapping[str, QuerySet], examples: tuple[str, ...]) -> list[int]:
        """Corpus rows of the passages, in the order given or drawn."""
        counts = {kind: one.per_passage(len(corpus)) for kind, one in sets.items()}
        choice = examples or self._choice("passages")
        if isinstance(choice, Choice):
            enough = np.flatnonzero(np.all([count >= self.queries for count in counts.values()], axis=0))
            if len(enough) < choice.count:
                raise ConfigError(f"passages: found {len(enough)} with {self.queries} queries of each kind, not enough")
            order = np.random.Generator(np.random.Philox(choice.seed)).permutation(len(enough))
            return [int(row) for row in enough[order[: choice.count]]]
        row_of = {
            doc: row for row, doc in enumerate(progress(corpus.ids, "passages", total=len(corpus))) if doc in choice
        }
        for doc in choice:
            if doc not in row_of:
                raise ConfigError(f"passages: found {doc!r}, allowed: an id of the collection {corpus.folder}")
            for kind, count in counts.items():
                if count[row_of[doc]] < self.queries:
                    raise ConfigError(f"passages: {doc!r} has {count[row_of[doc]]} {kind} queries, not {self.queries}")
        return [row_of[doc] for doc in choice]

    def _shown(self, row: int, corpus: Corpus, sets: Mapping[str, QuerySet], depth: int) -> Shown:
        queries, seen = [], {row}
        for one in sets.values():
            for number, query in enumerate(one.rows_of(row)[: self.queries], 1):
                queries.append(self._query(one, number, query, corpus, seen, depth))
        return Shown(corpus.ids[row], corpus[row].full_text, tuple(queries))

    def _query(self, one: QuerySet, number: int, query: int, corpus: Corpus, seen: set[int], depth: int) -> Query:
        """``seen`` holds passages not to be shown again, and gets the example."""
        votes = one.positives(query, depth)
        example = next((doc for doc in votes if doc not in seen), None)
        text = one.queries.texts[query]
        facts = (one.kind, number, one.queries.ids[query], text, one.labels, len(votes))
        if example is None:
            return Query(*facts, "", "", 0, frozenset())
        seen.add(example)
        passage = corpus[example].full_text
        shared = words_of(text, self.bold_letters) & words_of(passage, self.bold_letters)
        return Query(*facts, corpus.ids[example], passage, votes[example], shared)


def _table_rows(shown: tuple[Shown, ...], words: int) -> Iterator[tuple[Any, ...]]:
    for one in shown:
        for i, query in enumerate(one.queries):
            first = spans(one.text, frozenset(), words) if i == 0 else ""
            found = spans(query.example_text, query.shared, words) if query.example else "none but those shown above"
            asked = spans(query.text, query.shared, words)
            yield first, query.kind, f"Q{query.number}", asked, str(query.unique), found


def _records(shown: tuple[Shown, ...], sets: Mapping[str, QuerySet], depth: int) -> Iterator[dict[str, Any]]:
    for one in shown:
        for query in one.queries:
            yield {
                "passage": one.passage,
                "query_set": query.kind,
                "number": query.number,
                "query_id": query.query_id,
                "query": query.text,
                "labels": query.labels,
                "teachers": " ".join(sets[query.kind].teachers),
                "depth": depth,
                "unique_positives": query.unique,
                "example": query.example,
                "votes": query.votes,
                "example_text": query.example_text,
                "shared_words": " ".join(sorted(query.shared)),
                "passage_text": one.text,
            }


def _notes(options: Examples, sets: Mapping[str, QuerySet], depth: int, drawn: bool) -> Iterator[str]:
    """``drawn``: the passages are the file's choice, not named by the scale."""
    teachers = {kind: one.teachers for kind, one in sets.items()}
    names = "; ".join(dict.fromkeys(", ".join(one) for one in teachers.values()))
    yield (
        f"Unique positives: passages in the union of the top {depth} of {names}. The example is the likeliest of them "
        "(by teachers that hold it, then by rank) that is neither the source passage nor shown before. Bold: words of "
        f"{options.bold_letters} letters or more that query and example share."
    )
    if drawn and isinstance(options.passages, Mapping):
        yield (
            f"The passages are a seeded choice (seed {options.passages['seed']}) among those with at least "
            f"{options.queries} queries of each kind."
        )
