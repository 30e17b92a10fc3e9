"""Every kind of checkpoint from an entry of a scale's file to lists, through the doors that the stages use."""

import numpy as np
import pytest
from tiny_checkpoints import COMMON, TEXT, TEXTS
from transformers import BertForMaskedLM, BertForSequenceClassification, BertModel

from dragon import artifacts
from dragon.artifacts import Layout
from dragon.config import Teacher
from dragon.core import Corpus, Passage
from dragon.errors import ConfigError
from dragon.teachers import fit_teacher, open_teacher
from dragon.teachers.shards import ranking_key

LAYOUT = Layout("local")
TOKENS = {"drop_special": True, "drop_punctuation": True, "threshold": None}
LUCENE = {"threads": 1, "heap": "512m"}
ENTRIES = {
    "d": ("dense", "st-dense", {**TEXT, "pooling": "cls", "similarity": "cosine"}, {"threads": 1, "gpu": False}),
    "l": ("late-interaction", "st-late-interaction", {**TEXT, **TOKENS}, {"candidates": 4, "threads": 1}),
    "s": ("lucene", "st-splade", {**TEXT, "scale": 20.0}, LUCENE),
    "c": (
        "cross-encoder",
        "st-cross-encoder",
        {**COMMON, "max_length": 24},
        {"first_stage": "d", "depth": 3, "threads": 1},
    ),
}
MODELS = {"d": BertModel, "l": BertModel, "s": BertForMaskedLM, "c": BertForSequenceClassification}


@pytest.fixture
def fitted(make_checkpoint, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DRAGON_DATA", str(tmp_path / "data"))
    teachers = {}
    for name, (kind, encoder, options, engine) in ENTRIES.items():
        make_checkpoint(tmp_path / "data" / name, MODELS[name], **({"num_labels": 1} if name == "c" else {}))
        both = {"encoder": {**options, "path": name}, "engine": engine}
        teachers[name] = Teacher(kind=kind, encoder=encoder, stands_for="", options=both)
        with artifacts.folder(LAYOUT.teacher(name), {"kind": "teacher"}) as part:
            fit_teacher(teachers, name, LAYOUT, None).save(part)
    corpus = Corpus.write(tmp_path / "corpus", [Passage(str(i), "", text) for i, text in enumerate(TEXTS)])
    return teachers, corpus


@pytest.mark.parametrize("name", ENTRIES)
def test_lists_of_a_checkpoint(fitted, tmp_path, name):
    teachers, corpus = fitted
    searcher = open_teacher(teachers, name, LAYOUT, corpus, tmp_path / "work")
    docs, scores = searcher.search(TEXTS[3:5], 3)
    assert (docs.shape, docs.dtype, scores.dtype) == ((2, 3), np.int32, np.float32)
    assert (np.diff(scores, axis=1) <= 0).all()
    if name in "dl":  # a text that is not cut is nearest to itself
        assert docs[1, 0] == 4
    assert ranking_key(teachers, name, LAYOUT, corpus)["versions"]["sentence-transformers"]


def test_a_wrong_entry_is_named_with_its_file(fitted):
    teachers, _ = fitted
    options = teachers["d"].options["encoder"]
    wrong = Teacher(
        kind="dense", encoder="st-dense", stands_for="", options={"encoder": {**options, "path": "nowhere"}}
    )
    with pytest.raises(ConfigError, match=r"scales/local\.yaml: teachers\.d: options\.encoder\.path: found 'nowhere'"):
        fit_teacher({"d": wrong}, "d", LAYOUT, None)
