"""Many texts in one memory-mapped file: opening costs the same for ten texts and for ten million."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

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
        offsets = [0]
        with (folder / f"{name}.bin").open("wb") as file:
            for text in texts:
                offsets.append(offsets[-1] + file.write(text.encode()))
        np.save(folder / f"{name}.offsets.npy", np.asarray(offsets, dtype=np.int64))
        return len(offsets) - 1

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
