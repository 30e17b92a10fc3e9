"""The passages of one collection; their row order is fixed for ever."""

from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from dragon import artifacts
from dragon.core.texts import Texts, TextsWriter


class Passage(NamedTuple):
    """One passage as its collection gives it."""

    doc_id: str
    title: str
    text: str

    @property
    def full_text(self) -> str:
        """``title text``, or the text alone where the collection has no titles (MS MARCO, PyDocs)."""
        return f"{self.title} {self.text}" if self.title else self.text

    def joined(self, separator: str | None) -> str:
        """``title<separator>text``, an empty title too, as the official code does with `` [SEP] `` (dpr.py, BEIR).

        None is :attr:`full_text`, as BEIR's own encoders read a passage.
        """
        return self.full_text if separator is None else f"{self.title}{separator}{self.text}"


@dataclass(frozen=True)
class Corpus:
    """A memory-mapped collection of D passages.

    ``corpus[row]`` is a :class:`Passage`; ``ids``, ``titles`` and ``texts`` are sequences of D strings.
    """

    folder: Path
    ids: Texts
    titles: Texts
    texts: Texts

    @classmethod
    def open(cls, folder: Path) -> "Corpus":
        """Open a complete corpus folder; raises ArtifactError otherwise."""
        artifacts.read_meta(folder)
        return cls(folder, *(Texts.open(folder, name) for name in ("ids", "titles", "texts")))

    @staticmethod
    def write(folder: Path, passages: Iterable[Passage], **meta: object) -> "Corpus":
        """Write a corpus folder atomically and open it. ``passages`` is read once, one passage at a time."""
        facts = {"kind": "corpus", "passages": 0, **meta}  # read when the folder is complete
        with artifacts.folder(folder, facts) as part, ExitStack() as stack:
            columns = [stack.enter_context(TextsWriter(part, name)) for name in ("ids", "titles", "texts")]
            for passage in passages:
                for column, text in zip(columns, passage, strict=True):
                    column.append(text)
            facts["passages"] = len(columns[0])
        return Corpus.open(folder)

    def __len__(self) -> int:
        return len(self.ids)

    def __getitem__(self, row: int) -> Passage:
        return Passage(self.ids[row], self.titles[row], self.texts[row])

    def __iter__(self) -> Iterator[Passage]:
        return (self[row] for row in range(len(self)))

    def full_texts(self) -> list[str]:
        """What every encoder reads, in row order."""
        return [passage.full_text for passage in self]
