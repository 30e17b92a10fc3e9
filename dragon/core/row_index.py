"""External ids -> rows for tens of millions of ids, in 16 bytes each: a Python dictionary would take over a hundred."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from dragon.errors import ArtifactError

UNKNOWN = -1
_DIGITS = 18
"""Decimal ids up to this length are their own keys."""


@dataclass(frozen=True)
class RowIndex:
    """Rows of R ids: ``keys_R`` int64, ascending, and ``rows_R`` int64, the row of each key."""

    ids: Sequence[str]
    keys_R: np.ndarray
    rows_R: np.ndarray

    @classmethod
    def of(cls, ids: Sequence[str], where: str) -> "RowIndex":
        """Index the ids of a collection or of a query set.

        Raises:
            ArtifactError: an id stands twice; ``where`` opens the message.
        """
        keys_R = _keys(ids, len(ids))
        rows_R = np.argsort(keys_R, kind="stable")
        keys_R = keys_R[rows_R]
        twice = np.flatnonzero(keys_R[1:] == keys_R[:-1])
        if len(twice):
            first, second = (int(rows_R[twice[0] + i]) for i in (0, 1))
            found = f"rows {first} and {second} have ids {ids[first]!r} and {ids[second]!r}"
            raise ArtifactError(f"{where}: {found}; allowed: ids that differ")
        return cls(ids, keys_R, rows_R)

    def rows(self, ids: Sequence[str]) -> np.ndarray:
        """int64 ``[len(ids)]``: the row of each id, -1 where there is none."""
        keys = _keys(ids, len(ids))
        places = np.minimum(np.searchsorted(self.keys_R, keys), len(self.keys_R) - 1)
        if not len(self.keys_R):
            return np.full(len(ids), UNKNOWN, dtype=np.int64)
        rows = np.where(self.keys_R[places] == keys, self.rows_R[places], UNKNOWN)
        for at in np.flatnonzero((keys < 0) & (rows != UNKNOWN)).tolist():  # digests are looked at, numbers are exact
            if self.ids[int(rows[at])] != ids[at]:
                rows[at] = UNKNOWN
        return rows


def _keys(ids: Iterable[str], count: int) -> np.ndarray:
    return np.fromiter(map(_key, ids), dtype=np.int64, count=count)


def _key(text: str) -> int:
    """A number for a decimal id as it is usually written, else 63 bits of a digest, below zero."""
    if text.isdecimal() and text.isascii() and len(text) <= _DIGITS and (text[0] != "0" or text == "0"):
        return int(text)
    return -1 - (int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big") >> 1)
