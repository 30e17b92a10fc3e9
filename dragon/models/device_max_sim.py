"""MaxSim of every query with every passage on a device of torch: the same scores and lists as in NumPy.

Vectors are whole numbers of at most 127, so products are exact in TF32 and sums below 2^24 in fp32, in any order: a
GPU's tensor cores change nothing. Passages are read block by block, so only a block needs to fit.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch

from dragon.core.ranked_lists import PAD
from dragon.models.max_sim import UNIT, TokenVectors
from dragon.progress import progress

BLOCK_TOKENS = {"cuda": 1 << 22, "cpu": 1 << 16}
"""Passage tokens that are on the device together."""
PRODUCTS = {"cuda": 1 << 27, "cpu": 1 << 22}
"""Inner products that are held at once (4 bytes each)."""
QUERY_TOKENS = {"cuda": 2048, "cpu": 256}
"""Query tokens that are multiplied at once, unless one query has more."""
_ROW = 1 << 32


@dataclass(frozen=True)
class DeviceMaxSim:
    """Scores all passages; a cosine below ``threshold`` is no match, and a passage without a match is in no list."""

    passages: TokenVectors
    threshold: float
    device: str
    threads: int

    def search(self, queries: TokenVectors, depth: int) -> tuple[np.ndarray, np.ndarray]:
        """The best ``depth`` passages of Q queries: score descending, then row ascending.

        Returns:
            docs int32 ``[Q, depth]`` (-1 pads) and scores float32 ``[Q, depth]`` (-inf pads).
        """
        torch.set_num_threads(self.threads)
        best_QK = torch.zeros((len(queries), depth), dtype=torch.int64, device=self.device)
        batches = [_Queries.of(queries, rows, self.device) for rows in self._batches(queries)]
        with torch.inference_mode(), _tensor_cores():
            for block in progress(list(self._blocks()), "MaxSim on the device", "block"):
                self._block(block, batches, best_QK)
        return _lists(best_QK.cpu().numpy())

    def _block(self, block: range, batches: list["_Queries"], best_QK: torch.Tensor) -> None:
        """Merge a block's passages into the lists."""
        ends = self.passages.offsets_R
        span = slice(int(ends[block.start]), int(ends[block.stop]))
        vectors_TH = torch.from_numpy(np.ascontiguousarray(self.passages.vectors_TH[span])).to(self.device)
        chunks = [(rows_C, places_CL) for rows_C, places_CL in self._chunks(block)]
        for queries in batches:
            keys = [_keys(self._scores(vectors_TH, places, queries), rows) for rows, places in chunks]
            mine = slice(queries.rows.start, queries.rows.stop)
            every = torch.cat([best_QK[mine], *keys], dim=1)
            best_QK[mine] = every.topk(best_QK.shape[1], dim=1).values

    def _scores(self, vectors_TH: torch.Tensor, places_CL: torch.Tensor, queries: "_Queries") -> torch.Tensor:
        """float32 ``[C, B]``."""
        tokens_PH = vectors_TH[places_CL.flatten()].float()
        products_CLT = (tokens_PH @ queries.vectors_HT).view(*places_CL.shape, -1)
        best_CT = products_CLT.amax(dim=1).double()
        best_CT[best_CT < self.threshold * UNIT**2] = 0
        return (best_CT @ queries.weights_TB / UNIT**2).float()

    def _chunks(self, block: range) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        """Rows ``[C]`` of passages of similar length, and places ``[C, L]`` in the block of their tokens.

        A shorter passage repeats its last token, which changes no maximum.
        """
        ends = self.passages.offsets_R[block.start : block.stop + 1] - self.passages.offsets_R[block.start]
        lengths = np.diff(ends)
        order = np.argsort(lengths, kind="stable")
        order = order[np.searchsorted(lengths[order], 1) :]  # not those without tokens
        most = PRODUCTS[self.device] // QUERY_TOKENS[self.device]
        start = 0
        while start < len(order):
            held = order[start : start + max(1, most // int(lengths[order[start]]))]
            width = max(1, int(np.searchsorted(lengths[held] * np.arange(1, len(held) + 1), most, side="right")))
            held = held[:width]
            longest = np.arange(lengths[held[-1]])
            places = ends[held][:, None] + np.minimum(longest[None], lengths[held][:, None] - 1)
            yield torch.from_numpy(held + block.start).to(self.device), torch.from_numpy(places).to(self.device)
            start += len(held)

    def _blocks(self) -> Iterator[range]:
        """Passages whose tokens are on the device together."""
        ends, start = self.passages.offsets_R, 0
        while start < len(self.passages):
            stop = int(np.searchsorted(ends, ends[start] + BLOCK_TOKENS[self.device], side="right")) - 1
            yield range(start, max(stop, start + 1))
            start = max(stop, start + 1)

    def _batches(self, queries: TokenVectors) -> Iterator[range]:
        ends, start = queries.offsets_R, 0
        while start < len(queries):
            stop = int(np.searchsorted(ends, ends[start] + QUERY_TOKENS[self.device], side="right")) - 1
            yield range(start, max(stop, start + 1))
            start = max(stop, start + 1)


@dataclass(frozen=True)
class _Queries:
    """B queries on the device: vectors ``[H, T]`` and weights ``[T, B]`` of their tokens."""

    rows: range
    vectors_HT: torch.Tensor
    weights_TB: torch.Tensor

    @classmethod
    def of(cls, queries: TokenVectors, rows: range, device: str) -> "_Queries":
        ends = queries.offsets_R[rows.start : rows.stop + 1]
        span = slice(int(ends[0]), int(ends[-1]))
        owner_T = np.repeat(np.arange(len(rows)), np.diff(ends))
        weights_TB = np.zeros((len(owner_T), len(rows)))
        weights_TB[np.arange(len(owner_T)), owner_T] = queries.weights_T[span]
        vectors_TH = np.asarray(queries.vectors_TH[span], dtype=np.float32)
        return cls(rows, torch.from_numpy(vectors_TH).T.to(device), torch.from_numpy(weights_TB).to(device))


def _keys(scores_CB: torch.Tensor, rows_C: torch.Tensor) -> torch.Tensor:
    """Whole numbers ``[B, C]`` in the order of the lists: no two are equal but 0, which is no match.

    The bits of positive floats are ordered as the floats are; the row decides where they are equal.
    """
    bits_BC = scores_CB.T.contiguous().view(torch.int32).long()
    return torch.where(scores_CB.T > 0, bits_BC * _ROW + (_ROW - 1 - rows_C), 0)


def _lists(keys_QK: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    matched_QK = keys_QK > 0
    docs_QK = np.where(matched_QK, _ROW - 1 - keys_QK % _ROW, PAD).astype(np.int32)
    scores_QK = (keys_QK // _ROW).astype(np.int32).view(np.float32)
    return docs_QK, np.where(matched_QK, scores_QK, np.float32(-np.inf))


@contextmanager
def _tensor_cores() -> Iterator[None]:
    """Let matrix products use TF32, which is exact here."""
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("high")
    try:
        yield
    finally:
        torch.set_float32_matmul_precision(before)
