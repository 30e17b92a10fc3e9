"""Generated queries (the paper's GenQ) by a T5 checkpoint, for a collection whose queries nobody has published.

``options.generator`` is the checkpoint's; see ``dragon/models/query_generation.py``. A chunk of passages is one entry
of the store: what a kill or a second machine finds there is not written again.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from dragon import typed
from dragon.core import Corpus
from dragon.core.queries import Query
from dragon.errors import ConfigError
from dragon.progress import progress
from dragon.queries import SOURCES, Augmented, Generator, Inputs
from dragon.queries.sampling import Sample, check_sample, kept

_CHUNK = 2048
"""Passages of an entry of the store."""
_NUMBER_BITS = 24
"""Of a seed: the number of a query of one passage; the passage's row stands before it."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """How many queries, which of them, and who writes them."""

    seed: int
    per_passage: int
    """docTTTTTquery published 80."""
    sample: Sample | None
    """Null: all of them. Queries outside the sample are not written at all."""
    generator: dict[str, Any]


@SOURCES("t5")
def t5(options: Mapping[str, Any], inputs: Inputs, where: str) -> Augmented:
    """``per_passage`` queries of every passage, or a sample of those; ids are ``<passage row>-<number from 0>``.

    A query is a function of (seed, passage row, number) and its passage. A blank one is kept, and counted.

    Raises:
        ConfigError: an option is wrong, or the checkpoint is not there.
        ArtifactError: the checkpoint is not complete.
    """
    settings = typed.build(Options, options, where)
    check_sample(settings.sample, where)
    if settings.seed < 0:
        raise ConfigError(f"{where}.seed: found {settings.seed}, allowed: a whole number from 0")
    if not 1 <= settings.per_passage < 1 << _NUMBER_BITS:
        raise ConfigError(f"{where}.per_passage: found {settings.per_passage}, allowed: 1 or more")
    counts = [settings.per_passage] * len(inputs.corpus)
    asked = kept(counts, inputs.corpus.ids, settings.sample, where).reshape(-1, settings.per_passage)
    generate = inputs.open_generator(settings.generator, f"{where}.generator")
    report = {"passages": len(inputs.corpus), "queries": 0, "blank": 0}
    return Augmented(_queries(inputs.corpus, asked, generate, settings.seed, report), report)


def _queries(
    corpus: Corpus, asked: np.ndarray, generate: Generator, seed: int, report: dict[str, int]
) -> Iterator[Query]:
    """The queries that ``asked``, bool ``[D, per_passage]``, wants, by passage and number."""
    for start in progress(range(0, len(corpus), _CHUNK), "generating queries", f"x {_CHUNK} passages"):
        rows = [row for row in range(start, min(start + _CHUNK, len(corpus))) if asked[row].any()]
        numbers = [np.flatnonzero(asked[row]).tolist() for row in rows]
        seeds = [[(seed, row << _NUMBER_BITS | n) for n in found] for row, found in zip(rows, numbers, strict=True)]
        written = generate([corpus.texts[row] for row in rows], seeds)
        for row, found, texts in zip(rows, numbers, written, strict=True):
            report["queries"] += len(texts)
            report["blank"] += texts.count("")
            yield from (Query(f"{row}-{n}", text, row) for n, text in zip(found, texts, strict=True))
