"""Engine ``lucene``: integer impacts in a Lucene index, through the Anserini jar that Pyserini ships.

The only door to Java. What goes in are whole numbers that the encoder rounded (Anserini would cut decimals
silently); a score is the sum over shared terms of query weight x passage weight, exact below 2^24. Anserini
lowers the later of tied scores by millionths, which rounding takes back. Ties follow Anserini: score descending,
then external id as a string; the index knows a passage by its zero-padded corpus row, so that string order is
corpus order. A query without terms or hits has an empty list.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from dragon import typed
from dragon.core import Corpus
from dragon.core.ranked_lists import PAD
from dragon.errors import ArtifactError, ConfigError
from dragon.progress import progress
from dragon.teachers import jvm
from dragon.teachers.base import ENGINES, Searcher

Impacts = Mapping[str, int]
"""Term -> weight, a positive whole number; a term holds no white space."""

HITS_PER_CALL = 50_000
"""Java objects of one call: 8,000 queries x 100 hits in a single call took 5 GB (measured with Pyserini 1.6.0)."""
QUERIES_PER_CALL = 500


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
    if settings.threads < 1:
        raise ConfigError(f"options.engine.threads: found {settings.threads}, allowed: 1 or more")
    if not re.fullmatch(r"[1-9]\d*[kmgKMG]", settings.heap):
        raise ConfigError(f"options.engine.heap: found {settings.heap!r}, allowed: a size such as 512m or 2g")
    jvm.start(settings.heap)
    vectors = encoder.documents(corpus.full_texts())
    _write_vectors(work / "vectors", vectors)
    _build_index(work, settings.threads, sum(1 for vector in vectors if vector))
    return LuceneSearcher(encoder, work / "index", settings.threads)


class LuceneSearcher:
    """Anserini's ``SimpleImpactSearcher`` over an impact index."""

    def __init__(self, encoder: SparseEncoder, index: Path, threads: int) -> None:
        self._encoder, self._threads = encoder, threads
        self._searcher = jvm.java_class("io.anserini.search.SimpleImpactSearcher")(str(index))
        self._json = jvm.json_mapper()

    def search(self, queries: Sequence[str], depth: int) -> tuple[np.ndarray, np.ndarray]:
        """See :class:`dragon.teachers.base.Searcher`; ties as the module says."""
        docs = np.full((len(queries), depth), PAD, dtype=np.int32)
        scores = np.full((len(queries), depth), -np.inf, dtype=np.float32)
        step = max(1, min(QUERIES_PER_CALL, HITS_PER_CALL // depth))
        for start in progress(range(0, len(queries), step), desc="Lucene", unit="call"):
            impacts = self._encoder.queries(queries[start : start + step])
            for row, hits in self._call(impacts, depth):
                docs[start + row, : len(hits)] = [int(hit["docid"]) for hit in hits]
                scores[start + row, : len(hits)] = [round(hit["score"]) for hit in hits]
        return docs, scores

    def _call(self, impacts: Sequence[Impacts], depth: int) -> Iterator[tuple[int, list[dict[str, Any]]]]:
        """One call of Java for many queries; JSON both ways, since every object passed singly costs microseconds."""
        asked = {str(row): vector for row, vector in enumerate(impacts) if vector}
        maps = self._json.readValue(json.dumps(list(asked.values())), jvm.class_of("java.util.ArrayList"))
        names = self._json.readValue(json.dumps(list(asked)), jvm.class_of("java.util.ArrayList"))
        found = self._searcher.batch_search(maps, names, depth, self._threads)
        yield from ((int(name), hits) for name, hits in json.loads(self._json.writeValueAsString(found)).items())


def _write_vectors(folder: Path, vectors: Sequence[Impacts]) -> None:
    """A ``JsonVectorCollection``; a passage without terms is left out, as Anserini would leave it out."""
    folder.mkdir(parents=True)
    width = len(str(max(len(vectors) - 1, 0)))
    with (folder / "vectors.jsonl").open("w", encoding="utf-8") as file:
        for row, vector in enumerate(vectors):
            if vector:
                file.write(json.dumps({"id": f"{row:0{width}d}", "contents": "", "vector": dict(vector)}) + "\n")


def _build_index(work: Path, threads: int, expected: int) -> None:
    arguments = jvm.java_class("io.anserini.index.IndexCollection$Args")()
    arguments.collectionClass = "JsonVectorCollection"
    arguments.generatorClass = "DefaultLuceneDocumentGenerator"
    arguments.input, arguments.index = str(work / "vectors"), str(work / "index")
    arguments.impact, arguments.pretokenized, arguments.optimize, arguments.quiet = True, True, True, True
    arguments.threads = threads
    jvm.java_class("io.anserini.index.IndexCollection")(arguments).run()
    reader = jvm.java_class("io.anserini.search.SimpleImpactSearcher")(str(work / "index"))
    found = reader.get_total_num_docs()
    reader.close()
    if found != expected:
        raise ArtifactError(
            f"{work / 'index'}: Lucene holds {found} of {expected} passages; free disk space and repeat"
        )
