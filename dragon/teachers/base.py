"""What a teacher is: an engine over an encoder, opened on one corpus, that ranks queries to a depth.

At scale ``mini`` an encoder is fitted on in-domain text; at other scales it is a checkpoint. The engine,
the shards, the labels and the evaluation are the same.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from dragon.core import Corpus
from dragon.models.encoder import ENCODERS, Encoder, FitData
from dragon.registry import Registry

__all__ = ["ENCODERS", "ENGINES", "Encoder", "Engine", "FitData", "Searcher"]


class Searcher(Protocol):
    """A teacher opened on one corpus of D passages."""

    def search(self, queries: Sequence[str], depth: int) -> tuple[np.ndarray, np.ndarray]:
        """Rank every query.

        Returns:
            docs int32 ``[Q, depth]`` (corpus rows, best first, -1 pads) and scores float32 ``[Q, depth]``
            (-inf pads). Ties: score descending, then document order, unless the engine says otherwise.
        """
        ...


class Engine(Protocol):
    """Opens an encoder on a corpus.

    ``options`` is the entry's ``options.engine``, which the engine checks strictly; ``work`` is an empty folder
    for index files; ``first_stage`` is the opened teacher that ``options.engine.first_stage`` names, if any.
    """

    def __call__(
        self, encoder: Any, options: dict[str, Any], corpus: Corpus, work: Path, first_stage: Searcher | None = None
    ) -> Searcher: ...


ENGINES: Registry[Engine] = Registry("teacher kind")
