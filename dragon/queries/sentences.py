"""Cropping: every sentence of every passage is a query (paper 3.1; the authors' code has no length filter either).

The one door to ``sentence-splitter``, the splitter behind the paper's 28,545,938 queries.
"""

import multiprocessing
import os
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from dataclasses import dataclass
from itertools import compress
from pathlib import Path
from typing import Any, Literal

from sentence_splitter import SentenceSplitter, SentenceSplitterException

from dragon import typed
from dragon.core import Corpus
from dragon.core.queries import Query
from dragon.errors import ArtifactError, ConfigError
from dragon.progress import progress
from dragon.queries import SOURCES, Augmented, Inputs
from dragon.queries.sampling import Sample, check_sample, kept

_CHUNK = 2000
_WORTH_A_POOL = 50_000
"""Passages from which on starting processes pays; what comes out is the same."""
_AHEAD = 2
"""Chunks that each process may be ahead of what has been written: this bounds the memory."""
_worker: list[Any] = []
"""Of one worker process: its texts and splitter."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """How passages are split."""

    splitter: Literal["sentence-splitter"]
    language: str
    """Two letters: whose list of non-breaking prefixes."""
    sample: Sample | None
    """Null: every sentence, as in the paper."""
    expected: int | None = None
    """Sentences that the collection has to give, before any sample; null accepts whatever it gives. The authors read
    MS MARCO with quoting on, which joins some passages that open with a quotation mark (dossier 1c); we read lines."""


@SOURCES("sentences")
def sentences(options: Mapping[str, Any], inputs: Inputs, where: str) -> Augmented:
    """One query per sentence, in (passage, sentence) order; ids are ``<passage row>-<sentence number from 0>``.

    Without a sample they are streamed: a few chunks of passages are in memory at any time.

    Raises:
        ArtifactError: the collection gives another number of sentences than ``expected``.
    """
    settings = typed.build(Options, options, where)
    check_sample(settings.sample, where)
    _splitter(settings.language)
    report = {"passages": len(inputs.corpus), "sentences": 0, "empty_left_out": 0}
    found = _sentences(inputs.corpus, settings, report, where)
    if not settings.sample:
        return Augmented(found, report)
    queries = list(found)
    counts = [0] * len(inputs.corpus)
    for query in queries:
        counts[query.source_row] += 1
    queries = list(compress(queries, kept(counts, inputs.corpus.ids, settings.sample, where)))
    report["not_in_sample"] = report["sentences"] - len(queries)
    return Augmented(queries, report)


def _sentences(corpus: Corpus, settings: Options, report: dict[str, int], where: str) -> Iterator[Query]:
    """All of them; ``report`` is complete, and checked, after the last one."""
    workers = (os.cpu_count() or 1) if len(corpus) >= _WORTH_A_POOL else 1
    for row, split in enumerate(split_corpus(corpus, settings.language, workers)):
        held = [(n, text) for n, text in enumerate(split) if text]
        report["sentences"] += len(held)
        report["empty_left_out"] += len(split) - len(held) + (not split)
        yield from (Query(f"{row}-{n}", text, row) for n, text in held)
    if settings.expected not in (None, report["sentences"]):
        raise ArtifactError(
            f"{where}.expected: found {report['sentences']} sentences in {len(corpus)} passages ({corpus.folder}),"
            f" expected {settings.expected}; check the collection and its text, or set `expected` to what was found"
        )


def split_corpus(corpus: Corpus, language: str, workers: int) -> Iterator[list[str]]:
    """The sentences of every passage in row order, the same for any number of worker processes."""
    starts = range(0, len(corpus), _CHUNK)
    splitter = _splitter(language)
    if workers == 1:
        for start in progress(starts, "splitting sentences", "chunk"):
            yield from _split(corpus.texts, splitter, start)
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, context, initializer=_open, initargs=(corpus.folder, language)) as pool:
        chunks = _in_order(pool, starts, workers * _AHEAD)
        for chunk in progress(chunks, "splitting sentences", "chunk", total=len(starts)):
            yield from chunk


def _in_order(pool: Executor, starts: Sequence[int], ahead: int) -> Iterator[list[list[str]]]:
    """Chunks in order, at most ``ahead`` of them unread; ``Executor.map`` would let fast workers fill the memory."""
    asked: deque[Future[list[list[str]]]] = deque()
    for start in starts:
        asked.append(pool.submit(_work, start))
        if len(asked) >= ahead:
            yield asked.popleft().result()
    while asked:
        yield asked.popleft().result()


def _splitter(language: str) -> SentenceSplitter:
    try:
        return SentenceSplitter(language=language)
    except SentenceSplitterException:
        raise ConfigError(f"language: found {language!r}, allowed: a language of sentence-splitter, e.g. en") from None


def _split(texts: Sequence[str], splitter: SentenceSplitter, start: int) -> list[list[str]]:
    return [splitter.split(text) for text in texts[start : start + _CHUNK]]


def _open(folder: Path, language: str) -> None:
    """A worker maps the corpus itself; only row numbers travel to it."""
    _worker[:] = [Corpus.open(folder).texts, _splitter(language)]


def _work(start: int) -> list[list[str]]:
    return _split(*_worker, start)
