"""What a system retrieved for topics: a TREC run file of six columns, gzip-compressed."""

import gzip
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dragon import artifacts
from dragon.core.ranked_lists import PAD
from dragon.core.run_files import read_results
from dragon.errors import ArtifactError


@dataclass(frozen=True)
class Run:
    """``results[query_id]`` is a list of ``(doc_id, score)``, best first, scores as written."""

    results: dict[str, list[tuple[str, float]]]

    @classmethod
    def from_rows(
        cls, query_ids: Sequence[str], doc_ids: Sequence[str], docs_QK: np.ndarray, scores_QK: np.ndarray
    ) -> "Run":
        """Rows become ids here; padded places are left out, so a query without results has an empty list."""
        ids = np.asarray(doc_ids, dtype=object)
        results = {}
        for query_id, docs, scores in zip(query_ids, docs_QK, scores_QK, strict=True):
            kept = docs != PAD
            results[query_id] = list(zip(ids[docs[kept]].tolist(), scores[kept].tolist(), strict=True))
        return cls(results)

    def to_rows(self, query_ids: Sequence[str], row_of: Mapping[str, int], depth: int) -> tuple[np.ndarray, np.ndarray]:
        """The first ``depth`` results of each query as corpus rows: docs int32 and scores float32 ``[Q, depth]``.

        Short and missing lists are padded.

        Raises:
            ArtifactError: a document id is not in the collection.
        """
        docs = np.full((len(query_ids), depth), PAD, dtype=np.int32)
        scores = np.full(docs.shape, -np.inf, dtype=np.float32)
        for row, query_id in enumerate(query_ids):
            for place, (doc_id, score) in enumerate(self.results.get(query_id, [])[:depth]):
                if doc_id not in row_of:
                    raise ArtifactError(f"run: query {query_id}: document {doc_id!r} is not in the collection")
                docs[row, place], scores[row, place] = row_of[doc_id], score
        return docs, scores

    def write(self, path: Path, tag: str) -> None:
        """Write ``query_id Q0 doc_id rank score tag`` lines; the bytes depend on the contents only."""
        buffer = io.BytesIO()
        with gzip.GzipFile(fileobj=buffer, mode="wb", mtime=0, compresslevel=1) as file:
            for query_id, hits in self.results.items():
                lines = [f"{query_id} Q0 {doc} {i} {score:.9g} {tag}\n" for i, (doc, score) in enumerate(hits, 1)]
                file.write("".join(lines).encode())
        artifacts.write_bytes(path, buffer.getvalue())

    @classmethod
    def read(cls, path: Path) -> "Run":
        """Read a run file, gzip-compressed or not.

        Raises:
            ArtifactError: it is not one that can be trusted, see :func:`dragon.core.run_files.read_results`.
        """
        return cls(read_results(path))
