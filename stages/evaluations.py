"""Bi-encoders on suites: what the store holds of an evaluation, and its files where the tables look for them."""

import os
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from dragon import artifacts
from dragon.config import Params
from dragon.core import MetricTable, Queries
from dragon.evaluation.keys import evaluation_key
from dragon.store import Store
from stages.scoring import at_depth, score
from stages.systems import System

KIND = "evaluations"
METRICS = "metrics.json"


def score_checkpoint(params: Params, system: System, suite: str) -> Path:
    """A bi-encoder's runs, per-query values and metrics on one suite, from the store or computed now: a folder."""
    system = replace(system, training=params.suite(suite).read_by(system.training))
    key = evaluation_key(params, system.name, suite, system.checkpoint, system.training)

    def make(part: Path) -> None:
        searcher = _Searcher(params, system, suite)
        table = score(params, system.name, suite, searcher, {"checkpoint": system.checkpoint.digest}, part)
        table.write(part / METRICS)

    return Store.default().obtain(KIND, key, make, {"kind": "evaluation", "system": system.name, "suite": suite})[0]


def publish(
    params: Params, found: Path, system: str, suite: str, folder: str = "", facts: Mapping[str, Any] | None = None
) -> MetricTable:
    """Put an evaluation's files under ``runs/<system>/<suite>``; returns its table, naming them there."""
    table, target = MetricTable.read(found / METRICS), params.layout.runs(system, suite) / folder
    if target.exists() and not folder:
        _clear(target)
    target.mkdir(parents=True, exist_ok=True)
    for path in sorted(found.iterdir()):
        if path.name not in (METRICS, artifacts.META):
            _link(path, target / path.name)
    runs = {test: {**run, "path": str(target / Path(run["path"]).name)} for test, run in table.facts["runs"].items()}
    return replace(table, facts={**(facts or {}), **table.facts, "runs": runs})


def _clear(target: Path) -> None:
    for path in target.iterdir():
        if path.is_file():
            path.unlink()


def _link(source: Path, target: Path) -> None:
    """The same file under a second name where the file system can, else a copy."""
    target.unlink(missing_ok=True)
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


class _Searcher:
    """A bi-encoder over a suite's collections: each is encoded once, then searched exactly."""

    def __init__(self, params: Params, system: System, suite: str) -> None:
        from dragon.models.bi_encoder import BiEncoder  # here: what the store holds needs no torch
        from dragon.retrieval.search import BiEncoderSearch

        training = system.training
        model = BiEncoder.load(system.checkpoint, training.tied_encoders, training.pooling, training.dropout)
        positions, where = model.query_encoder.config.max_position_embeddings, f"scales/{params.scale_name}.yaml"
        training.max_length.check(positions, f"{where}: suites.{suite}.max_length")
        self.search = BiEncoderSearch(model, training, params.scale.encode_batch_size)
        self.layout, self.suite, self.depth = params.layout, suite, params.scale.run_depth
        self.embeddings: dict[str, np.ndarray] = {}

    def __call__(self, dataset: str, split: str, queries: Queries) -> tuple[np.ndarray, np.ndarray]:
        from dragon.models.tokens import Tokens

        tokens = self.layout.tokens(self.suite) / dataset
        if dataset not in self.embeddings:
            self.embeddings[dataset] = self.search.passages(Tokens.open(tokens / "corpus"))
        asked, passages_DH = Tokens.open(tokens / split), self.embeddings[dataset]
        data = self.layout.dataset(self.suite, dataset)
        return at_depth(data, queries, self.depth, lambda depth: self.search.search(asked, passages_DH, depth))
