"""Evaluate a teacher on every suite (teacher rows of Table 2): `python -m stages.evaluate_teacher unicoil`."""

import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from dragon import artifacts
from dragon.config import Params
from dragon.core import Corpus, MetricTable, Queries
from dragon.teachers import open_teacher
from dragon.teachers.base import Searcher
from dragon.teachers.dragon_labels import only_labels
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
        if only_labels(params.teacher(teacher)):
            _nothing(params, f"{TEACHER}{teacher}", suite, facts)
            continue
        with tempfile.TemporaryDirectory(prefix="dragon-index-") as work:
            search = TeacherSearch(params, teacher, suite, Path(work))
            score_system(params, f"{TEACHER}{teacher}", suite, search, facts, params.scale.teacher_run_depth)


def _nothing(params: Params, system: str, suite: str, facts: dict[str, str]) -> None:
    """The files of a teacher that is known by its labels alone: no run and no value, so that tables say ``n/a``."""
    params.layout.runs(system, suite).mkdir(parents=True, exist_ok=True)
    MetricTable(system, suite, {}, {**facts, "labels_only": True}).write(params.layout.metrics(system, suite))
    print(f"{system} {suite}: known by its labels alone, nothing to evaluate")


if __name__ == "__main__":
    run(main)
