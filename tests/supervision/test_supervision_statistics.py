"""Table 10's rows: by hand, and the stage against counts made another way."""

import json
from pathlib import Path

import numpy as np
import pytest

from dragon.config import Params, Source
from dragon.core import LabelStore, Qrels
from dragon.errors import ArtifactError
from dragon.models.tokens import Tokens
from dragon.models.vocabulary import open_tokenizer, write_vocabulary
from dragon.supervision.statistics import Statistics, mean_judged, statistics
from stages import statistics as stage

ROOT = Path(__file__).parents[2]
TEXTS = ["a small array of numbers", "sort numbers", "the sorted array", "", "numbers numbers numbers"]


def test_a_row_by_hand():
    assert statistics("here", np.array([0, 3, 3, 9]), 1.5) == Statistics(number=3, tokens=3.0, relevant=1.5)


def test_no_texts_are_an_error():
    with pytest.raises(ArtifactError, match="here: found no texts"):
        statistics("here", np.array([0]), None)


def test_relevant_means_grade_one_or_more():
    grades = {"a": {"x": 1, "y": 3, "z": 0}, "b": {"x": 0, "y": -1}, "c": {"x": 1}}
    assert mean_judged(Qrels(grades)) == 1.0


@pytest.fixture
def written(tmp_path, monkeypatch, make_lists):
    """Everything that the stage reads, small: every text store holds some of the texts, in this order."""
    for name in ("params.yaml", "scales"):
        (tmp_path / name).symlink_to(ROOT / name)
    monkeypatch.chdir(tmp_path)
    params = Params.load()
    layout, collection = params.layout, params.collection()
    options = {"size": 120, "lowercase": True, "alphabet": 40, "min_frequency": 1}
    write_vocabulary(Source(kind="wordpiece", options=options), TEXTS, "here", layout.vocabulary())
    tokens = layout.tokens("in-domain") / collection
    counts = {tokens / "corpus": 5, tokens / "dev": 2, tokens / "see-also": 1, layout.tokens("human"): 3}
    counts |= {layout.tokens(name): 4 for name in ("crop", "genq", "mix")}
    for folder, count in counts.items():
        Tokens.write(folder, TEXTS[:count], layout.vocabulary())
    for split in ("train", "dev", "see-also"):
        path = layout.dataset("in-domain", collection) / "qrels" / f"{split}.trec"
        Qrels({"1": {"x": 1, "y": 2}, "2": {"x": 1, "z": 0}}).write(path)
    for query_set in ("crop", "genq", "mix"):
        folders = {}
        for seed, teacher in enumerate(params.pools["full"].teachers):
            folders[teacher] = layout.ranking(query_set, teacher)
            make_lists(seed, queries=4, passages=60, short={1: 3}).write(folders[teacher])
        LabelStore.write(layout.labels(f"{query_set}/full"), query_set, folders)
    return params


def test_the_stage_against_tokens_and_unions_counted_another_way(written, make_lists, capsys):
    stage.main()
    found = json.loads(written.layout.quality("statistics").read_text())
    tokenizer = open_tokenizer(written.layout.vocabulary())
    lengths = [len(tokenizer.encode(text, add_special_tokens=False).ids) for text in TEXTS]
    positives, teachers = written.training.positives, written.pools["full"].teachers
    lists = [make_lists(seed, queries=4, passages=60, short={1: 3}) for seed in range(len(teachers))]
    unions = [{doc for one in lists for doc in one.docs_QK[row, :positives].tolist()} - {-1} for row in range(4)]
    expected = {"passages": (5, None), "human": (3, 1.5), "crop": (4, sum(map(len, unions)) / 4)}
    expected |= {"dev": (2, 1.5), "see-also": (1, 1.5)}
    for name, (number, relevant) in expected.items():
        row = found["rows"][name]
        assert (row["number"], row["tokens"]) == (number, pytest.approx(sum(lengths[:number]) / number)), name
        assert row["relevant"] == (None if relevant is None else pytest.approx(relevant)), name
    assert list(found["rows"]) == ["passages", "human", "crop", "genq", "mix", "dev", "see-also"]
    assert found["rows"]["mix"] == found["rows"]["crop"]
    assert found["tokenizer"].startswith(f"wordpiece, {tokenizer.get_vocab_size()} entries, sha256 ")
    assert "without special tokens" in found["tokenizer"]
    assert "passages: 5, " in capsys.readouterr().out
