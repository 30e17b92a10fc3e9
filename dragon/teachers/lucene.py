"""Engine ``lucene``: integer impacts in a Lucene index, through the Anserini jar that Pyserini ships.

The only door to Java. What goes in are whole numbers that the encoder rounded (Anserini would cut decimals
silently); a score is the sum over shared terms of query weight x passage weight, exact below 2^24. Anserini
lowers the later of tied scores by millionths, which rounding takes back. Ties follow Anserini: score descending,
then external id as a string; the index knows a passage by its zero-padded corpus row, so that string order is
corpus order. A query without terms or hits has an empty list.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from dragon import typed
from dragon.core import Corpus
from dragon.core.ranked_lists import PAD
from dragon.errors import ConfigError
from dragon.progress import progress
from dragon.teachers import anserini, jvm
from dragon.teachers.base import ENGINES, Searcher

Impacts = Mapping[str, int]
"""Term -> weight, a positive whole number; a term holds no white space."""


class SparseEncoder(Protocol):
    """What this engine asks of an encoder."""

    def documents(self, texts: Sequence[str]) -> Sequence[Impacts]: ...

    def queries(self, texts: Sequence[str]) -> Sequence[Impacts]: ...


@dataclass(frozen=True, kw_only=True)
class LuceneOptions:
    """``options.engine`` of a Lucene teacher."""

    threads: int
    heap: str
    """Memory of the Java machine, as in ``-Xmx``; one machine serves the whole process, the first teacher decides."""


@ENGINES("lucene")
def open_lucene(
    encoder: SparseEncoder, options: dict[str, Any], corpus: Corpus, work: Path, first_stage: Searcher | None = None
) -> "LuceneSearcher":
    """Index the passages' impacts below ``work`` and open the index.

    Raises:
        ConfigError: an option is wrong, or a first stage is given, which this engine has no use for.
        UserError: no Java 21, or no Anserini jar.
    """
    if first_stage is not None:
        raise ConfigError("options.engine: first_stage: kind lucene searches the whole collection; remove it")
    settings = typed.build(LuceneOptions, options, "options.engine")
    anserini.start_machine(settings.threads, settings.heap)
    vectors = encoder.documents(corpus.full_texts())
    _write_vectors(work / "vectors", vectors)
    kind = {"collectionClass": "JsonVectorCollection", "impact": True, "pretokenized": True}
    anserini.build_index(work / "vectors", work / "index", settings.threads, sum(map(bool, vectors)), **kind)
    return LuceneSearcher(encoder, work / "index", settings.threads)


class LuceneSearcher:
    """Anserini's ``SimpleImpactSearcher`` over an impact index."""

    def __init__(self, encoder: SparseEncoder, index: Path, threads: int) -> None:
        self._encoder, self._threads = encoder, threads
        self._searcher = jvm.java_class("io.anserini.search.SimpleImpactSearcher")(str(index))

    def search(self, queries: Sequence[str], depth: int) -> tuple[np.ndarray, np.ndarray]:
        """See :class:`dragon.teachers.base.Searcher`; ties as the module says."""
        docs = np.full((len(queries), depth), PAD, dtype=np.int32)
        scores = np.full((len(queries), depth), -np.inf, dtype=np.float32)
        step = anserini.queries_per_call(depth)
        for start in progress(range(0, len(queries), step), desc="Lucene", unit="call"):
            vectors = self._encoder.queries(queries[start : start + step])
            asked = {row: vector for row, vector in enumerate(vectors, start) if vector}
            for row, hits in anserini.batch_search(self._searcher, asked, depth, self._threads):
                docs[row, : len(hits)] = [int(hit["docid"]) for hit in hits]
                scores[row, : len(hits)] = [round(hit["score"]) for hit in hits]
        return docs, scores


def _write_vectors(folder: Path, vectors: Sequence[Impacts]) -> None:
    """A ``JsonVectorCollection``; a passage without terms is left out, as Anserini would leave it out."""
    folder.mkdir(parents=True)
    width = len(str(max(len(vectors) - 1, 0)))
    with (folder / "vectors.jsonl").open("w", encoding="utf-8") as file:
        for row, vector in enumerate(vectors):
            if vector:
                file.write(json.dumps({"id": f"{row:0{width}d}", "contents": "", "vector": dict(vector)}) + "\n")
