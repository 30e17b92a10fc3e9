"""What every evaluation stage does alike: search each test of a suite, write runs, per-query values and metrics."""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from dragon.config import Params, Training
from dragon.core import Checkpoint, Corpus, MetricTable, Qrels, Queries, Run
from dragon.evaluation.suites import evaluate_suite

Search = Callable[[str, str, Queries], tuple[np.ndarray, np.ndarray]]
"""(dataset, split, queries) -> docs int32 and scores float32 ``[Q, K]``."""


def score(params: Params, system: str, suite_name: str, search: Search, facts: Mapping[str, Any]) -> MetricTable:
    """Evaluate one system on one suite; returns the table that was written."""
    suite, layout = params.suite(suite_name), params.layout
    tests, written = {}, []
    with ThreadPoolExecutor(1) as writer:  # compression goes on beside the next search
        for test, place in suite.tests.items():
            dataset, split = place.split("/")
            folder = layout.dataset(suite_name, dataset)
            queries, corpus = Queries.open(folder / "queries" / split), Corpus.open(folder / "corpus")
            run = Run.from_rows(list(queries.ids), list(corpus.ids), *search(dataset, split, queries))
            path = layout.runs(system, suite_name) / f"{test}.trec.gz"
            written.append(writer.submit(run.write, path, system))
            tests[test] = (run, Qrels.read(folder / "qrels" / f"{split}.trec"), path)
    for one in written:
        one.result()
    table = evaluate_suite(system, suite_name, tests, suite.measures, suite.mean_of, facts)
    table.write(layout.metrics(system, suite_name))
    print(f"{system} {suite_name}: " + ", ".join(f"{k} {v:.4f}" for k, v in table.values["mean"].items()))
    return table


def score_checkpoint(
    params: Params, system: str, suite_name: str, checkpoint: Checkpoint, training: Training, facts: Mapping[str, Any]
) -> MetricTable:
    """Evaluate a bi-encoder on one suite: encode, exact Faiss search."""
    from dragon.models.bi_encoder import BiEncoder
    from dragon.models.tokens import Tokens
    from dragon.retrieval.search import BiEncoderSearch

    model = BiEncoder.load(checkpoint, training.tied_encoders, training.pooling, training.dropout)
    searcher, tokens = (
        BiEncoderSearch(model, training, params.scale.encode_batch_size),
        params.layout.tokens(suite_name),
    )
    embeddings: dict[str, np.ndarray] = {}

    def search(dataset: str, split: str, queries: Queries) -> tuple[np.ndarray, np.ndarray]:
        if dataset not in embeddings:
            embeddings[dataset] = searcher.passages(Tokens.open(tokens / dataset / "corpus"))
        return searcher.search(Tokens.open(tokens / dataset / split), embeddings[dataset], params.scale.run_depth)

    return score(params, system, suite_name, search, {**facts, "checkpoint": checkpoint.digest})
