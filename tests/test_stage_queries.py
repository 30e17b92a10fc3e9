"""Query sets by the real stages, from one kind to labels: a checkpoint that writes queries, and a mixture by coin."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from ruamel.yaml import YAML
from tiny_t5 import PASSAGES, write_t5

from dragon import artifacts
from dragon.artifacts import Layout
from dragon.core import Corpus, LabelStore, Passage, Qrels, Queries, RankedLists
from dragon.core.queries import Query
from stages import gather, labels, queries

ROOT = Path(__file__).parents[1]
LAYOUT = Layout("mini")
GENERATOR = {
    "batch_size": 2,
    "dtype": "float32",
    "device": "auto",
    "max_length": 16,
    "prefix": "",
    "top_k": 10,
    "temperature": 1.0,
    "max_tokens": 6,
    "threads": 1,
}


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """The repository's settings with the query sets of the test, and a collection of four passages."""
    shutil.copy(ROOT / "params.yaml", tmp_path)
    yaml = YAML()
    scale = yaml.load((ROOT / "scales" / "mini.yaml").read_text())
    generator = {**GENERATOR, "path": str(write_t5(tmp_path / "t5"))}
    options = {"seed": 1, "per_passage": 3, "sample": {"queries": 9, "seed": 2, "whole": []}, "generator": generator}
    scale["query_sets"]["genq"] = {"kind": "t5", "options": options}
    scale["query_sets"]["mix"] = {"kind": "mixture", "options": {"of": ["crop", "genq"], "rule": "coin", "seed": 1}}
    (tmp_path / "scales").mkdir()
    with (tmp_path / "scales" / "mini.yaml").open("w") as file:
        yaml.dump(scale, file)
    monkeypatch.chdir(tmp_path)
    with artifacts.folder(LAYOUT.dataset("in-domain", "pydocs"), {"kind": "dataset"}) as part:
        Corpus.write(part / "corpus", [Passage(str(i), "", f"{PASSAGES[i]}. Why?") for i in range(4)])
        Queries.write(part / "queries" / "train", [Query("t", "trained")])
        Qrels({"t": {"0": 1}}).write(part / "qrels" / "train.trec")
    return tmp_path


def test_from_a_checkpoint_and_a_coin_to_labels(checkout, make_lists, capsys):
    for name in ("crop", "genq", "mix"):
        queries.main(name)
    said = capsys.readouterr().out
    assert "genq: 9 queries (passages 4, queries 9, blank 0)" in said
    assert (
        "mix: 16 queries (from_crop 8, from_genq 8, rows_of_crop_beyond 0, rows_of_genq_beyond 1, alternatives 2)"
        in said
    )
    crop, genq, mix = (Queries.open(LAYOUT.queries(name)) for name in ("crop", "genq", "mix"))
    assert [mix[row].text for row in range(16)] == [*crop.texts, *list(genq.texts)[:8]]
    assert all(genq.texts)
    for seed, (name, count) in enumerate({"crop": 8, "genq": 9}.items()):
        for teacher in ("unicoil", "contriever", "colbertv2"):
            make_lists(seed, queries=count, depth=4, passages=4).write(LAYOUT.ranking(name, teacher))
    for teacher in ("unicoil", "contriever", "colbertv2"):
        gather.main(teacher, "mix")
    for name in ("mix", "crop"):
        labels.main(f"{name}/pilot")
    by_coin = LabelStore.open(LAYOUT.labels("mix/pilot"))
    assert (len(by_coin), by_coin.visits, by_coin.alternatives) == (16, 8, 2)
    assert LabelStore.open(LAYOUT.labels("crop/pilot")).alternatives == 1
    left, right = (RankedLists.open(LAYOUT.ranking(name, "unicoil")).docs_QK for name in ("crop", "genq"))
    assert np.asarray(by_coin.members["unicoil"].docs_QK).tolist() == [*left.tolist(), *right[:8].tolist()]


def test_what_a_checkpoint_wrote_is_not_written_again(checkout, monkeypatch):
    queries.main("genq")
    first = (LAYOUT.queries("genq") / "texts.bin").read_bytes()
    shutil.rmtree(LAYOUT.queries("genq"))
    monkeypatch.setattr("dragon.models.query_generation.QueryGenerator.write", None)
    queries.main("genq")
    assert (LAYOUT.queries("genq") / "texts.bin").read_bytes() == first
