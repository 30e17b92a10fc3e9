"""Our teacher against the authors' file, by the real stages: ranked for the sample, or read where it ranked the set."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from ruamel.yaml import YAML

from dragon import artifacts
from dragon.artifacts import Layout
from dragon.core import Corpus, MetricTable, Passage, Qrels, Queries, RankedLists
from dragon.core.queries import Query
from dragon.errors import ConfigError
from stages import agreement, evaluate_teacher, rank, teacher

ROOT = Path(__file__).parents[1]
LAYOUT = Layout("mini")
PASSAGES = [f"word{row} word{row // 2} word{row // 4} common" for row in range(80)]


@pytest.fixture
def scale(tmp_path, monkeypatch):
    """The repository's settings, eighty passages, their first sixty as queries, and contriever (LSA) fitted on them."""
    shutil.copy(ROOT / "params.yaml", tmp_path)
    shutil.copytree(ROOT / "registry", tmp_path / "registry")
    found = YAML().load((ROOT / "scales" / "mini.yaml").read_text())
    found["agreement"] = {"queries": 20, "seed": 1}
    encoder = {"dimensions": 8, "minimum_df": 1, "iterations": 2, "seed": 1}
    found["teachers"]["contriever"]["options"]["encoder"] = encoder
    (tmp_path / "scales").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DRAGON_DATA", str(tmp_path / "data"))
    save(found)
    with artifacts.folder(LAYOUT.dataset("in-domain", "pydocs"), {"kind": "dataset"}) as part:
        Corpus.write(part / "corpus", [Passage(str(row), "", text) for row, text in enumerate(PASSAGES)])
        Queries.write(part / "queries" / "train", [Query("t", "word1")])
        Qrels({"t": {"1": 1}}).write(part / "qrels" / "train.trec")
    Queries.write(LAYOUT.queries("crop"), [Query(str(row), text) for row, text in enumerate(PASSAGES[:60])])
    teacher.main("contriever")
    return found


def save(found):
    with Path("scales/mini.yaml").open("w") as file:
        YAML().dump(found, file)


def published(lists, change=lambda row, docs: docs):
    """The authors' file with the given lists."""
    lines = []
    for row, docs in enumerate(lists.docs_QK.tolist()):
        hits = [{"docidx": str(doc), "relevance": -float(place)} for place, doc in enumerate(change(row, docs))]
        found = {"query_id": str(row), "question": PASSAGES[row]}
        lines.append(json.dumps({**found, "positive_ctxs": hits[:10], "hard_negative_ctxs": hits[45:50]}))
    path = Path("data/dragon/data/labels/contriever-msmarco.sentence.train.jsonl")
    path.parent.mkdir(parents=True)
    path.write_text("\n".join(lines) + "\n")


def test_a_sample_is_ranked_and_agrees_with_its_own_lists(scale, capsys):
    rank.main("contriever", "crop")
    lists = RankedLists.open(LAYOUT.ranking("crop", "contriever"))
    lists = RankedLists(np.array(lists.docs_QK), np.array(lists.scores_QK))
    published(lists, lambda row, docs: docs if row % 2 else [*docs[10:20], *docs[10:50]])
    agreement.main("contriever", "crop")
    whole = artifacts.read_json(LAYOUT.quality("agreement-crop-contriever"))
    shutil.rmtree(LAYOUT.ranking("crop", "contriever"))
    agreement.main("contriever", "crop")
    assert artifacts.read_json(LAYOUT.quality("agreement-crop-contriever")) == whole
    rows = np.sort(np.random.Generator(np.random.Philox(1)).permutation(60)[:20])
    assert whole["overlap@10"] == pytest.approx((rows % 2).mean())  # ranks 11-20 share nothing with 1-10
    assert (whole["queries"], whole["sample"], whole["file"]["malformed"]["count"]) == (20, 20, 0)
    assert "| contriever |" in capsys.readouterr().out


def test_what_cannot_be_compared_is_said_at_once(scale):
    with pytest.raises(
        ConfigError, match=r"there is no file.*get https://dl\.fbaipublicfiles\.com/dragon/data/labels/con"
    ):
        agreement.main("contriever", "crop")
    with pytest.raises(ConfigError, match=r"releases\.yaml: labels\.contriever: found 'human'"):
        agreement.main("contriever", "human")
    scale["teachers"]["contriever"] |= {"kind": "import", "encoder": "dragon-labels"}
    save(scale)
    with pytest.raises(ConfigError, match="found the authors' labels themselves"):
        agreement.main("contriever", "crop")
    del scale["agreement"]
    save(scale)
    with pytest.raises(ConfigError, match="missing agreement; add"):
        agreement.main("gtr-xxl", "crop")


def test_the_authors_labels_are_a_teacher_by_the_real_stages(scale, capsys):
    rank.main("contriever", "crop")
    lists = RankedLists.open(LAYOUT.ranking("crop", "contriever"))
    whole = np.array(lists.docs_QK)
    published(RankedLists(whole, np.array(lists.scores_QK)))
    files = {"crop": "dragon/data/labels/contriever-msmarco.sentence.train.jsonl"}
    options = {"encoder": {"files": files, "tolerance": {"malformed": 0, "other_texts": 0.0}}}
    scale["teachers"]["contriever"] |= {"kind": "import", "encoder": "dragon-labels", "options": options}
    save(scale)
    teacher.main("contriever")
    rank.main("contriever", "crop", "0/1")
    found = RankedLists.open(LAYOUT.ranking("crop", "contriever"))
    kept = [*range(10), *range(45, 50)]
    assert np.array_equal(found.docs_QK[:, kept], whole[:, kept])
    assert (np.asarray(found.docs_QK)[:, 10:45] == -1).all()
    assert "contriever crop: 60 queries, 60 lines" in capsys.readouterr().out
    evaluate_teacher.main("contriever", "in-domain")
    assert MetricTable.read(LAYOUT.metrics("teacher-contriever", "in-domain")).values == {}
