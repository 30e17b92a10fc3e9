"""Texts tokenised once: ragged pieces on disk, without special tokens; a training step only copies slices."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from dragon import artifacts
from dragon.core.ranked_lists import PAD
from dragon.errors import ArtifactError
from dragon.models.vocabulary import open_tokenizer
from dragon.progress import progress

if TYPE_CHECKING:
    from torch import Tensor

MAX_PIECES = 510
"""Pieces kept of each text: what a BERT of 512 positions can read beside [CLS] and [SEP]."""
_CHUNK = 4096


@dataclass(frozen=True)
class Tokens:
    """Pieces of R texts, memory-mapped.

    pieces_T     uint16 (int32 where the vocabulary has more than 65,535 entries), all texts end to end
    offsets_R    int64 ``[R + 1]``; text ``r`` is ``pieces_T[offsets_R[r]:offsets_R[r + 1]]``
    special      ids of ``cls``, ``sep`` and ``pad``
    """

    pieces_T: np.ndarray
    offsets_R: np.ndarray
    special: dict[str, int]

    @staticmethod
    def write(folder: Path, texts: Iterable[str], tokenizer_folder: Path) -> "Tokens":
        """Tokenise ``texts`` in their order, write the folder atomically and open it."""
        tokenizer = open_tokenizer(tokenizer_folder)
        tokenizer.enable_truncation(MAX_PIECES)
        special = {name: tokenizer.token_to_id(f"[{name.upper()}]") for name in ("cls", "sep", "pad")}
        dtype = np.uint16 if tokenizer.get_vocab_size() <= np.iinfo(np.uint16).max else np.int32
        chunks, lengths = [np.empty(0, dtype)], [0]
        for chunk in progress(_chunks(texts), f"tokens of {folder.name}", "x 4096 texts"):
            ids = [one.ids for one in tokenizer.encode_batch_fast(chunk, add_special_tokens=False)]
            chunks.append(np.fromiter(chain.from_iterable(ids), dtype))
            lengths += map(len, ids)
        meta = {"kind": "tokens", "texts": len(lengths) - 1, "pieces": sum(lengths), "special": special}
        with artifacts.folder(folder, meta) as part:
            np.save(part / "tokens.npy", np.concatenate(chunks))
            np.save(part / "offsets.npy", np.cumsum(lengths, dtype=np.int64))
        return Tokens.open(folder)

    @classmethod
    def open(cls, folder: Path) -> "Tokens":
        """Map a complete folder in O(1).

        Raises:
            ArtifactError: the folder is missing, incomplete, or its two files do not belong together.
        """
        meta = artifacts.read_meta(folder)
        pieces, offsets = (np.load(folder / f"{name}.npy", mmap_mode="r") for name in ("tokens", "offsets"))
        if len(pieces) != offsets[-1] or len(offsets) != meta["texts"] + 1:
            raise ArtifactError(f"{folder}: {len(pieces)} pieces, {offsets[-1]} expected; run `dvc repro`")
        return cls(pieces, offsets, meta["special"])

    def __len__(self) -> int:
        return len(self.offsets_R) - 1

    def lengths(self, rows: np.ndarray, max_length: int) -> np.ndarray:
        """Tokens of each row as :meth:`batch` gives it, special tokens included; int64 ``[B]``."""
        rows = np.asarray(rows, dtype=np.int64)
        pieces = self.offsets_R[rows + 1] - self.offsets_R[rows]
        return 2 + np.where(rows == PAD, 0, np.minimum(pieces, max_length - 2))

    def batch(self, rows: np.ndarray, max_length: int) -> tuple["Tensor", "Tensor"]:
        """``[CLS] pieces [SEP]`` of B texts, cut to ``max_length`` tokens and padded to the longest of the batch.

        Args:
            rows: whole numbers ``[B]``; -1 is a dummy, ``[CLS] [SEP]``.
            max_length: tokens, special tokens included, 3 or more.

        Returns:
            ``input_ids`` and ``attention_mask``, int64 ``[B, T]``.
        """
        rows = np.asarray(rows, dtype=np.int64)
        return self.spans(np.where(rows == PAD, 0, self.offsets_R[rows]), self.lengths(rows, max_length) - 2)

    def spans(self, starts_B: np.ndarray, counts_B: np.ndarray) -> tuple["Tensor", "Tensor"]:
        """``[CLS] pieces [SEP]`` of B runs of pieces, padded to the longest.

        Args:
            starts_B: int64, index of each run's first piece in ``pieces_T``.
            counts_B: int64, pieces of each run; 0 gives ``[CLS] [SEP]``.

        Returns:
            ``input_ids`` and ``attention_mask``, int64 ``[B, T]``.
        """
        import torch  # here and not above: writing tokens needs no torch

        columns_T, ends_B1 = np.arange(int(counts_B.max(initial=0)) + 2), counts_B[:, None] + 1
        inside_BT = (columns_T > 0) & (columns_T < ends_B1)
        ids_BT = np.full(inside_BT.shape, self.special["pad"], dtype=np.int64)
        ids_BT[inside_BT] = self.pieces_T[(starts_B[:, None] + columns_T - 1)[inside_BT]]
        ids_BT[:, 0] = self.special["cls"]
        np.put_along_axis(ids_BT, ends_B1, self.special["sep"], axis=1)
        return torch.from_numpy(ids_BT), torch.from_numpy((columns_T <= ends_B1).astype(np.int64))


def _chunks(texts: Iterable[str]) -> Iterator[list[str]]:
    texts = iter(texts)
    while chunk := list(islice(texts, _CHUNK)):
        yield chunk
