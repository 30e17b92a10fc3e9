"""What several stages open alike: a teacher pool's ranked lists on dev queries, read back from run files."""

from collections.abc import Sequence

from dragon.config import IN_DOMAIN, Params
from dragon.core import Corpus, Qrels, Queries, RankedLists, Run

DEV = "dev"


def dev_queries(params: Params) -> Queries:
    return Queries.open(params.layout.dataset(IN_DOMAIN, params.collection()) / "queries" / DEV)


def dev_qrels(params: Params) -> Qrels:
    return Qrels.read(params.layout.dataset(IN_DOMAIN, params.collection()) / "qrels" / f"{DEV}.trec")


def dev_lists(params: Params, teachers: Sequence[str]) -> list[RankedLists]:
    """Top lists (scale's label depth) of the teachers on all dev queries."""
    corpus = Corpus.open(params.layout.dataset(IN_DOMAIN, params.collection()) / "corpus")
    row_of = {doc_id: row for row, doc_id in enumerate(corpus.ids)}
    ids = list(dev_queries(params).ids)
    runs = [Run.read(params.layout.runs(f"teacher-{name}", IN_DOMAIN) / f"{DEV}.trec.gz") for name in teachers]
    return [RankedLists(*run.to_rows(ids, row_of, params.scale.label_depth)) for run in runs]


def as_run(params: Params, lists: RankedLists, rows: Sequence[int] | None = None) -> Run:
    """Ranked lists of (some) dev queries as a run."""
    corpus = Corpus.open(params.layout.dataset(IN_DOMAIN, params.collection()) / "corpus")
    ids = list(dev_queries(params).ids)
    chosen = range(len(ids)) if rows is None else rows
    return Run.from_rows([ids[row] for row in chosen], list(corpus.ids), lists.docs_QK, lists.scores_QK)
