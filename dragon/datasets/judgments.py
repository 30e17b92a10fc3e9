"""Queries and judgments that the authors of the documentation made: summaries, and "See Also" sections."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from dragon.core import Qrels
from dragon.core.queries import NO_SOURCE, Query
from dragon.datasets.docstrings import Documented
from dragon.datasets.references import References
from dragon.datasets.selection import Selection, is_query

if TYPE_CHECKING:
    from dragon.datasets.pydocs import Options

SEE_ALSO = "see-also"
Judged = dict[str, set[int]]
"""Object name -> rows of relevant passages."""


def judge(
    picked: Selection, objects: Mapping[str, Documented], options: "Options"
) -> tuple[dict[str, list[Query]], dict[str, Qrels], dict[str, int]]:
    """Queries and judgments of every split, and what was merged or left out on the way.

    A query's id is the object's name. No query text stands in two of the summary splits, and none of ``train``
    in ``see-also``.
    """
    summaries, report = _summaries(picked, objects, options)
    names = list(summaries)
    order = np.random.Generator(np.random.Philox(options.seed + 1)).permutation(len(names))
    splits: dict[str, list[str]] = {}
    taken = 0
    for split, count in options.queries.items():
        splits[split] = [names[i] for i in order[taken : taken + count]]
        taken += len(splits[split])
    judged = {split: {name: summaries[name] for name in chosen} for split, chosen in splits.items()}
    pointed, resolved = _see_also(picked, objects, [n for n in names if n not in splits.get("train", ())])
    if len(pointed) >= options.see_also_min:
        judged[SEE_ALSO] = pointed
    report |= {"summaries_unused": len(names) - taken, **resolved, "see_also_written": int(SEE_ALSO in judged)}
    queries = {split: [Query(n, objects[n].summary, NO_SOURCE) for n in rows] for split, rows in judged.items()}
    return queries, {split: _qrels(rows, picked) for split, rows in judged.items()}, report


def _summaries(
    picked: Selection, objects: Mapping[str, Documented], options: "Options"
) -> tuple[Judged, dict[str, int]]:
    """Summary queries: objects with one summary (case and final stop aside) are one query."""
    first: dict[str, str] = {}
    judged: Judged = {}
    candidates = [name for name in picked.rows if is_query(objects[name], options)]
    for name in candidates:
        key = objects[name].summary.casefold().rstrip(". ")
        judged.setdefault(first.setdefault(key, name), set()).update(picked.rows[name])
    kept = {name: rows for name, rows in judged.items() if len(rows) <= options.max_relevant}
    report = {
        "objects_without_query": len(picked.rows) - len(candidates),
        "summaries_merged": len(candidates) - len(judged),
        "summaries_too_many_relevant": len(judged) - len(kept),
    }
    return kept, report


def _see_also(picked: Selection, objects: Mapping[str, Documented], names: list[str]) -> tuple[Judged, dict[str, int]]:
    """For each named query the passages of the objects that its "See Also" section names, its own left out."""
    references = References(objects)
    report = {"see_also_references": 0, "see_also_unresolved": 0, "see_also_not_in_collection": 0}
    judged: Judged = {}
    for name in names:
        rows: set[int] = set()
        for written in objects[name].see_also:
            found = references.resolve(written, name)
            report["see_also_references"] += 1
            report["see_also_unresolved"] += found is None
            report["see_also_not_in_collection"] += found is not None and found not in picked.rows
            rows.update(picked.rows.get(found or "", ()))
        if rows := rows.difference(picked.rows[name]):
            judged[name] = rows
    return judged, report


def _qrels(judged: Judged, picked: Selection) -> Qrels:
    return Qrels({name: {picked.passages[row].doc_id: 1 for row in sorted(rows)} for name, rows in judged.items()})
