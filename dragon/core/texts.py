"""Many texts in one memory-mapped file: opening costs the same for ten texts and for ten million."""

from array import array
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from types import TracebackType

import numpy as np

from dragon.errors import ArtifactError


class Texts(Sequence[str]):
    """UTF-8 texts end to end (``<name>.bin``) with ``<name>.offsets.npy`` (int64 ``[rows + 1]``)."""

    def __init__(self, data: np.ndarray, offsets: np.ndarray) -> None:
        self._data, self._offsets = data, offsets

    @classmethod
    def open(cls, folder: Path, name: str) -> "Texts":
        """Map the two files.

        Raises:
            ArtifactError: a file is missing, or the data are shorter than the offsets say.
        """
        try:
            offsets = np.load(folder / f"{name}.offsets.npy", mmap_mode="r")
            size = (folder / f"{name}.bin").stat().st_size
        except (FileNotFoundError, ValueError) as error:
            raise ArtifactError(f"{folder}: {name} cannot be read ({error}); run `dvc repro`") from None
        if size != int(offsets[-1]):
            raise ArtifactError(f"{folder / name}.bin: {size} bytes, expected {int(offsets[-1])}; run `dvc repro`")
        data = np.memmap(folder / f"{name}.bin", dtype=np.uint8, mode="r") if size else np.empty(0, np.uint8)
        return cls(data, offsets)

    @staticmethod
    def write(folder: Path, name: str, texts: Iterable[str]) -> int:
        """Stream ``texts`` to disk and return how many there were."""
        with TextsWriter(folder, name) as writer:
            for text in texts:
                writer.append(text)
        return len(writer)

    def __len__(self) -> int:
        return len(self._offsets) - 1

    def __getitem__(self, row):
        if isinstance(row, slice):
            return [self[i] for i in range(*row.indices(len(self)))]
        if not -len(self) <= row < len(self):
            raise IndexError(row)
        row = int(row) % len(self)
        return bytes(self._data[self._offsets[row] : self._offsets[row + 1]]).decode()

    def __iter__(self) -> Iterator[str]:
        return (self[row] for row in range(len(self)))


class TextsWriter:
    """Writes texts one by one; what it holds in memory is 8 bytes a text. The files are whole after ``with``."""

    def __init__(self, folder: Path, name: str) -> None:
        self._offsets_at = folder / f"{name}.offsets.npy"
        self._file, self._offsets = (folder / f"{name}.bin").open("wb"), array("q", [0])

    def append(self, text: str) -> None:
        """Write one more text."""
        self._offsets.append(self._offsets[-1] + self._file.write(text.encode()))

    def __len__(self) -> int:
        return len(self._offsets) - 1

    def __enter__(self) -> "TextsWriter":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._file.close()
        if kind is None:
            np.save(self._offsets_at, np.frombuffer(self._offsets, dtype=np.int64))
