"""A seeded sample of the queries that docTTTTTquery published: the paper's GenQ (3.4; dossier 1c).

The authors took 28,545,938 of the 80 x 8,841,823 and name neither code nor seed. What is in memory is one bit for
each query of the pool (88 MB) and four bytes for each of its passages (35 MB), beside 20 bytes a query written.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from dragon import typed
from dragon.core import Corpus
from dragon.core.queries import Query
from dragon.core.seeded_sample import BLOCK, SeededSample
from dragon.errors import ArtifactError, ConfigError
from dragon.imports import user_file
from dragon.progress import progress
from dragon.queries import SOURCES, Augmented, Inputs
from dragon.queries.doc2query_files import Pick, from_jsonl, from_zip, verified
from dragon.queries.sampling import Sample, check_sample

_NOWHERE = -1


@dataclass(frozen=True, kw_only=True)
class Options:
    """Which file, what it should be, and which of its queries are taken."""

    archive: str
    """Absolute, or below ``DRAGON_DATA``."""
    form: Literal["zip", "jsonl"]
    """``predicted_queries_topk_sampling.zip``, or the hub's ``d2q.jsonl.gz``."""
    md5: str | None
    """Null where nobody has published one; the report names what was found."""
    bytes: int | None
    passages: int
    """Passages that the file covers: those of the whole collection, of which the corpus may be a part."""
    per_passage: int
    """Queries of each passage that make up the pool; the first of them where the file has more."""
    sample: Sample | None
    """Null takes the whole pool."""


@SOURCES("doc2query-pool")
def doc2query_pool(options: Mapping[str, Any], inputs: Inputs, where: str) -> Augmented:
    """Queries about the corpus's passages, in the file's order; ids are ``<passage row>-<number from 0>``.

    The pool is ``per_passage`` queries for every passage of the corpus, whose id is its place in the whole collection
    (MS MARCO). A sample is drawn by keys of (seed, passage row x ``per_passage`` + number). White space around a query
    is dropped; a blank query counts as one, and is counted.

    Raises:
        ConfigError: an option is wrong, or the file is not there.
        ArtifactError: the file is not the expected one, is broken, or does not cover what it should.
    """
    settings = typed.build(Options, options, where)
    check_sample(settings.sample, where)
    for key in ("passages", "per_passage"):
        if getattr(settings, key) < 1:
            raise ConfigError(f"{where}.{key}: found {getattr(settings, key)}, allowed: 1 or more")
    path = user_file(settings.archive, f"{where}.archive")
    rows_P = _rows(inputs.corpus, settings.passages, where)
    chosen = _chosen(inputs.corpus, settings, where)
    report: dict[str, Any] = {"archive": path.name, "md5": verified(path, settings.md5, settings.bytes)}
    report |= {"pool": len(inputs.corpus) * settings.per_passage, "queries": 0, "blank": 0, "passages_elsewhere": 0}
    read = {"zip": from_zip, "jsonl": from_jsonl}[settings.form]
    return Augmented(_draw(read(path, settings.per_passage), rows_P, chosen, settings, report), report)


def _rows(corpus: Corpus, passages: int, where: str) -> np.ndarray:
    """Corpus row of each place in the whole collection, int32 ``[passages]``; -1 where the corpus lacks it."""
    rows_P = np.full(passages, _NOWHERE, dtype=np.int32)
    for row, doc_id in enumerate(progress(corpus.ids, "places of passages", "passage", total=len(corpus))):
        if not (doc_id.isdecimal() and str(int(doc_id)) == doc_id and int(doc_id) < passages):
            raise ArtifactError(
                f"{corpus.folder}: passage {doc_id!r}: allowed: ids from 0 to {passages - 1}, places in the collection"
                f" that the queries were made from; see {where}.passages"
            )
        if rows_P[int(doc_id)] != _NOWHERE:
            raise ArtifactError(f"{corpus.folder}: passage {doc_id!r} stands twice, allowed: once")
        rows_P[int(doc_id)] = row
    return rows_P


def _chosen(corpus: Corpus, settings: Options, where: str) -> np.ndarray:
    """One bit for each query of the pool, uint8 ``[D, ceil(per_passage / 8)]``."""
    width, passages = settings.per_passage, len(corpus)
    size = settings.sample.queries if settings.sample else passages * width
    drawn = SeededSample(passages * width, size, settings.sample.seed if settings.sample else 0)
    step = max(1, BLOCK // width)
    bits = np.empty((passages, (width + 7) // 8), dtype=np.uint8)
    for start in progress(range(0, passages, step), "drawing", "block"):
        stop = min(start + step, passages)
        bits[start:stop] = np.packbits(drawn.holds(start * width, stop * width).reshape(-1, width), axis=1)
    whole = settings.sample.whole if settings.sample else ()
    rows = {doc_id: row for row, doc_id in enumerate(corpus.ids) if doc_id in whole}
    for doc_id in whole:
        if doc_id not in rows:
            raise ConfigError(f"{where}.sample.whole: found {doc_id!r}, allowed: ids of the collection's passages")
        bits[rows[doc_id]] = 255
    return bits


def _draw(
    pool: Iterator[tuple[int, Pick]], rows_P: np.ndarray, chosen: np.ndarray, settings: Options, report: dict[str, Any]
) -> Iterator[Query]:
    """The chosen queries; every passage of the corpus has to come by exactly once."""
    seen, places = np.zeros(len(chosen), dtype=bool), 0
    for place, pick in progress(pool, "doc2query pool", "passage", total=settings.passages):
        places += 1
        if place >= settings.passages:
            raise _covers(report, f"passage {place}", settings)
        row = int(rows_P[place])
        if row == _NOWHERE:
            report["passages_elsewhere"] += 1
            continue
        if seen[row]:
            raise ArtifactError(f"{report['archive']}: passage {place} stands twice, allowed: once; get the file again")
        seen[row] = True
        for n in np.flatnonzero(np.unpackbits(chosen[row], count=settings.per_passage)).tolist():
            text = pick(n)
            report["queries"] += 1
            report["blank"] += not text
            yield Query(f"{row}-{n}", text, row)
    if places != settings.passages or not seen.all():
        raise _covers(report, f"{places} passages, {int((~seen).sum())} of the corpus not among them", settings)


def _covers(report: Mapping[str, Any], found: str, settings: Options) -> ArtifactError:
    return ArtifactError(
        f"{report['archive']}: found {found}, allowed: {settings.passages} passages, which `passages` says it covers"
    )
