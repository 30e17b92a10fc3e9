"""Evaluate a teacher on every suite (teacher rows of Table 2): `python -m stages.evaluate_teacher unicoil`."""

import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from dragon import artifacts
from dragon.config import Params
from dragon.core import Corpus, Queries
from dragon.teachers import open_teacher
from dragon.teachers.base import Searcher
from stages.entry import run
from stages.scoring import at_depth, score_system
from stages.systems import TEACHER


@dataclass
class TeacherSearch:
    """A teacher over the collections of one suite; each index is built once."""

    params: Params
    teacher: str
    suite: str
    work: Path
    opened: dict[str, Searcher] = field(default_factory=dict)

    def __call__(self, dataset: str, split: str, queries: Queries) -> tuple[np.ndarray, np.ndarray]:
        data, texts = self.params.layout.dataset(self.suite, dataset), list(queries.texts)
        if dataset not in self.opened:
            corpus = Corpus.open(data / "corpus")
            teachers, layout = self.params.scale.teachers, self.params.layout
            self.opened[dataset] = open_teacher(teachers, self.teacher, layout, corpus, self.work / dataset)
        opened = self.opened[dataset]
        return at_depth(data, queries, self.params.scale.teacher_run_depth, lambda depth: opened.search(texts, depth))


def main(teacher: str, *suites: str) -> None:
    params = Params.load()
    facts = {"stands_for": params.teacher(teacher).stands_for, "evidence": params.scale.evidence}
    facts["teacher"] = artifacts.digest(artifacts.read_meta(params.layout.teacher(teacher))["files"])
    for suite in suites:
        with tempfile.TemporaryDirectory(prefix="dragon-index-") as work:
            search = TeacherSearch(params, teacher, suite, Path(work))
            score_system(params, f"{TEACHER}{teacher}", suite, search, facts, params.scale.teacher_run_depth)


if __name__ == "__main__":
    run(main)
