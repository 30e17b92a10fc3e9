"""A part of the queries that a source would make: what a machine can label."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dragon.errors import ConfigError


@dataclass(frozen=True, kw_only=True)
class Sample:
    """How many queries are kept, and the seed of the draw."""

    queries: int
    seed: int
    whole: tuple[str, ...]
    """Ids of passages whose queries are kept beside them, all of them (Figure 4 shows some)."""


def check_sample(sample: Sample | None, where: str) -> None:
    """Raise ConfigError for a sample of nothing or a negative seed."""
    if sample and sample.queries < 1:
        raise ConfigError(f"{where}.sample.queries: found {sample.queries}, allowed: 1 or more, or `sample: null`")
    if sample and sample.seed < 0:
        raise ConfigError(f"{where}.sample.seed: found {sample.seed}, allowed: a whole number from 0")


def kept(counts_D: Sequence[int], doc_ids: Sequence[str], sample: Sample | None, where: str) -> np.ndarray:
    """Which queries are kept, in the order in which they are made: by passage, then by number.

    A function of the counts, the ids and the seed: two sources that make as many of each passage keep the same places.

    Args:
        counts_D: queries of each passage.
        doc_ids: of the D passages.
        sample: null keeps all.
        where: opens error messages.

    Returns:
        bool ``[sum of counts]``.

    Raises:
        ConfigError: the sample names a passage that the collection lacks.
    """
    count = int(sum(counts_D))
    if sample is None or sample.queries >= count:
        return np.ones(count, dtype=bool)
    mask = np.zeros(count, dtype=bool)
    mask[np.random.Generator(np.random.Philox(sample.seed)).permutation(count)[: sample.queries]] = True
    ends = np.cumsum([0, *counts_D])
    rows = {doc_id: row for row, doc_id in enumerate(doc_ids)} if sample.whole else {}
    for doc_id in sample.whole:
        if doc_id not in rows:
            raise ConfigError(f"{where}.sample.whole: found {doc_id!r}, allowed: ids of the collection's passages")
        mask[ends[rows[doc_id]] : ends[rows[doc_id] + 1]] = True
    return mask
