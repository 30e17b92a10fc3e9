"""Cropping: every sentence of every passage is a query (paper 3.1; the authors' code has no length filter either).

The one door to ``sentence-splitter``, the splitter behind the paper's 28,545,938 queries.
"""

import multiprocessing
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import compress
from pathlib import Path
from typing import Any, Literal

from sentence_splitter import SentenceSplitter, SentenceSplitterException

from dragon import typed
from dragon.core import Corpus
from dragon.core.queries import Query
from dragon.errors import ConfigError
from dragon.progress import progress
from dragon.queries import SOURCES, Augmented, Inputs
from dragon.queries.sampling import Sample, check_sample, kept

_CHUNK = 2000
_WORTH_A_POOL = 50_000
"""Passages from which on starting processes pays; what comes out is the same."""
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


@SOURCES("sentences")
def sentences(options: Mapping[str, Any], inputs: Inputs, where: str) -> Augmented:
    """One query per sentence, in (passage, sentence) order; ids are ``<passage row>-<sentence number from 0>``."""
    settings = typed.build(Options, options, where)
    check_sample(settings.sample, where)
    workers = (os.cpu_count() or 1) if len(inputs.corpus) >= _WORTH_A_POOL else 1
    queries: list[Query] = []
    counts, empty = [], 0
    for row, split in enumerate(split_corpus(inputs.corpus, settings.language, workers)):
        empty += split.count("") + (not split)
        queries.extend(Query(f"{row}-{n}", text, row) for n, text in enumerate(split) if text)
        counts.append(sum(map(bool, split)))
    report = {"passages": len(inputs.corpus), "sentences": len(queries), "empty_left_out": empty}
    if settings.sample:
        queries = list(compress(queries, kept(counts, inputs.corpus.ids, settings.sample, where)))
        report["not_in_sample"] = report["sentences"] - len(queries)
    return Augmented(queries, report)


def split_corpus(corpus: Corpus, language: str, workers: int) -> Iterator[list[str]]:
    """The sentences of every passage in row order, the same for any number of worker processes."""
    starts = range(0, len(corpus), _CHUNK)
    splitter = _splitter(language)
    if workers == 1:
        for start in progress(starts, "splitting sentences", "chunk"):
            yield from _split(corpus.texts, splitter, start)
        return
    context = multiprocessing.get_context("spawn")
    with context.Pool(workers, initializer=_open, initargs=(corpus.folder, language)) as pool:
        for chunk in progress(pool.imap(_work, starts), "splitting sentences", "chunk", total=len(starts)):
            yield from chunk


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
