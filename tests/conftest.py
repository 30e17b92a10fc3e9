"""Shared fixtures: small, deterministic, made from real data types."""

import numpy as np
import pytest

from dragon.core import RankedLists


@pytest.fixture(autouse=True)
def _own_store(tmp_path, monkeypatch):
    """No test reads or writes the user's store or MLflow database."""
    monkeypatch.setenv("DRAGON_STORE", str(tmp_path / "store"))
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "off")


@pytest.fixture
def make_lists():
    """Ranked lists of Q queries, K deep, over D passages, from a seed; ``short`` maps a row to its length."""

    def make(seed: int, queries: int = 40, depth: int = 50, passages: int = 500, short: dict[int, int] | None = None):
        generator = np.random.Generator(np.random.Philox(seed))
        docs = np.stack([generator.permutation(passages)[:depth] for _ in range(queries)]).astype(np.int32)
        scores = np.sort(generator.random((queries, depth)).astype(np.float32), axis=1)[:, ::-1].copy()
        for row, length in (short or {}).items():
            docs[row, length:], scores[row, length:] = -1, -np.inf
        return RankedLists(docs, scores, digest=f"lists-{seed}")

    return make
