"""How many texts there are, how long they are and how much is relevant to each (paper Table 10)."""

from dataclasses import dataclass

import numpy as np

from dragon.core import Qrels
from dragon.errors import ArtifactError


@dataclass(frozen=True, kw_only=True)
class Statistics:
    """One row of Table 10."""

    number: int
    tokens: float
    """Mean number of pieces, without special tokens."""
    relevant: float | None
    """Mean number of relevant passages of a query; None for passages."""


def statistics(where: str, offsets_R: np.ndarray, relevant: float | None) -> Statistics:
    """A row of R texts from their token store's offsets, int64 ``[R + 1]``.

    Raises:
        ArtifactError: there is no text.
    """
    number = len(offsets_R) - 1
    if number < 1:
        raise ArtifactError(f"{where}: found no texts, allowed: one or more; run `dvc repro`")
    return Statistics(number=number, tokens=float(offsets_R[-1] - offsets_R[0]) / number, relevant=relevant)


def mean_judged(qrels: Qrels) -> float:
    """Mean over judged queries of the number of passages of grade 1 or more."""
    return float(np.mean([sum(grade >= 1 for grade in docs.values()) for docs in qrels.grades.values()]))
