"""What was noticed in a BEIR folder that is no error: counted for ``meta.json``, and in words for the user."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from dragon.core import Qrels
from dragon.core.queries import Query
from dragon.datasets.beir_corpus import Stream
from dragon.datasets.beir_lines import Lines
from dragon.datasets.beir_qrels import FORMATS, Judgments
from dragon.errors import ArtifactError

SHOWN = 5
"""Unknown ids that are named."""


@dataclass
class Split:
    """One split: its queries and judgments as they are written, and what was left out on the way."""

    name: str
    lines: Lines
    judged: Judgments
    queries: list[Query]
    qrels: Qrels
    unknown_queries: list[str]
    """Judged, but without a text; left out."""
    unjudged_queries: int
    """Of all queries of the folder; left out of this split."""
    unknown_documents: tuple[str, ...] = ()
    """Judged, but not in the corpus; kept."""
    same_ids: int = 0
    """Queries whose id is also a document's."""

    def check_known(self, found: set[str]) -> None:
        """Note which judged documents the corpus lacks; raises ArtifactError when it lacks all of them.

        ``found`` holds all ids of this split, of queries and documents, that are in the corpus.
        """
        self.same_ids = sum(query.query_id in found for query in self.queries)
        judged = dict.fromkeys(doc for docs in self.qrels.grades.values() for doc in docs)
        self.unknown_documents = tuple(doc for doc in judged if doc not in found)
        if len(self.unknown_documents) == len(judged):
            first = ", ".join(self.unknown_documents[:SHOWN])
            advice = "take corpus and judgments of one collection, with the same ids"
            raise ArtifactError(f"{self.lines.path}: none of its {len(judged)} documents ({first}) is there; {advice}")

    def report(self) -> dict[str, Any]:
        """Counts of this split."""
        without = sum(max(docs.values()) < 1 for docs in self.qrels.grades.values())
        return {
            "format": FORMATS[self.judged.format],
            "judgments": self.judged.judgments,
            "negative_grades": self.judged.negative,
            "repeated_judgments": self.judged.repeated,
            "queries_without_judgments": self.unjudged_queries,
            "queries_without_relevant": without,
            "queries_with_a_documents_id": self.same_ids,
            "unknown_queries": _named(self.unknown_queries),
            "unknown_documents": _named(self.unknown_documents),
            **self.lines.noticed,
        }


def report_of(stream: Stream, noticed: Mapping[str, int], splits: Mapping[str, Split]) -> dict[str, Any]:
    """``{corpus, queries, splits}`` with everything that was counted; ``noticed`` in the lines of the queries."""
    asked = {query.query_id: query.text for split in splits.values() for query in split.queries}
    empty = {"empty_texts": stream.empty_texts, "empty_passages": stream.empty_passages}
    return {
        "corpus": {**empty, **stream.lines.noticed},
        "queries": {"empty_texts": sum(not text.strip() for text in asked.values()), **noticed},
        "splits": {name: split.report() for name, split in splits.items()},
    }


def warnings_of(report: Mapping[str, Any], drop_same_id: bool) -> list[str]:
    """One sentence for each thing that a user may not expect; empty for a folder in order."""
    found = list(_counted("corpus", report["corpus"], {"empty_passages": "passages have neither text nor title; kept"}))
    found += _counted(
        "queries", report["queries"], {"empty_texts": "queries have no text; kept, they can find nothing"}
    )
    for name, split in report["splits"].items():
        found += _counted(f"split {name}", split, _SPLIT)
        if drop_same_id and not split["queries_with_a_documents_id"]:
            found.append(f"split {name}: drop_same_id is true, but no query has the id of a document")
    return found


_SPLIT = {
    "unknown_queries": "queries have judgments but no text; left out",
    "unknown_documents": "judged documents are not in the corpus; kept, as trec_eval does: never found",
    "negative_grades": "grades are negative; kept, they count as not relevant",
    "repeated_judgments": "judgments stand twice; kept once",
    "queries_without_relevant": "queries have no relevant document; kept, they score 0",
}


def _counted(place: str, counts: Mapping[str, Any], words: Mapping[str, str]) -> Iterator[str]:
    for key, said in words.items():
        found = counts[key]
        number = found if isinstance(found, int) else found["count"]
        names = "" if isinstance(found, int) else f" ({', '.join(found['first'])}{' ...' * (number > SHOWN)})"
        if number:
            yield f"{place}: {number} {said}{names}"


def _named(ids: list[str] | tuple[str, ...]) -> dict[str, Any]:
    return {"count": len(ids), "first": list(ids[:SHOWN])}
