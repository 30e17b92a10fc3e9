"""What the stage `baselines` does with one entry: its runs, per-query values and metrics of a suite, from the store."""

import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np

import dragon
from dragon import artifacts
from dragon.config import Params, Teacher
from dragon.core import Corpus, MetricTable, Queries
from dragon.settings import BASELINES
from dragon.store import Store
from dragon.teachers import open_teacher
from dragon.teachers.base import Searcher
from dragon.teachers.baselines import Fitted, entries, fit_baseline
from dragon.teachers.shards import ranking_key
from stages.evaluations import METRICS, publish
from stages.scoring import at_depth, score

KIND = "baseline-evaluations"


def entries_of(params: Params, suite: str) -> dict[str, Teacher]:
    """The baselines with the lengths that they read in a suite; raises ConfigError on a wrong one."""
    scale = params.scale
    return entries(scale.baselines, scale.suites, suite, f"scales/{params.scale_name}.yaml")


def evaluated(params: Params, name: str, suite: str) -> Path:
    """Runs, per-query values and metrics of a baseline on a suite, from the store or computed now: a folder."""
    found, system = entries_of(params, suite), f"{BASELINES}/{name}"
    with tempfile.TemporaryDirectory(prefix="dragon-baseline-") as work:
        fitted = Fitted(params.scale_name, Path(work) / "fitted")
        fit_baseline(found, name, fitted)
        search = _Search(params, found, name, suite, fitted, Path(work))

        def make(part: Path) -> None:
            score(params, system, suite, search, {}, part).write(part / METRICS)

        key = artifacts.digest({"system": system, "suite": search.key()})
        meta = {"kind": "evaluation", "system": system, "suite": suite, "key": key}
        return Store.default().obtain(KIND, key, make, meta)[0]


def published(params: Params, name: str, suite: str) -> MetricTable:
    """Put a baseline's evaluation where tables look for it."""
    facts = {"stands_for": params.scale.baselines[name].stands_for, "evidence": params.scale.evidence}
    table = publish(params, evaluated(params, name, suite), f"{BASELINES}/{name}", suite, facts=facts)
    table.write(params.layout.metrics(table.system, suite))
    return table


@dataclass
class _Search:
    """A baseline over the collections of one suite, to the depth that students are searched to."""

    params: Params
    found: Mapping[str, Teacher]
    name: str
    suite: str
    fitted: Fitted
    work: Path
    opened: dict[str, Searcher] = field(default_factory=dict)

    def __call__(self, dataset: str, split: str, queries: Queries) -> tuple[np.ndarray, np.ndarray]:
        data, texts = self.params.layout.dataset(self.suite, dataset), list(queries.texts)
        if dataset not in self.opened:
            corpus, work = Corpus.open(data / "corpus"), self.work / "index"
            shutil.rmtree(work, ignore_errors=True)  # one at a time: a collection's vectors may be most of a disk
            self.opened = {dataset: open_teacher(self.found, self.name, self.fitted, corpus, work)}
        opened = self.opened[dataset]
        return at_depth(data, queries, self.params.scale.run_depth, lambda depth: opened.search(texts, depth))

    def key(self) -> dict[str, object]:
        """What decides the values: the encoder, the collections, their judgments, and how they are measured."""
        suite, layout = self.params.suite(self.suite), self.params.layout
        folders = {name: layout.dataset(self.suite, name) for name in suite.datasets}
        measured = {name: value for name, value in asdict(suite).items() if name not in ("about", "datasets")}
        there = [folder / "corpus" for folder in folders.values() if (folder / "corpus" / artifacts.META).exists()]
        corpus = Corpus.open(there[0] if there else next(iter(folders.values())) / "corpus")
        return {
            "measured": {**measured, "depth": self.params.scale.run_depth},
            "data": {name: artifacts.read_meta(folder) for name, folder in folders.items()},
            "ranking": ranking_key(self.found, self.name, self.fitted, corpus),
            "code": artifacts.source_digest(Path(dragon.__file__).parent, ("core", "evaluation")),
        }
