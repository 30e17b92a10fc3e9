"""Encoder ``expansion``: BM25 impacts expanded with related words, on both sides (SPLADE++'s slot at ``mini``).

Like SPLADE it puts on a passage the words that a question about it would use, learnt from in-domain text and
training pairs; unlike SPLADE it has no context: a word brings its relations wherever it stands.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from dragon import artifacts, typed
from dragon.errors import ArtifactError
from dragon.models.encoder import ENCODERS, FitData
from dragon.models.sparse.bm25 import bm25_weights, idf_of, quantized
from dragon.models.sparse.relations import Related, RelationOptions, fit_relations
from dragon.models.sparse.words import words
from dragon.progress import progress


@dataclass(frozen=True, kw_only=True)
class Side:
    """How one side (passages or queries) is expanded."""

    scale: float
    """Weights are ``round(scale * weight)``, at least 1."""
    factor: float
    """An added word weighs this times the strength of its relation."""
    strength: float
    """Relations below this are not followed."""
    max_terms: int
    """Most words added to one text, the heaviest first."""


@dataclass(frozen=True, kw_only=True)
class ExpansionOptions:
    """``options.encoder`` of an expansion teacher."""

    k1: float
    b: float
    passages: Side
    queries: Side
    relations: RelationOptions


@ENCODERS("expansion")
@dataclass(frozen=True)
class Expansion:
    """Relations fitted in-domain; the statistics of BM25 are those of the collection that is indexed."""

    options: ExpansionOptions
    related: Related

    @classmethod
    def fit(cls, data: FitData, options: dict[str, Any]) -> "Expansion":
        """Learn the relations; raises ConfigError before that when an option is wrong."""
        settings = typed.build(ExpansionOptions, options, "options.encoder")
        passages = data.corpus.full_texts()
        return cls(settings, fit_relations(passages, training_pairs(data, passages), settings.relations))

    def save(self, folder: Path) -> None:
        """Write ``expansion.json`` (options) and ``related.json``."""
        artifacts.write_json(folder / "expansion.json", asdict(self.options))
        artifacts.write_json(folder / "related.json", self.related)

    @classmethod
    def load(cls, folder: Path) -> "Expansion":
        """Read both back; raises ArtifactError or ConfigError when they are not such files."""
        path = folder / "expansion.json"
        options = typed.build(ExpansionOptions, artifacts.read_json(path), str(path))
        return cls(options, artifacts.read_json(folder / "related.json"))

    def documents(self, texts: Sequence[str]) -> list[dict[str, int]]:
        """Impacts of D passages; an added word's weight is in proportion to its own idf in these passages."""
        weights, idf = bm25_weights(texts, self.options.k1, self.options.b)
        unseen = idf_of(0, len(texts))
        expanded = []
        for vector in progress(weights, desc="expansion", unit="passage", total=len(weights)):
            saturation = {word: weight / idf[word] for word, weight in vector.items()}
            added = self._added(saturation, self.options.passages, lambda word: idf.get(word, unseen))
            expanded.append(quantized({**vector, **added}, self.options.passages.scale))
        return expanded

    def queries(self, texts: Sequence[str]) -> list[dict[str, int]]:
        """Weights of Q queries: word counts, and a share of them on related words."""
        side, expanded = self.options.queries, []
        for text in texts:
            counts = {word: float(count) for word, count in Counter(words(text)).items()}
            expanded.append(quantized({**counts, **self._added(counts, side, lambda word: 1.0)}, side.scale))
        return expanded

    def _added(self, found: Mapping[str, float], side: Side, value: Callable[[str], float]) -> dict[str, float]:
        """The heaviest related words that the text lacks; a word related to several of its words counts once."""
        best: dict[str, float] = {}
        for word, weight in found.items():
            for other, strength in self.related.get(word, {}).items():
                if strength >= side.strength and other not in found:
                    best[other] = max(best.get(other, 0.0), side.factor * strength * weight)
        heaviest = sorted(((weight * value(other), other) for other, weight in best.items()), key=_heaviest_first)
        return {other: weight for weight, other in heaviest[: side.max_terms]}


def training_pairs(data: FitData, passages: Sequence[str]) -> list[tuple[str, str]]:
    """Each training query's text with each passage judged relevant to it, in the order of the queries.

    Raises:
        ArtifactError: a judged passage is not in the corpus.
    """
    row = {doc_id: i for i, doc_id in enumerate(data.corpus.ids)}
    pairs = []
    for query_id, text in zip(data.train_queries.ids, data.train_queries.texts, strict=True):
        for doc_id, grade in data.train_qrels.grades.get(query_id, {}).items():
            if grade > 0 and doc_id not in row:
                raise ArtifactError(f"train qrels: query {query_id}: passage {doc_id!r} is not in the corpus")
            if grade > 0:
                pairs.append((text, passages[row[doc_id]]))
    return pairs


def _heaviest_first(entry: tuple[float, str]) -> tuple[float, str]:
    return -entry[0], entry[1]
