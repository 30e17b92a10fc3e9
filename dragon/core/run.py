"""What a system retrieved for topics: a TREC run file of six columns, gzip-compressed."""

import gzip
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dragon import artifacts
from dragon.core.ranked_lists import PAD
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
        results = {}
        for query_id, docs, scores in zip(query_ids, docs_QK, scores_QK, strict=True):
            kept = docs != PAD
            results[query_id] = [
                (doc_ids[int(doc)], float(score)) for doc, score in zip(docs[kept], scores[kept], strict=True)
            ]
        return cls(results)

    def write(self, path: Path, tag: str) -> None:
        """Write ``query_id Q0 doc_id rank score tag`` lines; the bytes depend on the contents only."""
        buffer = io.BytesIO()
        with gzip.GzipFile(fileobj=buffer, mode="wb", mtime=0, compresslevel=6) as file:
            for query_id, hits in self.results.items():
                lines = [f"{query_id} Q0 {doc} {i} {score:.9g} {tag}\n" for i, (doc, score) in enumerate(hits, 1)]
                file.write("".join(lines).encode())
        artifacts.write_bytes(path, buffer.getvalue())

    @classmethod
    def read(cls, path: Path) -> "Run":
        """Read a run file, gzip-compressed or not, in file order.

        Raises:
            ArtifactError: the file is missing, truncated, or a line is malformed (named with its number).
        """
        results: dict[str, list[tuple[str, float]]] = {}
        for number, line in enumerate(_text(path).splitlines(), 1):
            try:
                query_id, _, doc_id, _, score, _ = line.split()
                results.setdefault(query_id, []).append((doc_id, float(score)))
            except ValueError:
                raise ArtifactError(
                    f"{path}:{number}: found {line!r}, allowed: `query_id Q0 doc_id rank score tag`"
                ) from None
        return cls(results)


def _text(path: Path) -> str:
    try:
        data = path.read_bytes()
        return (gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data).decode()
    except FileNotFoundError:
        raise ArtifactError(f"{path}: not there; run `dvc repro` for the stage that makes it") from None
    except (EOFError, OSError, UnicodeDecodeError) as error:
        raise ArtifactError(f"{path}: cannot be read as a run file ({error}); delete it and run `dvc repro`") from None
