"""SPLADE checkpoints against BERT by hand, through Lucene."""

import numpy as np
import pytest
from bert_by_hand import Bert
from sentence_transformers import SparseEncoder
from sentence_transformers.sentence_transformer.modules import Transformer
from sentence_transformers.sparse_encoder.modules import SpladePooling
from tiny_checkpoints import HEADS, TEXT, TEXTS
from transformers import BertForMaskedLM, BertModel

from dragon.core import Corpus, Passage
from dragon.errors import ArtifactError, ConfigError
from dragon.models.checkpoints.splade import SpladeCheckpoint
from dragon.models.vocabulary import open_tokenizer
from dragon.teachers.lucene import open_lucene

SPLADE = {**TEXT, "scale": 20.0}


@pytest.fixture
def model(make_checkpoint, tmp_path):
    return make_checkpoint(tmp_path / "mlm", BertForMaskedLM)


def weights(folder, text, most, pool=np.max):
    """float64 ``[V]``."""
    tokenizer = open_tokenizer(folder)
    tokenizer.enable_truncation(most)
    logits_TV = Bert(folder, HEADS, "bert.").token_logits(tokenizer.encode(text).ids)
    return pool(np.log1p(np.maximum(logits_TV, 0)), axis=0)


def assert_impacts(folder, found, wanted_V, scale):
    """Equal but where rounding may fall either way."""
    tokenizer = open_tokenizer(folder)
    for term in range(len(wanted_V)):
        impact = found.get(tokenizer.id_to_token(term), 0)
        assert isinstance(impact, int)
        assert abs(impact - scale * wanted_V[term]) < 0.5 + 1e-3
    assert all(impact > 0 for impact in found.values())
    assert any(impact > 5 for impact in found.values())


def test_impacts_are_rounded_weights(model, refit):
    encoder = refit(SpladeCheckpoint, {**SPLADE, "path": str(model)})
    for text, impacts in zip(TEXTS, encoder.documents(TEXTS), strict=True):
        assert_impacts(model, impacts, weights(model, text, 20), 20)
    for text, impacts in zip(TEXTS, encoder.queries(TEXTS), strict=True):
        assert_impacts(model, impacts, weights(model, text, 12), 20)
    assert encoder.documents([]) == []


def test_a_sentence_transformers_folder_says_how_it_pools(model, tmp_path, refit):
    modules = [Transformer(str(model), transformer_task="fill-mask"), SpladePooling("sum")]
    SparseEncoder(modules=modules, device="cpu").save(str(tmp_path / "st"), create_model_card=False)
    encoder = refit(SpladeCheckpoint, {**SPLADE, "path": str(tmp_path / "st"), "passage_prefix": "the "})
    found = encoder.documents(["sparse matrix"])[0]
    assert_impacts(model, found, weights(model, "the sparse matrix", 20, np.sum), 20)


def test_passages_of_a_collection_are_read_once(model, refit, tmp_path, monkeypatch):
    corpus = Corpus.write(tmp_path / "corpus", [Passage(str(i), "", text) for i, text in enumerate(TEXTS)])
    options = {**SPLADE, "path": str(model), "max_length": {"query": 5, "passage": 20}}
    expected = refit(SpladeCheckpoint, options).documents(TEXTS)
    assert expected != refit(SpladeCheckpoint, options).queries(TEXTS)  # a query is shorter
    again = SpladeCheckpoint.load(tmp_path / "teacher")
    monkeypatch.setattr(SpladeCheckpoint, "weights", None)
    assert list(again.documents_of(corpus)) == expected


def test_order_does_not_matter(model, refit):
    encoder = refit(SpladeCheckpoint, {**SPLADE, "path": str(model)})
    one, other = encoder.documents(TEXTS), encoder.documents(TEXTS[::-1])[::-1]
    for mine, theirs in zip(one, other, strict=True):
        assert all(abs(mine.get(term, 0) - theirs.get(term, 0)) <= 1 for term in {*mine, *theirs})


def test_lucene_searches_with_them(model, refit, tmp_path):
    encoder = refit(SpladeCheckpoint, {**SPLADE, "path": str(model)})
    corpus = Corpus.write(tmp_path / "corpus", [Passage(str(i), "", text) for i, text in enumerate(TEXTS)])
    (tmp_path / "work").mkdir()
    searcher = open_lucene(encoder, {"threads": 1, "heap": "512m"}, corpus, tmp_path / "work")
    docs, scores = searcher.search(["people in berlin"], len(TEXTS))
    asked, held = encoder.queries(["people in berlin"])[0], encoder.documents(TEXTS)
    exact = [sum(weight * one.get(term, 0) for term, weight in asked.items()) for one in held]
    assert scores[0].tolist() == [exact[doc] for doc in docs[0]] == sorted(exact, reverse=True)


@pytest.mark.parametrize("name", ["cls.predictions.transform.dense.weight", "cls.predictions.bias"])
def test_a_missing_head_is_named(model, change_weights, name):
    change_weights(model, lambda w: w.pop(name))
    with pytest.raises(ArtifactError, match=rf"weights missing: .*{name}"):
        SpladeCheckpoint.fit(None, {**SPLADE, "path": str(model)})


def test_a_model_without_such_a_head_is_refused(make_checkpoint, tmp_path):
    path = make_checkpoint(tmp_path / "bert", BertModel)
    with pytest.raises(ArtifactError, match=r"missing: .*cls\.predictions"):
        SpladeCheckpoint.fit(None, {**SPLADE, "path": str(path)})


def test_a_scale_of_nothing_is_refused(model):
    with pytest.raises(ConfigError, match=r"options\.encoder\.scale: found 0\.0, allowed: more than 0"):
        SpladeCheckpoint.fit(None, {**SPLADE, "path": str(model), "scale": 0.0})
