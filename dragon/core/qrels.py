"""Graded human judgments in TREC format: ``query_id 0 doc_id grade``."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from dragon import artifacts
from dragon.errors import ArtifactError


@dataclass(frozen=True)
class Qrels:
    """``grades[query_id][doc_id]`` is a whole number; relevant means at least 1 unless a measure says otherwise."""

    grades: Mapping[str, Mapping[str, int]]

    @classmethod
    def read(cls, path: Path) -> "Qrels":
        """Read a TREC qrels file.

        Raises:
            ArtifactError: the file is missing, empty, or a line is malformed (named with its number).
        """
        if not path.exists():
            raise ArtifactError(f"{path}: not there; run `dvc repro` for the stage that makes it")
        grades: dict[str, dict[str, int]] = {}
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            query_id, doc_id, grade = _parse(path, number, line)
            grades.setdefault(query_id, {})[doc_id] = grade
        if not grades:
            raise ArtifactError(f"{path}: empty; allowed: lines of `query_id 0 doc_id grade`")
        return cls(grades)

    def write(self, path: Path) -> None:
        """Write atomically, in the order of the mapping."""
        lines = [f"{q} 0 {d} {grade}\n" for q, docs in self.grades.items() for d, grade in docs.items()]
        artifacts.write_text(path, "".join(lines))

    def __len__(self) -> int:
        return len(self.grades)


def _parse(path: Path, number: int, line: str) -> tuple[str, str, int]:
    try:
        query_id, _, doc_id, grade = line.split()
        return query_id, doc_id, int(grade)
    except ValueError:
        raise ArtifactError(f"{path}:{number}: found {line!r}, allowed: `query_id 0 doc_id grade`") from None
