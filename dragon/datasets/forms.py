"""Other forms than BEIR's, read as lines of it: MS MARCO's and LoTTE's TSV, LoTTE's answers, NanoBEIR's Parquet."""

import hashlib
import json
from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import IO, Any

from dragon.datasets.beir_lines import Lines, Readable, shown
from dragon.errors import ArtifactError


class TsvLines(Lines):
    """``id<tab>text`` a line, of passages or queries."""

    def record(self, line: str, place: str) -> dict[str, Any]:
        """The two columns as a record of BEIR; raises ArtifactError when there are not two."""
        columns = line.split("\t")
        if len(columns) != 2:
            advice = "if the file was cut short, delete what it came from and run again"
            raise ArtifactError(f"{place}: found {shown(line)} of {len(columns)} columns, allowed: 2; {advice}")
        return {"_id": columns[0], "text": columns[1]}


class AnswerLines(Lines):
    """LoTTE's ``qas.<type>.jsonl``: every answer of a query is relevant, grade 1."""

    def __iter__(self) -> Iterator[tuple[int, str]]:
        """Yield one judgment of three columns for each answer.

        Raises:
            ArtifactError: as :class:`Lines`, or a line has no ``qid`` or no list ``answer_pids``.
        """
        for number, line in super().__iter__():
            place = f"{self.path}:{number}"
            found = self.record(line, place)
            if "qid" not in found or not isinstance(found.get("answer_pids"), list):
                raise ArtifactError(f"{place}: found {shown(line)}, allowed: an object with qid and a list answer_pids")
            yield from ((number, f"{found['qid']}\t{answer}\t1") for answer in found["answer_pids"])


class ParquetLines(Lines):
    """NanoBEIR's passages or queries, columns ``_id`` and ``text``; some thousand rows, read at once."""

    def __iter__(self) -> Iterator[tuple[int, str]]:
        """Yield JSON lines; raises ArtifactError when the file is not Parquet or lacks a column."""
        for number, row in enumerate(self._rows(("_id", "text")), 1):
            yield number, json.dumps(row, ensure_ascii=False)

    def _rows(self, columns: tuple[str, ...]) -> list[dict[str, Any]]:
        import pyarrow  # here: one layout of all needs it
        import pyarrow.parquet

        try:
            with self.path.open("rb") as file:
                data = file.read()
            found = pyarrow.parquet.read_table(pyarrow.BufferReader(data), columns=list(columns))
        except (OSError, pyarrow.ArrowException) as error:
            said = " ".join(str(error).split())[:120]
            raise ArtifactError(f"{self.path}: cannot be read as Parquet ({said}); fetch it again") from None
        if lacking := [name for name in columns if name not in found.column_names]:
            raise ArtifactError(f"{self.path}: has no column {', '.join(lacking)}; it is another file")
        self.sha256 = hashlib.sha256(data).hexdigest()
        return found.to_pylist()


class ParquetQrels(ParquetLines):
    """NanoBEIR's judgments, columns ``query-id`` and ``corpus-id``: all relevant, grade 1."""

    def __iter__(self) -> Iterator[tuple[int, str]]:
        """Yield one judgment of three columns a row."""
        for number, row in enumerate(self._rows(("query-id", "corpus-id")), 1):
            yield number, f"{row['query-id']}\t{row['corpus-id']}\t1"


class Repaired:
    """MS MARCO's passages with their encoding repaired as ir_datasets does; the raw file is what the authors read."""

    def __init__(self, raw: Readable) -> None:
        self.raw = raw

    def __str__(self) -> str:
        return str(self.raw)

    @property
    def name(self) -> str:
        return self.raw.name

    def open(self, mode: str) -> AbstractContextManager[IO[bytes]]:
        """The repaired bytes from the beginning."""
        from ir_datasets.datasets.msmarco_passage import FixEncoding  # here: only `text: fixed` needs it

        return FixEncoding(_Stream(self.raw)).stream()


class _Stream:
    """What ir_datasets asks to be streamed from."""

    def __init__(self, raw: Readable) -> None:
        self.raw = raw

    def stream(self) -> AbstractContextManager[IO[bytes]]:
        return self.raw.open("rb")
