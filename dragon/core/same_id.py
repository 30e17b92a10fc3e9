"""Results that are the query itself: dropped where a collection's queries are documents of its corpus."""

from collections.abc import Collection, Iterable, Sequence

import numpy as np

ABSENT = -2
"""No row, and not the padding of a short list."""


def without_same_id(
    query_ids: Sequence[str], doc_ids: Iterable[str], docs_QK: np.ndarray, scores_QK: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Drop from each list the document whose id is the query's, else its last one: fetch one more than is wanted.

    This is what BEIR's retrieval does (`ignore_identical_ids`) and Pyserini's `--remove-query`.

    Args:
        query_ids: of the Q lists; an empty id drops nothing but the last place.
        doc_ids: of all passages, in row order.
        docs_QK: int32, rows of passages, -1 where a list is short.
        scores_QK: float32.

    Returns:
        docs int32 and scores float32 ``[Q, K - 1]``, the order otherwise kept.
    """
    asked = set(query_ids)
    row_of = {doc_id: row for row, doc_id in enumerate(doc_ids) if doc_id in asked}
    own_Q = np.asarray([row_of.get(query_id, ABSENT) for query_id in query_ids], dtype=np.int64)
    kept_QK = np.argsort(docs_QK == own_Q[:, None], axis=1, kind="stable")[:, :-1]
    return np.take_along_axis(docs_QK, kept_QK, axis=1), np.take_along_axis(scores_QK, kept_QK, axis=1)


def ruled_ids(query_ids: Iterable[str], rule: bool | Collection[str]) -> list[str]:
    """The ids whose documents are dropped, in order, and an empty id where the rule does not reach.

    Args:
        query_ids: of Q queries.
        rule: ``drop_same_id`` of a collection's ``meta.json``: true for all queries, or the prefixes of the ids that
            it holds for (a pool of several collections).
    """
    prefixes = tuple(rule) if not isinstance(rule, bool) else ("",) * rule
    return [query_id if query_id.startswith(prefixes) else "" for query_id in query_ids]
