"""Run files of others as a teacher, by the real stages: fitted, then ranked, with everything a file can lack."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from ruamel.yaml import YAML

from dragon import artifacts
from dragon.artifacts import Layout
from dragon.core import Corpus, Passage, Qrels, Queries, RankedLists
from dragon.core.queries import Query
from stages import rank, teacher

ROOT = Path(__file__).parents[1]
LAYOUT = Layout("mini")
TREC = """\
x1 Q0 b 1 9 t
x1 Q0 outside 2 8 t
x1 Q0 a 3 7 t
x1 Q0 c 4 6 t
nobody Q0 a 1 1 t
x0 Q0 c 1 .5 t
"""


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """The repository's settings with an imported contriever, a collection of three passages, and three queries."""
    shutil.copy(ROOT / "params.yaml", tmp_path)
    yaml = YAML()
    scale = yaml.load((ROOT / "scales" / "mini.yaml").read_text())
    options = {"encoder": {"runs": {"crop": "contriever.trec"}}, "engine": {"on_unknown": "count"}}
    entry = {"kind": "import", "encoder": "run-files", "stands_for": "a real system", "options": options}
    scale["teachers"]["contriever"] = entry
    scale["label_depth"] = 3
    (tmp_path / "scales").mkdir()
    with (tmp_path / "scales" / "mini.yaml").open("w") as file:
        yaml.dump(scale, file)
    (tmp_path / "contriever.trec").write_text(TREC)
    monkeypatch.chdir(tmp_path)
    with artifacts.folder(LAYOUT.dataset("in-domain", "pydocs"), {"kind": "dataset"}) as part:
        Corpus.write(part / "corpus", [Passage(name, "", f"text {name}") for name in "abc"])
        Queries.write(part / "queries" / "train", [Query("t", "trained")])
        Qrels({"t": {"a": 1}}).write(part / "qrels" / "train.trec")
    Queries.write(LAYOUT.queries("crop"), [Query(f"x{i}", f"cropped {i}") for i in range(3)])
    return tmp_path


def test_a_run_file_becomes_a_ranking(checkout, capsys):
    teacher.main("contriever")
    rank.main("contriever", "crop")
    lists = RankedLists.open(LAYOUT.ranking("crop", "contriever"))
    assert np.asarray(lists.docs_QK).tolist() == [[2, -1, -1], [1, 0, 2], [-1, -1, -1]]
    assert np.asarray(lists.scores_QK).tolist() == [[0.5, -np.inf, -np.inf], [9.0, 7.0, 6.0], [-np.inf] * 3]
    assert lists.facts()["empty_lists"] == 1
    said = "import: crop: 3 queries, 1 without results, 1 unknown queries (nobody), 1 unknown documents (outside)\n"
    assert said in capsys.readouterr().err
