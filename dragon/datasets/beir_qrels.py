"""The judgments of one split: BEIR's three columns with a header, the same without, or TREC's four."""

import re
from dataclasses import dataclass, field

from dragon.datasets.beir_lines import Lines, checked_id, shown
from dragon.datasets.beir_queries import empty
from dragon.errors import ArtifactError

HEADER = ("query-id", "corpus-id", "score")
FORMATS = {
    "beir": "3 columns with a header",
    "headless": "3 columns without a header",
    "trec": "4 columns without a header (TREC)",
}
_WHOLE = re.compile(r"[+-]?[0-9]{1,6}")
"""trec_eval keeps a table as long as the highest grade, and takes one beyond 32 bits for 0 without a word."""
_ALLOWED = (
    "a header `query-id corpus-id score` and three columns, or TREC's `query-id 0 corpus-id grade` without a header"
)


@dataclass
class Judgments:
    """``grades[query_id][doc_id]`` as the file has them, and what was counted."""

    format: str = ""
    """A key of ``FORMATS``, told by the first line."""
    grades: dict[str, dict[str, int]] = field(default_factory=dict)
    judgments: int = 0
    negative: int = 0
    """Kept; trec_eval counts them as not relevant."""
    repeated: int = 0
    """Pairs that stand more than once with the same grade; kept once."""


def read_qrels(lines: Lines) -> Judgments:
    """Read one split.

    Raises:
        ArtifactError: the file is missing or empty, its header or a line is not of a known form, a grade is not a
            whole number, or a pair stands twice with different grades.
    """
    found = Judgments()
    for number, line in lines:
        place, columns = f"{lines.path}:{number}", _columns(line)
        if not found.format:
            found.format = _format(columns, line, place)
            if found.format == "beir":
                continue
        _add(found, columns, line, place)
    if not found.judgments:
        raise empty(lines.path, "`query-id corpus-id score` after the header")
    return found


def _columns(line: str) -> list[str]:
    return line.split("\t") if "\t" in line else line.split()


def _format(columns: list[str], line: str, place: str) -> str:
    if tuple(name.strip().lower().replace("_", "-") for name in columns) == HEADER:
        return "beir"
    if len(columns) in (3, 4) and _WHOLE.fullmatch(columns[-1].strip()):
        return "headless" if len(columns) == 3 else "trec"
    raise ArtifactError(
        f"{place}: found {shown(line)} of {len(columns)} columns, allowed: {_ALLOWED}; mend the first line"
    )


def _add(found: Judgments, columns: list[str], line: str, place: str) -> None:
    wanted = 4 if found.format == "trec" else 3
    if len(columns) != wanted:
        raise ArtifactError(
            f"{place}: found {shown(line)} of {len(columns)} columns, allowed: {wanted}, as in the first line"
        )
    if not _WHOLE.fullmatch(columns[-1].strip()):
        allowed = "a whole number of at most 6 digits; round or map the grades"
        raise ArtifactError(f"{place}: grade: found {shown(columns[-1])}, allowed: {allowed}")
    query_id = checked_id(columns[0], place, "query-id")
    doc_id, grade = checked_id(columns[-2], place, "corpus-id"), int(columns[-1])
    docs = found.grades.setdefault(query_id, {})
    if docs.get(doc_id, grade) != grade:
        pair = f"{query_id} {doc_id}"
        raise ArtifactError(
            f"{place}: found {pair!r} with grade {grade}, before with {docs[doc_id]}; allowed: one grade"
        )
    found.judgments += 1
    found.repeated += doc_id in docs
    found.negative += grade < 0
    docs[doc_id] = grade
