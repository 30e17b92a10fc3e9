"""Human queries: the in-domain training queries, for comparison with augmented ones (paper Table 5)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dragon import typed
from dragon.core.queries import NO_SOURCE, Query
from dragon.queries import SOURCES, Augmented, Inputs


@dataclass(frozen=True, kw_only=True)
class Options:
    """There is nothing to choose."""


@SOURCES("human")
def human(options: Mapping[str, Any], inputs: Inputs, where: str) -> Augmented:
    """The training queries as they are; their source is the first relevant passage in row order."""
    typed.build(Options, options, where)
    relevant = relevant_rows(inputs)
    queries = [
        Query(query_id, text, min(relevant.get(query_id, [NO_SOURCE])))
        for query_id, text in zip(inputs.train_queries.ids, inputs.train_queries.texts, strict=True)
    ]
    without = sum(query.source_row == NO_SOURCE for query in queries)
    return Augmented(queries, {"queries": len(queries), "without_relevant_passage": without})


def relevant_rows(inputs: Inputs) -> dict[str, list[int]]:
    """Corpus rows of each training query's relevant passages, ascending; queries without any are left out."""
    row_of = {doc_id: row for row, doc_id in enumerate(inputs.corpus.ids)}
    found = {
        query_id: sorted(row_of[doc_id] for doc_id, grade in docs.items() if grade > 0 and doc_id in row_of)
        for query_id, docs in inputs.train_qrels.grades.items()
    }
    return {query_id: rows for query_id, rows in found.items() if rows}
