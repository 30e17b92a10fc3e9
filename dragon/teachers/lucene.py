"""Engine ``lucene``: integer impacts in a Lucene index, through the Anserini jar that Pyserini ships.

The only door to Java. What goes in are whole numbers that the encoder rounded (Anserini would cut decimals
silently); a score is the sum over shared terms of query weight x passage weight, exact below 2^24. Anserini
lowers the later of tied scores by millionths, which rounding takes back. Ties follow Anserini: score descending,
then external id as a string; an index made here knows a passage by its zero-padded corpus row, so that string order
is corpus order (a prebuilt one keeps the order of its own ids). A query without terms or hits has an empty list.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np

from dragon import typed
from dragon.core import Corpus
from dragon.core.ranked_lists import PAD
from dragon.errors import ConfigError
from dragon.progress import progress
from dragon.teachers import anserini, jvm, prebuilt
from dragon.teachers.base import ENGINES, Searcher

Impacts = Mapping[str, int]
"""Term -> weight, a positive whole number; a term holds no white space."""


class SparseEncoder(Protocol):
    """What this engine asks of an encoder."""

    def documents(self, texts: Sequence[str]) -> Sequence[Impacts]: ...

    def queries(self, texts: Sequence[str]) -> Sequence[Impacts]: ...


@runtime_checkable
class CorpusEncoder(Protocol):
    """An encoder that asks for the collection itself, and gives impacts one passage after the other."""

    def documents_of(self, corpus: Corpus) -> Iterator[Impacts]: ...


@dataclass(frozen=True, kw_only=True)
class LuceneOptions:
    """``options.engine`` of a Lucene teacher."""

    threads: int
    heap: str
    """Memory of the Java machine, as in ``-Xmx``; one machine serves the whole process, the first teacher decides."""
    prebuilt: dict[str, str] = field(default_factory=dict)
    """``<suite>/<dataset>`` -> folder of an impact index, or of a JsonVectorCollection, that somebody else made of this
    collection with this encoder, see :mod:`dragon.teachers.prebuilt`; the others are encoded and indexed here."""


@ENGINES("lucene")
def open_lucene(
    encoder: SparseEncoder, options: dict[str, Any], corpus: Corpus, work: Path, first_stage: Searcher | None = None
) -> "LuceneSearcher":
    """Index the passages' impacts below ``work`` and open the index.

    Raises:
        ConfigError: an option is wrong, or a first stage is given, which this engine has no use for.
        ArtifactError: a prebuilt index is not one of this collection.
        UserError: no Java 21, or no Anserini jar.
    """
    if first_stage is not None:
        raise ConfigError("options.engine: first_stage: kind lucene searches the whole collection; remove it")
    settings = typed.build(LuceneOptions, options, "options.engine")
    key = "/".join(corpus.folder.parts[-3:-1])
    if key in settings.prebuilt:
        folder = prebuilt.folder_of(settings.prebuilt[key], f"options.engine.prebuilt.{key}")
        anserini.start_machine(settings.threads, settings.heap)
        index = prebuilt.index_of(folder, work / "index", settings.threads, len(corpus))
        return LuceneSearcher(encoder, index, settings.threads, prebuilt.Rows(corpus, folder))
    anserini.start_machine(settings.threads, settings.heap)
    streams = isinstance(encoder, CorpusEncoder)
    vectors = encoder.documents_of(corpus) if streams else iter(encoder.documents(corpus.full_texts()))
    filled = _write_vectors(work / "vectors", vectors, len(corpus))
    anserini.build_index(work / "vectors", work / "index", settings.threads, filled, **anserini.IMPACTS)
    return LuceneSearcher(encoder, work / "index", settings.threads)


class LuceneSearcher:
    """Anserini's ``SimpleImpactSearcher`` over an impact index; ``rows`` knows the rows of ids that are not rows."""

    def __init__(self, encoder: SparseEncoder, index: Path, threads: int, rows: prebuilt.Rows | None = None) -> None:
        self._encoder, self._threads, self._rows = encoder, threads, rows
        self._searcher = jvm.java_class("io.anserini.search.SimpleImpactSearcher")(str(index))

    def search(self, queries: Sequence[str], depth: int) -> tuple[np.ndarray, np.ndarray]:
        """See :class:`dragon.teachers.base.Searcher`; ties as the module says."""
        docs = np.full((len(queries), depth), PAD, dtype=np.int32)
        scores = np.full((len(queries), depth), -np.inf, dtype=np.float32)
        step = anserini.queries_per_call(depth)
        vectors = self._encoder.queries(queries)
        for start in progress(range(0, len(queries), step), desc="Lucene", unit="call"):
            asked = {row: vector for row, vector in enumerate(vectors[start : start + step], start) if vector}
            for row, hits in anserini.batch_search(self._searcher, asked, depth, self._threads):
                found = [int(hit["docid"]) for hit in hits] if self._rows is None else self._rows.of(hits)
                known = [(doc, round(hit["score"])) for doc, hit in zip(found, hits, strict=True) if doc != PAD]
                docs[row, : len(known)] = [doc for doc, _ in known]
                scores[row, : len(known)] = [score for _, score in known]
        if self._rows is not None:
            self._rows.report()
        return docs, scores


def _write_vectors(folder: Path, vectors: Iterator[Impacts], passages: int) -> int:
    """A ``JsonVectorCollection``; a passage without terms is left out, as Anserini would leave it out, not counted."""
    folder.mkdir(parents=True)
    width, filled = len(str(max(passages - 1, 0))), 0
    with (folder / "vectors.jsonl").open("w", encoding="utf-8") as file:
        for row, vector in enumerate(vectors):
            if vector:
                file.write(json.dumps({"id": f"{row:0{width}d}", "contents": "", "vector": dict(vector)}) + "\n")
                filled += 1
    return filled
