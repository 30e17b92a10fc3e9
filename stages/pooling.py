"""What finds a subset's pools: the engines of teachers, which `dragon.datasets` may not import."""

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from dragon import typed
from dragon.core import Corpus
from dragon.teachers.bm25 import LuceneEnglish, open_bm25


@dataclass(frozen=True, kw_only=True)
class Bm25Options:
    """The options of a teacher of kind ``lucene-bm25``."""

    encoder: dict[str, Any]
    engine: dict[str, Any]


def lucene_bm25(
    options: Mapping[str, Any], corpus: Corpus, queries: Sequence[str], depth: int, where: str
) -> np.ndarray:
    """Lucene's BM25 over an index in a temporary folder; see ``dragon/teachers/bm25.py``."""
    settings = typed.build(Bm25Options, options, where)
    encoder = LuceneEnglish.fit(None, settings.encoder)
    with tempfile.TemporaryDirectory(prefix="dragon-index-") as work:
        return open_bm25(encoder, settings.engine, corpus, Path(work)).search(queries, depth)[0]
