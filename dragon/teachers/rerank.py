"""A cross-encoder over lists that somebody else retrieved, such as a trained student's (paper section 5)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dragon.artifacts import Layout
from dragon.core import Corpus
from dragon.settings import Teacher
from dragon.teachers import opened
from dragon.teachers.base import Searcher


@dataclass(frozen=True)
class Candidates:
    """Lists of known queries as a first stage: ``docs_QC`` int32 and ``scores_QC`` float32, by the query's text."""

    row_of: Mapping[str, int]
    docs_QC: np.ndarray
    scores_QC: np.ndarray

    @classmethod
    def of(cls, queries: Sequence[str], docs_QC: np.ndarray, scores_QC: np.ndarray) -> "Candidates":
        """Equal texts have equal lists, so either's will do."""
        return cls({text: row for row, text in enumerate(queries)}, docs_QC, scores_QC)

    def search(self, queries: Sequence[str], depth: int) -> tuple[np.ndarray, np.ndarray]:
        """See :class:`dragon.teachers.base.Searcher`; lists are not longer than C."""
        rows = [self.row_of[text] for text in queries]
        return self.docs_QC[rows, :depth], self.scores_QC[rows, :depth]


def open_on(
    teachers: Mapping[str, Teacher], name: str, layout: Layout, corpus: Corpus, work: Path, first_stage: Candidates
) -> Searcher:
    """A re-ranking teacher of the scale over ``first_stage``, all of whose candidates it scores."""
    options = {"depth": first_stage.docs_QC.shape[1]}
    return opened(teachers, name, layout, corpus, work, first_stage, options)
