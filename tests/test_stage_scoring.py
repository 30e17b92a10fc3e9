"""Scoring a system on a suite whose tests are measured differently: values by hand, and what short lists cannot say."""

from types import SimpleNamespace

import numpy as np
import pytest

from dragon import artifacts
from dragon.artifacts import Layout
from dragon.core import Corpus, MetricTable, Passage, Qrels, Queries
from dragon.core.queries import Query
from dragon.settings import Suite
from stages.scoring import score_system

LAYOUT = Layout("local")
SUITE = Suite(
    about="",
    tests={"dev": "pool/dev", "dl19": "pool/dl19"},
    measures=("RR@10", "R@1000"),
    mean_of=("dev", "dl19"),
    datasets={},
    test_measures={"dl19": ("nDCG@10", "R(rel=2)@2", "RR@10")},
)


@pytest.fixture
def params(tmp_path, monkeypatch):
    """A pool of three passages, one query a test."""
    monkeypatch.chdir(tmp_path)
    data = LAYOUT.dataset("in-domain", "pool")
    Corpus.write(data / "corpus", [Passage(name, "", f"passage {name}") for name in "abc"])
    for split, grades in {"dev": {"c": 1}, "dl19": {"a": 1, "b": 2, "c": 2}}.items():
        Queries.write(data / "queries" / split, [Query("q", "passage?")])
        Qrels({"q": grades}).write(data / "qrels" / f"{split}.trec")
    artifacts.write_json(data / "meta.json", {"kind": "dataset", "files": artifacts.file_digests(data)})
    return SimpleNamespace(layout=LAYOUT, suite={"in-domain": SUITE}.__getitem__)


def test_each_test_has_its_measures_down_to_the_depth_of_lists(params, capsys):
    rows = np.array([[0, 1]], dtype=np.int32), np.array([[2.0, 1.0]], dtype=np.float32)
    score_system(params, "system", "in-domain", lambda *_: rows, {"evidence": "L3"}, depth=10)
    table = MetricTable.read(LAYOUT.metrics("system", "in-domain"))
    log3 = 1.584962500721156
    assert table.values["dev"] == {"RR@10": 0.0}  # lists of ten say nothing about R@1000
    expected = {"nDCG@10": (1 + 2 / log3) / (2 + 2 / log3 + 1 / 2), "R(rel=2)@2": 0.5, "RR@10": 1.0}
    assert table.values["dl19"] == pytest.approx(expected)
    assert table.values["mean"] == {"RR@10": 0.5}
    assert table.facts["num_queries"] == {"dev": 1, "dl19": 1}
    values = artifacts.read_json(LAYOUT.runs("system", "in-domain") / "dl19.per_query.json")
    assert values["R(rel=2)@2"] == {"q": 0.5}
    assert capsys.readouterr().out == "system in-domain: RR@10 0.5000\n"
