"""Kind ``import``: run files of any engine as a teacher, which answers the queries that the files hold.

Equal scores keep the order of the file's ranks, as the engine that wrote it ranked them.
"""

import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from dragon import typed
from dragon.artifacts import Layout
from dragon.config import IN_DOMAIN
from dragon.core import Corpus, Queries, RankedLists, Run
from dragon.core.ranked_lists import PAD
from dragon.errors import ConfigError
from dragon.teachers.base import ENGINES, Searcher
from dragon.teachers.rerank import Candidates
from dragon.teachers.run_files import RunFiles

NAMED = 5
"""How many unknown ids a report names."""


@dataclass(frozen=True)
class ImportReport:
    """What did not fit when a run's ids became rows: counted, the first few named, never dropped in silence."""

    queries: int
    queries_without_results: int
    """After unknown documents are left out."""
    unknown_queries: tuple[str, ...]
    """Of the run, in its order; their results are not looked at."""
    unknown_documents: tuple[str, ...]
    """In the order of the queries and their results, each once."""
    results_left_out: int
    """Of unknown documents; later results move up."""

    @property
    def clean(self) -> bool:
        """Whether every id is known."""
        return not (self.unknown_queries or self.unknown_documents)

    def facts(self) -> dict[str, Any]:
        """For ``meta.json`` and metric files: counts, and the first five unknown ids of each kind."""
        ids = {"unknown_queries": self.unknown_queries, "unknown_documents": self.unknown_documents}
        named = {name: {"count": len(found), "first": list(found[:NAMED])} for name, found in ids.items()}
        counts = {"queries": self.queries, "queries_without_results": self.queries_without_results}
        return {**counts, **named, "results_left_out": self.results_left_out}

    def __str__(self) -> str:
        parts = [f"{self.queries} queries, {self.queries_without_results} without results"]
        for what, found in (("queries", self.unknown_queries), ("documents", self.unknown_documents)):
            if found:
                more = ", ..." if len(found) > NAMED else ""
                parts.append(f"{len(found)} unknown {what} ({', '.join(found[:NAMED])}{more})")
        return ", ".join(parts)


def imported(
    run: Run, query_ids: Sequence[str], doc_ids: Iterable[str], depth: int
) -> tuple[RankedLists, ImportReport]:
    """A run as ranked lists of Q queries over D passages, ``[Q, depth]``, and what did not fit.

    Args:
        run: ids as its engine wrote them.
        query_ids: Q ids, in row order; a query without results has an empty list.
        doc_ids: D ids, in row order.
        depth: K; the first K results with known documents are taken, short lists are padded.
    """
    row_of = {doc_id: row for row, doc_id in enumerate(doc_ids)}
    docs = np.full((len(query_ids), depth), PAD, dtype=np.int32)
    scores = np.full(docs.shape, -np.inf, dtype=np.float32)
    unknown: dict[str, None] = {}
    left_out = 0
    for row, query_id in enumerate(query_ids):
        hits = run.results.get(query_id, [])
        known = [(row_of[doc_id], score) for doc_id, score in hits if doc_id in row_of]
        if len(known) < len(hits):
            unknown |= {doc_id: None for doc_id, _ in hits if doc_id not in row_of}
            left_out += len(hits) - len(known)
        kept = known[:depth]
        docs[row, : len(kept)] = [doc for doc, _ in kept]
        scores[row, : len(kept)] = [score for _, score in kept]
    asked = set(query_ids)
    others = tuple(query_id for query_id in run.results if query_id not in asked)
    lists = RankedLists(docs, scores)
    return lists, ImportReport(len(query_ids), lists.facts()["empty_lists"], others, tuple(unknown), left_out)


@dataclass(frozen=True, kw_only=True)
class ImportOptions:
    """``options.engine`` of an imported teacher."""

    on_unknown: Literal["count", "error"]
    """Ids that the collection or the queries lack: reported, or refused."""


@ENGINES("import")
def open_import(
    encoder: RunFiles, options: dict[str, Any], corpus: Corpus, work: Path, first_stage: Searcher | None = None
) -> "ImportSearcher":
    """Map the runs that rank this collection to its rows; what did not fit is said on stderr.

    Raises:
        ConfigError: an option is wrong, no run ranks this collection, nothing of a run is known, or ``on_unknown`` is
            ``error`` and an id is unknown.
        ArtifactError: a run file has changed, or queries that it ranks are not there.
    """
    if first_stage is not None:
        raise ConfigError("options.engine: first_stage: kind import has its lists already; remove it")
    if not isinstance(encoder, RunFiles):
        raise ConfigError("encoder: found labels alone, which rank no other query; allowed here: run-files, or a model")
    settings = typed.build(ImportOptions, options, "options.engine")
    places = _places(encoder.files, corpus)
    doc_ids, lists, texts, reports = list(corpus.ids), [], [], {}
    for key, folder in places.items():
        queries, run = Queries.open(folder), encoder.run(key)
        depth = max(map(len, run.results.values()))
        one, reports[key] = imported(run, list(queries.ids), doc_ids, depth)
        _settle(key, reports[key], settings)
        lists.append(one)
        texts += queries.texts
    return ImportSearcher(f"teachers.{work.name}: options.encoder.runs", _candidates(texts, lists), reports)


def _settle(key: str, report: ImportReport, options: ImportOptions) -> None:
    """Refuse a run that does not fit, or say what does not."""
    where = f"options.encoder.runs.{key}"
    if report.queries_without_results == report.queries:
        raise ConfigError(f"{where}: {report}; allowed: a run of these queries over this collection")
    if not report.clean and options.on_unknown == "error":
        raise ConfigError(f"{where}: {report}; allowed: known ids (on_unknown: error)")
    if not report.clean:
        print(f"import: {key}: {report}", file=sys.stderr)


def _places(keys: Iterable[str], corpus: Corpus) -> dict[str, Path]:
    """Key -> folder of the queries that its run ranks, for this collection; query sets rank the in-domain one."""
    scale, _, suite, dataset, _ = corpus.folder.parts[-5:]
    layout = Layout(scale)
    splits = layout.dataset(suite, dataset) / "queries"
    places = {key: splits / key.split("/")[2] for key in keys if key.startswith(f"{suite}/{dataset}/")}
    if suite == IN_DOMAIN:
        places |= {key: layout.queries(key) for key in keys if "/" not in key}
    if not places:
        has = ", ".join(keys) or "nothing"
        advice = "add a run, or leave this collection out"
        raise ConfigError(f"options.encoder.runs: found {has}, but none for {suite}/{dataset}/<split>; {advice}")
    return places


def _candidates(texts: Sequence[str], lists: Sequence[RankedLists]) -> Candidates:
    """All lists side by side; of queries with one text, the first that has results."""
    width = max(one.docs_QK.shape[1] for one in lists)
    docs_QC = np.concatenate([_widened(one.docs_QK, width, PAD) for one in lists])
    scores_QC = np.concatenate([_widened(one.scores_QK, width, -np.inf) for one in lists])
    row_of: dict[str, int] = {}
    for row, text in enumerate(texts):
        if text not in row_of or docs_QC[row_of[text], 0] == PAD:
            row_of[text] = row
    return Candidates(row_of, docs_QC, scores_QC)


def _widened(lists_QK: np.ndarray, width: int, pad: float) -> np.ndarray:
    return np.pad(lists_QK, ((0, 0), (0, max(0, width - lists_QK.shape[1]))), constant_values=pad)


@dataclass(frozen=True)
class ImportSearcher:
    """The lists of known queries."""

    where: str
    """The key that names the runs."""
    lists: Candidates
    reports: Mapping[str, ImportReport]
    """By key of ``options.encoder.runs``."""

    def search(self, queries: Sequence[str], depth: int) -> tuple[np.ndarray, np.ndarray]:
        """See :class:`dragon.teachers.base.Searcher`; raises ConfigError for a query that no run ranks."""
        for text in queries:
            if text not in self.lists.row_of:
                has = ", ".join(self.reports)
                raise ConfigError(f"{self.where}: found {has}, but no run for the query {text[:80]!r}; add its run")
        docs_QK, scores_QK = self.lists.search(queries, depth)
        return _widened(docs_QK, depth, PAD), _widened(scores_QK, depth, -np.inf)
