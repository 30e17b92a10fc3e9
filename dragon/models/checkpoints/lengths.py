"""Batches of texts with one number of tokens each: nothing is padded, so no text feels its neighbours."""

from collections.abc import Iterator

import numpy as np


def equal_lengths(lengths_R: np.ndarray, batch_size: int) -> Iterator[np.ndarray]:
    """Rows of one length each, longest first, so that memory runs out at once or not at all.

    Args:
        lengths_R: whole numbers ``[R]``.
        batch_size: rows, at most.

    Yields:
        int64 ``[B]``; together every row once.
    """
    order = np.argsort(-lengths_R, kind="stable")
    ends = np.flatnonzero(np.diff(lengths_R[order])) + 1
    for group in np.split(order, ends):
        yield from (group[i : i + batch_size] for i in range(0, len(group), batch_size))
