"""Subset: a seeded part of another collection, small enough for one machine, with everything that its tests ask for.

In it are all judged passages of some splits, what a retriever finds for their queries (so that a search has the rivals
that the whole collection would give it), and seeded random passages up to a size. Ids and order stay the collection's.
Whoever materialises puts retrievers into ``RETRIEVERS``: this package searches nothing.
"""

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from dragon import typed
from dragon.artifacts import Layout
from dragon.core import Corpus, Qrels
from dragon.core.queries import NO_SOURCE, Query
from dragon.core.seeded_sample import keys
from dragon.datasets import SOURCES, Collection
from dragon.datasets.expected import Expected
from dragon.errors import ArtifactError, ConfigError
from dragon.progress import progress
from dragon.registry import Registry, unknown
from dragon.settings import Source

KIND = "subset"
_OF_THE_WHOLE = ("passages", "queries", "sha256", "judgments", "report")
"""Facts of the collection that are not facts of a part of it."""


class Retriever(Protocol):
    """Finds passages of a corpus; ``where`` opens messages about ``options``."""

    def __call__(
        self, options: Mapping[str, Any], corpus: Corpus, queries: Sequence[str], depth: int, where: str
    ) -> np.ndarray:
        """Corpus rows of the best, int32 ``[Q, depth]``; -1 pads."""
        ...


RETRIEVERS: Registry[Retriever] = Registry("retriever of a subset's pools")


@dataclass(frozen=True, kw_only=True)
class Pools:
    """Passages that are in the subset since a query finds them."""

    retriever: str
    splits: tuple[str, ...]
    """Whose queries are asked."""
    depth: int
    options: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Options:
    """What the subset is made of."""

    of: Source
    """Kind and options of the collection; it is read once, through a temporary folder, and not kept."""
    passages: int
    judged: tuple[str, ...]
    """Splits whose judged passages, whatever their grade, are all in. They stay as they are; of the other splits (of
    training) queries with a relevant passage in the subset stay, with the judgments of passages in it."""
    pools: Pools | None
    """Null: no pools."""
    seed: int
    """Of the random passages."""
    expect: Expected | None
    """Null accepts whatever comes of it."""


@SOURCES(KIND)
def subset(options: Mapping[str, Any], where: str, layout: Layout) -> Collection:
    """Read the collection, choose, and hold what was chosen.

    Raises:
        ConfigError: an option is wrong, here or in ``of``.
        ArtifactError: the collection is smaller than the subset, what has to be in is larger, a split would be empty,
            or the result is not what ``expect`` says.
    """
    settings = typed.build(Options, options, where)
    whole = SOURCES[settings.of.kind](settings.of.options, f"{where}.of.options", layout)
    if not isinstance(whole, Collection):
        raise ConfigError(f"{where}.of: found a collection that is not on this machine, allowed: one that is")
    _check(settings, whole, where)
    with tempfile.TemporaryDirectory(prefix="dragon-subset-") as work:
        corpus = Corpus.write(Path(work) / "corpus", whole.passages)
        rows, counts = _rows(corpus, whole, settings, where)
        passages = [corpus[row] for row in rows.tolist()]
    ids = {passage.doc_id for passage in passages}
    qrels = {name: one if name in settings.judged else _within(one, ids) for name, one in whole.qrels.items()}
    queries = {
        name: _moved(found if name in settings.judged else [q for q in found if q.query_id in qrels[name].grades], rows)
        for name, found in whole.queries.items()
    }
    for name, found in queries.items():
        if not found:
            raise ArtifactError(f"{where}: no query of {name} has a relevant passage in the subset; raise `passages`")
        counts[f"queries_left_out_of_{name}"] = len(whole.queries[name]) - len(found)
    made = Expected.of(passages, queries, qrels)
    if settings.expect and (differences := list(settings.expect.differences(made))):
        advice = "look at the collection that it is a part of, or set `expect` to what was found"
        raise ArtifactError(f"{where}.expect: {'; '.join(differences)}; {advice}")
    inherited = {key: value for key, value in whole.facts.items() if key not in _OF_THE_WHOLE}
    of = {"kind": settings.of.kind, **{key: whole.facts[key] for key in _OF_THE_WHOLE if key in whole.facts}}
    return Collection(passages, queries, qrels, {**inherited, **asdict(made), "of": of, "report": counts})


def taken_from(source: Source) -> Source:
    """The collection that a dataset's entry reads: of a subset the one that it is a part of, else itself."""
    return typed.build(Source, source.options["of"], f"{KIND}.of") if source.kind == KIND else source


def _check(settings: Options, whole: Collection, where: str) -> None:
    asked = {"judged": settings.judged, **({"pools.splits": settings.pools.splits} if settings.pools else {})}
    for key, splits in asked.items():
        for split in splits:
            if split not in whole.queries:
                raise unknown(f"{where}.{key}", split, whole.queries)
    numbers = {"passages": settings.passages, **({"pools.depth": settings.pools.depth} if settings.pools else {})}
    for key, value in numbers.items():
        if value < 1:
            raise ConfigError(f"{where}.{key}: found {value}, allowed: 1 or more")
    if settings.seed < 0:
        raise ConfigError(f"{where}.seed: found {settings.seed}, allowed: a whole number from 0")
    if settings.pools and settings.pools.retriever not in RETRIEVERS:
        raise unknown(f"{where}.pools.retriever", settings.pools.retriever, RETRIEVERS)


def _rows(corpus: Corpus, whole: Collection, settings: Options, where: str) -> tuple[np.ndarray, dict[str, int]]:
    """Rows of the subset, ascending, and how many are in for which reason."""
    if len(corpus) < settings.passages:
        found = f"found {settings.passages}, allowed: up to {len(corpus)}, as many as the collection has"
        raise ArtifactError(f"{where}.passages: {found}")
    judged = {doc for name in settings.judged for docs in whole.qrels[name].grades.values() for doc in docs}
    ids = progress(corpus.ids, "judged passages", "passage", total=len(corpus))
    chosen = np.fromiter((doc_id in judged for doc_id in ids), dtype=bool, count=len(corpus))
    counts = {"judged": int(chosen.sum()), "judged_elsewhere": len(judged) - int(chosen.sum())}
    chosen[_pooled(corpus, whole, settings.pools, f"{where}.pools")] = True
    counts["pooled"] = int(chosen.sum()) - counts["judged"]
    counts["random"] = settings.passages - int(chosen.sum())
    if counts["random"] < 0:
        found = f"found {settings.passages}, but {counts['judged']} passages are judged and {counts['pooled']} pooled"
        raise ArtifactError(f"{where}.passages: {found}; raise it, or lower pools.depth")
    free = np.flatnonzero(~chosen)
    order = np.argsort(keys(0, len(corpus), settings.seed)[free], kind="stable")
    chosen[free[order[: counts["random"]]]] = True
    return np.flatnonzero(chosen), counts


def _pooled(corpus: Corpus, whole: Collection, pools: Pools | None, where: str) -> np.ndarray:
    """Rows that some query finds."""
    if not pools:
        return np.empty(0, dtype=np.int64)
    texts = [query.text for split in pools.splits for query in whole.queries[split]]
    docs_QK = RETRIEVERS[pools.retriever](pools.options, corpus, texts, pools.depth, f"{where}.options")
    return np.unique(docs_QK[docs_QK >= 0])


def _within(qrels: Qrels, ids: set[str]) -> Qrels:
    """Judgments of passages that are in, for queries that have a relevant one among them."""
    inside = {query: {doc: grade for doc, grade in docs.items() if doc in ids} for query, docs in qrels.grades.items()}
    return Qrels({query: docs for query, docs in inside.items() if any(grade > 0 for grade in docs.values())})


def _moved(queries: Sequence[Query], rows: np.ndarray) -> list[Query]:
    """Queries with the source row that their passage has in the subset, or none."""
    if all(query.source_row == NO_SOURCE for query in queries):
        return list(queries)
    place_of = {row: place for place, row in enumerate(rows.tolist())}
    return [query._replace(source_row=place_of.get(query.source_row, NO_SOURCE)) for query in queries]
