"""Reading a TREC run file: six columns a line, checked in one pass; only odd queries are looked at twice.

Scores decide the order, as in trec_eval; ranks may start anywhere, repeat, or stand in any order of lines, but they
must not say the opposite of the scores: then nobody knows which of the two the system meant.
"""

import gzip
import zlib
from collections.abc import Iterable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from dragon.errors import ArtifactError

COLUMNS = "`query_id Q0 doc_id rank score tag`"
LARGEST = 3.4028234663852886e38
"""Of single precision, in which trec_eval holds scores."""
SHOWN = 200
"""Characters of a wrong line that a message repeats."""

Hits = list[tuple[str, float]]


class _Row(NamedTuple):
    number: int
    doc_id: str
    rank: int
    score: float


def read_results(path: Path) -> dict[str, Hits]:
    """``{query_id: [(doc_id, score), ...]}``, best first, queries in the order of the file.

    Equal scores stand in the order of their ranks, then of the file. Reads plain text and gzip.

    Raises:
        ArtifactError: the file is missing, damaged or empty; a line has not six columns, a rank that is no whole
            number or a score that is no finite one; a document stands twice in a query; scores rise with ranks.
            The message names the line.
    """
    lines = _lines(path)
    results, odd = _parsed(path, lines)
    odd |= {query_id: None for query_id, hits in results.items() if not _plain(hits)}
    if odd:
        for query_id, rows in _rows(lines, odd).items():
            _check_rows(path, query_id, rows)
            results[query_id] = _ordered(path, query_id, rows)
    return results


def _parsed(path: Path, lines: Sequence[str]) -> tuple[dict[str, Hits], dict[str, None]]:
    """Results in file order, and the queries whose lines are not together or not in order (as keys)."""
    results: dict[str, Hits] = {}
    odd: dict[str, None] = {}
    current, hits, last_rank, last_score = None, [], 0, 0.0
    for line in lines:
        try:
            query_id, _, doc_id, rank, score, _ = line.split()
            place, value = int(rank), float(score)
        except ValueError:
            found = repr(line[:SHOWN]) + ("..." if len(line) > SHOWN else "")
            advice = "ids hold no white space, ranks are whole numbers"
            raise ArtifactError(
                f"{path}:{lines.index(line) + 1}: found {found}, allowed: {COLUMNS}; {advice}"
            ) from None
        if query_id != current:
            current, hits = query_id, results.setdefault(query_id, [])
            if hits:
                odd[query_id] = None
        elif not (value <= last_score and place >= last_rank):  # also where a score is NaN
            odd[query_id] = None
        hits.append((doc_id, value))
        last_rank, last_score = place, value
    return results, odd


def _plain(hits: Hits) -> bool:
    """No document twice, and finite scores: of scores in order the first and the last tell."""
    return len(dict(hits)) == len(hits) and hits[0][1] <= LARGEST and hits[-1][1] >= -LARGEST


def _rows(lines: Sequence[str], queries: Iterable[str]) -> dict[str, list[_Row]]:
    """The lines of some queries, which are known to be well-formed."""
    rows: dict[str, list[_Row]] = {query_id: [] for query_id in queries}
    for number, line in enumerate(lines, 1):
        query_id, _, doc_id, rank, score, _ = line.split()
        if query_id in rows:
            rows[query_id].append(_Row(number, doc_id, int(rank), float(score)))
    return rows


def _check_rows(path: Path, query_id: str, rows: Iterable[_Row]) -> None:
    first: dict[str, int] = {}
    for row in rows:
        where = f"{path}:{row.number}: query {query_id}"
        if not -LARGEST <= row.score <= LARGEST:
            raise ArtifactError(f"{where}: found score {row.score}, allowed: finite numbers of single precision")
        if row.doc_id in first:
            twice = f"document {row.doc_id!r} stands twice, first in line {first[row.doc_id]}"
            raise ArtifactError(f"{where}: {twice}; allowed: once in a query's results; remove one of the lines")
        first[row.doc_id] = row.number


def _ordered(path: Path, query_id: str, rows: Iterable[_Row]) -> Hits:
    """In the order of ranks, scores descending where ranks are equal: then scores must not rise."""
    ordered = sorted(rows, key=lambda row: (row.rank, -row.score, row.number))
    for better, row in pairwise(ordered):
        if row.score > better.score:
            raise ArtifactError(
                f"{path}:{row.number}: query {query_id}: found rank {row.rank} with score {row.score:g}, above "
                f"{better.score:g} of rank {better.rank} in line {better.number}; allowed: scores that do not rise "
                "with the rank (scores decide, as in trec_eval); write the ranks, or the scores, anew"
            )
    return [(row.doc_id, row.score) for row in ordered]


def _lines(path: Path) -> list[str]:
    """The file's lines; what is blank at its end is left out."""
    try:
        data = path.read_bytes()
        text = (gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data).decode()
    except FileNotFoundError:
        raise ArtifactError(f"{path}: not there; run `dvc repro` for the stage that makes it") from None
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise ArtifactError(f"{path}:{line}: cannot be read as a run file ({error}); write it as UTF-8") from None
    except (EOFError, OSError, zlib.error) as error:
        raise ArtifactError(f"{path}: cannot be read as a run file ({error}); make it or copy it again") from None
    lines = text.removeprefix("\ufeff").split("\n")
    while lines and not lines[-1].strip():
        lines.pop()
    if not lines:
        raise ArtifactError(f"{path}: empty; allowed: lines of {COLUMNS}")
    return lines
