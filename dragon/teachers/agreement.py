"""How far a teacher of ours finds what the authors published of theirs: a check before weeks of labelling.

Their lists are ranks 1-10 and 46-50 only (:mod:`dragon.teachers.label_lines`); ours are whole.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dragon.core import Corpus, Queries
from dragon.core.ranked_lists import PAD
from dragon.core.row_index import RowIndex
from dragon.progress import progress
from dragon.teachers.label_lines import NEGATIVES, POSITIVES, WIDTHS
from dragon.teachers.label_parts import Counts, parts_of, read_part

_QUERY_ID = re.compile(rb'"query_id":\s*(?:"([^"\\]*)"|(\d+))')


@dataclass(frozen=True)
class Sampled:
    """Q queries of a set; ``texts`` and ``ids`` as their set has them."""

    ids: Sequence[str]
    texts: Sequence[str]

    @classmethod
    def of(cls, queries: Queries, rows: Sequence[int]) -> "Sampled":
        """The named rows."""
        return cls([queries.ids[row] for row in rows], [queries.texts[row] for row in rows])


def sample_rows(queries: int, size: int, seed: int) -> np.ndarray:
    """Ascending int64 rows of a seeded sample; all of them where there are not more."""
    return np.sort(np.random.Generator(np.random.Philox(seed)).permutation(queries)[:size])


def their_lists(path: Path, asked: Sampled, corpus: Corpus) -> tuple[np.ndarray, Counts]:
    """What a label file holds for some queries; read no further than where the last of them stands.

    Returns:
        docs int32 ``[Q, 15]`` (ranks 1-10 and 46-50, -1 pads) and what did not fit.

    Raises:
        ArtifactError: the file is damaged.
    """
    known, passages = RowIndex.of(asked.ids, "sample"), RowIndex.of(corpus.ids, f"{corpus.folder}: ids")
    wanted, docs, counts = {one.encode() for one in asked.ids}, np.full((len(asked.ids), sum(WIDTHS)), PAD), Counts()
    for first, lines in progress(parts_of(path), path.name, "part"):
        chosen = [line for line in lines if _may_be(line, wanted)]
        if chosen:
            found = read_part(chosen, first, path, known, passages, asked)
            counts.join(found.counts)
            docs[found.rows_N] = found.docs_NC
            wanted -= {asked.ids[row].encode() for row in found.rows_N.tolist()}
        if not wanted:
            break
    return docs.astype(np.int32), counts


def _may_be(line: bytes, wanted: set[bytes]) -> bool:
    """Whether a line may be of a wanted query; most are not, and need not be parsed to see it."""
    found = _QUERY_ID.search(line)
    return found is None or (found.group(1) or found.group(2)) in wanted


def agreement(ours_QK: np.ndarray, theirs_QC: np.ndarray) -> dict[str, float | int]:
    """Shares over the queries for which the authors published a list.

    Args:
        ours_QK: int32, whole lists of 50 or more, -1 pads.
        theirs_QC: int32 ``[Q, 15]``, ranks 1-10 and 46-50, -1 pads.

    Returns:
        ``overlap@10`` and ``overlap@46-50``: of their passages at these ranks, the share that ours has at the same
        ranks (mean over queries); ``first``: queries whose best passage is the same; ``negatives_in_50``: of their
        passages at ranks 46-50, the share anywhere in our first 50; ``queries`` compared, and for how many of them we
        have no list.
    """
    published = theirs_QC[:, 0] != PAD
    ours, theirs = ours_QK[published], theirs_QC[published]
    split, (first, last) = WIDTHS[0], NEGATIVES
    positives = _share(theirs[:, :split], ours[:, : POSITIVES[1]])
    return {
        "queries": len(theirs),
        "without_ours": int((ours[:, 0] == PAD).sum()),
        "overlap@10": positives,
        "overlap@46-50": _share(theirs[:, split:], ours[:, first - 1 : last]),
        "first": float((ours[:, 0] == theirs[:, 0]).mean()) if len(theirs) else 0.0,
        "negatives_in_50": _share(theirs[:, split:], ours[:, :last]),
    }


def _share(theirs_QC: np.ndarray, ours_QK: np.ndarray) -> float:
    """Mean share of their passages that are among ours, over queries that have any."""
    there = theirs_QC != PAD
    found = ((theirs_QC[:, :, None] == ours_QK[:, None, :]).any(axis=2) & there).sum(axis=1)
    some = there.any(axis=1)
    return float((found[some] / there[some].sum(axis=1)).mean()) if some.any() else 0.0
