"""Students read a suite's texts at its own lengths where the scale says so, else as in training."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import BertConfig, BertModel

from dragon import artifacts
from dragon.artifacts import Layout
from dragon.config import MaxLength, Params, Source
from dragon.core import Checkpoint, Corpus, Passage, Qrels, Queries, Run
from dragon.core.queries import Query
from dragon.errors import ConfigError
from dragon.models.bi_encoder import BiEncoder
from dragon.models.tokens import Tokens
from dragon.models.vocabulary import write_vocabulary
from stages.evaluations import score_checkpoint
from stages.systems import System

ROOT, LAYOUT = Path(__file__).parents[1], Layout("mini")
WORDS = [f"{a}{b}" for a in ("red", "blue", "green", "grey") for b in ("fox", "owl", "elk")]
PASSAGES = [" ".join([one, *WORDS[:row]]) for row, one in enumerate(WORDS)]
QUERIES = [f"{one} and {two} and {one}" for one, two in zip(WORDS, reversed(WORDS), strict=True)]
POSITIONS = 24


@pytest.fixture
def params(tmp_path, monkeypatch):
    """One small collection, tokenised, as suite ``zero-shot``; students read 3 and 4 tokens in training."""
    found = Params.load(ROOT)
    monkeypatch.chdir(tmp_path)
    options = {"size": 90, "lowercase": True, "alphabet": 40, "min_frequency": 1}
    write_vocabulary(Source(kind="wordpiece", options=options), PASSAGES, "here", LAYOUT.vocabulary())
    with artifacts.folder(LAYOUT.dataset("zero-shot", "small"), {"kind": "dataset"}) as part:
        Corpus.write(part / "corpus", [Passage(f"p{row:02}", "", text) for row, text in enumerate(PASSAGES)])
        Queries.write(part / "queries" / "dev", [Query(f"q{row}", text) for row, text in enumerate(QUERIES)])
        Qrels({f"q{row}": {f"p{row:02}": 1} for row in range(len(QUERIES))}).write(part / "qrels" / "dev.trec")
    for name, texts in (("corpus", PASSAGES), ("dev", QUERIES)):
        Tokens.write(LAYOUT.tokens("zero-shot") / "small" / name, texts, LAYOUT.vocabulary())
    suite = replace(
        found.suite("zero-shot"), tests={"dev": "small/dev"}, mean_of=("dev",), measures=("RR@10",), test_measures={},
        datasets={"small": Source(kind="pydocs")}, groups={},
    )  # fmt: skip
    training = replace(found.training, max_length=MaxLength(query=3, passage=4), threads=1)
    return replace(found, scale=replace(found.scale, suites={"zero-shot": suite}), training=training)


@pytest.fixture
def student(params, tmp_path):
    torch.manual_seed(1)
    sizes = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}
    model = BertModel(
        BertConfig(vocab_size=90, max_position_embeddings=POSITIONS, **sizes), add_pooling_layer=False
    ).eval()
    with artifacts.folder(tmp_path / "student", {"kind": "checkpoint"}) as part:
        for side in ("query_encoder", "context_encoder"):
            model.save_pretrained(part / side)
            for path in LAYOUT.vocabulary().glob("*.*"):
                shutil.copyfile(path, part / side / path.name)
    return System("start-plain", Checkpoint.open(tmp_path / "student"), params.training, {})


def read(params, max_length):
    suite = replace(params.suite("zero-shot"), max_length=max_length)
    return replace(params, scale=replace(params.scale, suites={"zero-shot": suite}))


def expected(student, query, passage):
    """Passages of each query, best first, by hand."""
    model = BiEncoder.load(student.checkpoint, False, "cls", 0.0).eval()
    folder = LAYOUT.tokens("zero-shot") / "small"
    with torch.no_grad():
        passages_DH = model.encode_passages(*Tokens.open(folder / "corpus").batch(np.arange(len(PASSAGES)), passage))
        queries_QH = model.encode_queries(*Tokens.open(folder / "dev").batch(np.arange(len(QUERIES)), query))
    return (queries_QH @ passages_DH.T).cpu().numpy()


@pytest.mark.parametrize(("own", "lengths"), [(None, (3, 4)), (MaxLength(query=9, passage=20), (9, 20))])
def test_what_is_read_is_the_suites_or_the_trainings(params, student, own, lengths):
    folder = score_checkpoint(read(params, own), student, "zero-shot")
    scores_QD = expected(student, *lengths)
    for row, hits in enumerate(Run.read(folder / "dev.trec.gz").results.values()):
        for doc, score in dict(hits).items():
            assert score == pytest.approx(float(scores_QD[row, int(doc[1:])]), abs=1e-4)


def test_other_lengths_are_another_evaluation_and_equal_ones_the_same(params, student):
    plain = score_checkpoint(params, student, "zero-shot")
    assert score_checkpoint(read(params, MaxLength(query=3, passage=4)), student, "zero-shot") == plain
    assert score_checkpoint(read(params, MaxLength(query=3, passage=5)), student, "zero-shot") != plain


@pytest.mark.parametrize("wrong", [MaxLength(query=3, passage=POSITIONS + 1), MaxLength(query=2, passage=4)])
def test_more_than_the_student_reads_is_named(params, student, wrong):
    with pytest.raises(ConfigError, match=r"mini\.yaml: suites\.zero-shot\.max_length\..*allowed: 3 to 24"):
        score_checkpoint(read(params, wrong), student, "zero-shot")
