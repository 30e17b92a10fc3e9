"""A cross-encoder checkpoint against BERT by hand, through the engine."""

import json

import numpy as np
import pytest
from bert_by_hand import Bert
from tiny_checkpoints import COMMON, HEADS, TEXTS
from transformers import BertForMaskedLM, BertForSequenceClassification

from dragon.core import Corpus, Passage
from dragon.errors import ArtifactError, ConfigError
from dragon.models.checkpoints.cross_encoder import CrossEncoderCheckpoint
from dragon.models.vocabulary import open_tokenizer
from dragon.teachers.cross_encoder import open_cross_encoder
from dragon.teachers.rerank import Candidates

PAIRS = {**COMMON, "max_length": 24}
QUERIES = ["people in berlin", "sparse matrix", "the museums of berlin and the inhabitants of the museums"]
DOCS = np.asarray([[0, 2, -1], [3, 4, 1], [1, 5, 2]], dtype=np.int32)


@pytest.fixture
def model(make_checkpoint, tmp_path):
    return make_checkpoint(tmp_path / "ce", BertForSequenceClassification, num_labels=1)


def logit(folder, query, text, most=24):
    tokenizer = open_tokenizer(folder)
    tokenizer.enable_truncation(most, strategy="longest_first")
    read = tokenizer.encode(query, text)
    return Bert(folder, HEADS, "bert.").logit(read.ids, read.type_ids)


def test_scores_are_raw_logits(model, refit):
    found = refit(CrossEncoderCheckpoint, {**PAIRS, "path": str(model)}).open(TEXTS).scores(QUERIES, DOCS, 1)
    assert found.dtype == np.float32
    assert found[0, 2] == -np.inf
    for (row, column), doc in np.ndenumerate(DOCS):
        if doc >= 0:
            np.testing.assert_allclose(found[row, column], logit(model, QUERIES[row], TEXTS[doc]), atol=1e-5)


@pytest.mark.parametrize("module", ["activation.Sigmoid", "linear.Identity"])
def test_what_the_folder_would_apply_to_the_logit_is_not_applied(model, refit, module):
    config = json.loads((model / "config.json").read_text())
    config["sentence_transformers"] = {"activation_fn": f"torch.nn.modules.{module}"}
    (model / "config.json").write_text(json.dumps(config))
    found = refit(CrossEncoderCheckpoint, {**PAIRS, "path": str(model)}).open(TEXTS).scores(QUERIES[:1], DOCS[:1], 1)
    wanted = np.asarray([logit(model, QUERIES[0], TEXTS[doc]) for doc in DOCS[0, :2]])
    np.testing.assert_allclose(found[0, :2], wanted, atol=1e-5)
    assert np.abs(1 / (1 + np.exp(-wanted)) - wanted).min() > 0.01  # a sigmoid would show


def test_long_pairs_are_cut_and_batches_do_not_matter(model, refit):
    one = refit(CrossEncoderCheckpoint, {**PAIRS, "path": str(model), "max_length": 16}).open(TEXTS)
    other = refit(CrossEncoderCheckpoint, {**PAIRS, "path": str(model), "max_length": 16, "batch_size": 1}).open(TEXTS)
    found = one.scores(QUERIES, DOCS, 1)
    np.testing.assert_allclose(found, other.scores(QUERIES[::-1], DOCS[::-1], 1)[::-1], atol=1e-6)
    np.testing.assert_allclose(found[2, 0], logit(model, QUERIES[2], TEXTS[1], 16), atol=1e-5)
    assert abs(found[2, 0] - logit(model, QUERIES[2], TEXTS[1])) > 1e-3
    assert one.scores([], np.empty((0, 3), np.int32), 1).shape == (0, 3)


def test_the_engine_orders_candidates_by_them(model, refit, tmp_path):
    corpus = Corpus.write(tmp_path / "corpus", [Passage(str(i), "", text) for i, text in enumerate(TEXTS)])
    first = Candidates.of(QUERIES, DOCS, np.zeros(DOCS.shape, np.float32))
    options = {"first_stage": "x", "depth": 3, "threads": 1}
    encoder = refit(CrossEncoderCheckpoint, {**PAIRS, "path": str(model)})
    docs, _ = open_cross_encoder(encoder, options, corpus, tmp_path, first).search(QUERIES, 3)
    for row, query in enumerate(QUERIES):
        real = [int(doc) for doc in DOCS[row] if doc >= 0]
        wanted = sorted(real, key=lambda doc: -logit(model, query, TEXTS[doc]))
        assert docs[row].tolist() == [*wanted, *[-1] * (3 - len(real))]


@pytest.mark.parametrize("name", ["classifier.weight", "classifier.bias", "bert.pooler.dense.weight"])
def test_a_missing_head_is_named(model, change_weights, name):
    change_weights(model, lambda w: w.pop(name))
    with pytest.raises(ArtifactError, match=rf"weights missing: {name}"):
        CrossEncoderCheckpoint.fit(None, {**PAIRS, "path": str(model)})


def test_a_model_without_such_a_head_is_refused(make_checkpoint, tmp_path):
    path = make_checkpoint(tmp_path / "mlm", BertForMaskedLM)
    with pytest.raises(ArtifactError, match=r"missing: .*classifier\.bias"):
        CrossEncoderCheckpoint.fit(None, {**PAIRS, "path": str(path)})


def test_several_labels_are_no_score(make_checkpoint, tmp_path):
    path = make_checkpoint(tmp_path / "three", BertForSequenceClassification, num_labels=3)
    with pytest.raises(ArtifactError, match="a classifier of 3 labels, allowed: 1"):
        CrossEncoderCheckpoint.fit(None, {**PAIRS, "path": str(path)})


def test_a_pair_longer_than_the_model_reads_is_refused(model):
    with pytest.raises(ConfigError, match=r"options\.encoder\.max_length: found 64, allowed: up to 48"):
        CrossEncoderCheckpoint.fit(None, {**PAIRS, "path": str(model), "max_length": 64})
