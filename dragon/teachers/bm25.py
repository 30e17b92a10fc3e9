"""Kind ``lucene-bm25``: Lucene's own BM25 over Anserini's English analysis, as Pyserini's flat indexes have it.

Each passage is one field, ``title text``; Lucene keeps a passage's length in one byte, exact up to 40 terms, so
scores are Lucene's, not the formula's on exact lengths. Ties follow Anserini: score descending, then external id as
a string; it rounds scores to four decimals and lowers the later of equal ones by millionths, so that an evaluation
keeps its order. nDCG@10 with k1 = 0.9, b = 0.4 on BEIR's NFCorpus is .3218, as Pyserini publishes.
"""

import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from dragon import artifacts, typed
from dragon.core import Corpus
from dragon.core.ranked_lists import PAD
from dragon.errors import ArtifactError, ConfigError
from dragon.progress import progress
from dragon.teachers import anserini, jvm
from dragon.teachers.base import ENCODERS, ENGINES, FitData, Searcher


@ENCODERS("lucene-english")
@dataclass(frozen=True, kw_only=True)
class LuceneEnglish:
    """Lucene's English analysis: its options are ``options.encoder``, nothing is fitted."""

    stemmer: Literal["porter", "krovetz", "none"]
    stopwords: bool
    """Whether Lucene's 33 English stop words are left out."""

    @classmethod
    def fit(cls, data: FitData, options: dict[str, Any]) -> "LuceneEnglish":
        """Check the options; raises ConfigError."""
        return typed.build(cls, options, "options.encoder")

    def save(self, folder: Path) -> None:
        """Write ``analysis.json``."""
        artifacts.write_json(folder / "analysis.json", asdict(self))

    @classmethod
    def load(cls, folder: Path) -> "LuceneEnglish":
        """Read it back; raises ArtifactError or ConfigError when it is not such a file."""
        path = folder / "analysis.json"
        return typed.build(cls, artifacts.read_json(path), str(path))

    def analyzer(self) -> Any:
        """The Java object; the machine must be up."""
        family = jvm.java_class("io.anserini.analysis.DefaultEnglishAnalyzer")
        return family.fromArguments(self.stemmer, not self.stopwords, None)


@dataclass(frozen=True, kw_only=True)
class LuceneBm25Options:
    """``options.engine`` of a Lucene BM25 teacher."""

    k1: float
    b: float
    threads: int
    heap: str
    """Memory of the Java machine, as in ``-Xmx``; one machine serves the whole process, the first teacher decides."""


@ENGINES("lucene-bm25")
def open_bm25(
    encoder: LuceneEnglish, options: dict[str, Any], corpus: Corpus, work: Path, first_stage: Searcher | None = None
) -> "LuceneBm25":
    """Index the passages below ``work`` and open the index.

    Raises:
        ConfigError: an option is wrong, or a first stage is given, which this engine has no use for.
        ArtifactError: two passages have one id.
        UserError: no Java 21, or no Anserini jar.
    """
    if first_stage is not None:
        raise ConfigError("options.engine: first_stage: kind lucene-bm25 searches the whole collection; remove it")
    settings = typed.build(LuceneBm25Options, options, "options.engine")
    _check(settings)
    anserini.start_machine(settings.threads, settings.heap)
    row_of = {doc_id: row for row, doc_id in enumerate(corpus.ids)}
    if len(row_of) < len(corpus):
        raise ArtifactError(f"{corpus.folder}: {len(corpus) - len(row_of)} passages repeat an id; allowed: each once")
    texts = _write_texts(corpus, work / "texts")
    analysis = {"stemmer": encoder.stemmer, "keepStopwords": not encoder.stopwords}
    index = work / "index"
    anserini.build_index(work / "texts", index, settings.threads, texts, collectionClass="JsonCollection", **analysis)
    return LuceneBm25(encoder, settings, row_of, index)


class LuceneBm25:
    """Anserini's ``SimpleSearcher`` with BM25 similarity; scores are Lucene's, in single precision."""

    def __init__(self, encoder: LuceneEnglish, options: LuceneBm25Options, row_of: dict[str, int], index: Path) -> None:
        self._row_of, self._threads = row_of, options.threads
        self._searcher = jvm.java_class("io.anserini.search.SimpleSearcher")(str(index))
        self._searcher.set_analyzer(encoder.analyzer())
        self._searcher.set_bm25(options.k1, options.b)

    def search(self, queries: Sequence[str], depth: int) -> tuple[np.ndarray, np.ndarray]:
        """See :class:`dragon.teachers.base.Searcher`; ties as the module says. A query without terms has no list."""
        docs = np.full((len(queries), depth), PAD, dtype=np.int32)
        scores = np.full((len(queries), depth), -np.inf, dtype=np.float32)
        step = anserini.queries_per_call(depth)
        for start in progress(range(0, len(queries), step), desc="Lucene", unit="call"):
            asked = dict(enumerate(queries[start : start + step], start))
            for row, hits in anserini.batch_search(self._searcher, asked, depth, self._threads):
                docs[row, : len(hits)] = [self._row_of[hit["docid"]] for hit in hits]
                scores[row, : len(hits)] = [hit["score"] for hit in hits]
        return docs, scores


def _check(options: LuceneBm25Options) -> None:
    if not 0 <= options.k1 < math.inf:
        raise ConfigError(f"options.engine.k1: found {options.k1}, allowed: 0 or more")
    if not 0 <= options.b <= 1:
        raise ConfigError(f"options.engine.b: found {options.b}, allowed: 0 to 1")


def _write_texts(corpus: Corpus, folder: Path) -> int:
    """A ``JsonCollection``; Anserini leaves out a passage that is blank. Returns how many are not."""
    folder.mkdir(parents=True)
    written = 0
    with (folder / "texts.jsonl").open("w", encoding="utf-8") as file:
        for passage in progress(corpus, desc="texts", unit="passage", total=len(corpus)):
            if passage.full_text.strip():
                file.write(json.dumps({"id": passage.doc_id, "contents": passage.full_text}) + "\n")
                written += 1
    return written
