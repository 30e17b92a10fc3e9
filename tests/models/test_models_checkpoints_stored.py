"""Passages that a checkpoint has read are read once, shard by shard, whatever kills or damages what."""

import shutil

import numpy as np
import pytest
from tiny_checkpoints import TEXT, TEXTS
from transformers import BertModel

from dragon.models.checkpoints import stored
from dragon.models.checkpoints.dense import DenseCheckpoint
from dragon.models.checkpoints.late_interaction import LateInteractionCheckpoint
from dragon.store import Store

DENSE = {**TEXT, "pooling": "cls", "similarity": "cosine"}
LATE = {**TEXT, "drop_special": True, "drop_punctuation": True, "threshold": None}


@pytest.fixture
def folder(make_checkpoint, tmp_path, monkeypatch):
    monkeypatch.setattr(stored, "SHARD_SIZE", 4)
    return make_checkpoint(tmp_path / "bert", BertModel)


def shards():
    return sorted((Store.default().root / stored.KIND).glob("[0-9a-f]*"))


def counting(encoder_class, monkeypatch):
    """Texts that the model of a class reads from now on."""
    read = []
    encode = encoder_class._encode

    def counted(self, *args):
        read.extend(next(found for found in args if isinstance(found, list)))
        return encode(self, *args)

    monkeypatch.setattr(encoder_class, "_encode", counted)
    return read


def test_dense_vectors_are_read_back(folder, refit, monkeypatch):
    options = {**DENSE, "path": str(folder)}
    first = refit(DenseCheckpoint, options).encode_passages(TEXTS)
    read = counting(DenseCheckpoint, monkeypatch)
    np.testing.assert_array_equal(DenseCheckpoint.fit(None, options).encode_passages(TEXTS), first)
    assert not read
    assert len(shards()) == 2


def test_token_vectors_are_read_back_and_joined(folder, refit, monkeypatch):
    encoder = refit(LateInteractionCheckpoint, {**LATE, "path": str(folder)})
    sharded = encoder.encode_passages(TEXTS)
    assert len(shards()) == 2
    read = counting(LateInteractionCheckpoint, monkeypatch)
    again = encoder.encode_passages(TEXTS)
    assert not read
    monkeypatch.setattr(stored, "SHARD_SIZE", 100)  # all in one: what is joined must not depend on the cut
    whole = encoder.encode_passages(TEXTS)
    assert read == TEXTS
    for found in (again, whole):
        assert found.words == sharded.words
        for name in ("vectors_TH", "weights_T", "words_T", "offsets_R"):
            np.testing.assert_array_equal(getattr(found, name), getattr(sharded, name))


def test_a_kill_costs_one_shard_and_a_damaged_shard_is_read_again(folder, refit, monkeypatch, capsys):
    encoder = refit(DenseCheckpoint, {**DENSE, "path": str(folder)})
    first = encoder.encode_passages(TEXTS[:4])
    read = counting(DenseCheckpoint, monkeypatch)
    whole = encoder.encode_passages(TEXTS)
    assert read == TEXTS[4:]
    np.testing.assert_array_equal(whole[:4], first)
    damaged = shards()[0] / "vectors.npy"
    damaged.write_bytes(damaged.read_bytes()[:-3])
    read.clear()
    np.testing.assert_array_equal(encoder.encode_passages(TEXTS), whole)
    assert read in (TEXTS[:4], TEXTS[4:])
    assert "does not match its digests; computed again" in capsys.readouterr().out


@pytest.mark.parametrize(
    "changed", [{"max_length": {"query": 12, "passage": 9}}, {"passage_prefix": "berlin "}, {"pooling": "mean"}]
)
def test_what_decides_vectors_decides_the_key(folder, refit, changed):
    options = {**DENSE, "path": str(folder)}
    before = refit(DenseCheckpoint, options).encode_passages(TEXTS)
    after = DenseCheckpoint.fit(None, {**options, **changed}).encode_passages(TEXTS)
    assert len(shards()) == 4
    assert not np.allclose(before, after, atol=1e-4)


def test_what_only_queries_feel_does_not(folder, refit):
    options = {**DENSE, "path": str(folder)}
    refit(DenseCheckpoint, options).encode_passages(TEXTS)
    other = {"query_prefix": "live ", "max_length": {"query": 5, "passage": 20}}
    DenseCheckpoint.fit(None, {**options, **other}).encode_passages(TEXTS)
    assert len(shards()) == 2


@pytest.mark.parametrize("pooling", ["cls", "mean"])
def test_a_dense_teacher_reads_for_late_interaction_of_the_same_checkpoint(folder, refit, monkeypatch, pooling):
    late = refit(LateInteractionCheckpoint, {**LATE, "path": str(folder), "passage_prefix": "live: "})
    dense = {**DENSE, "path": str(folder), "passage_prefix": "live: ", "pooling": pooling}
    alone = refit(DenseCheckpoint, dense).encode_passages(TEXTS)
    own = late.encode_passages(TEXTS)
    for shard in shards():
        shutil.rmtree(shard)
    np.testing.assert_array_equal(refit(DenseCheckpoint, {**dense, "keep_tokens": True}).encode_passages(TEXTS), alone)
    assert len(shards()) == 4  # two of vectors, two of tokens
    read = counting(LateInteractionCheckpoint, monkeypatch)
    found = late.encode_passages(TEXTS)
    assert not read
    assert found.words == own.words
    for name in ("vectors_TH", "weights_T", "words_T", "offsets_R"):
        np.testing.assert_array_equal(getattr(found, name), getattr(own, name))


@pytest.mark.parametrize(
    "changed", [{"max_length": {"query": 12, "passage": 9}}, {"passage_prefix": "berlin "}, {"batch_size": 3}]
)
def test_another_reading_is_read_again(folder, refit, monkeypatch, changed):
    refit(DenseCheckpoint, {**DENSE, "path": str(folder), "keep_tokens": True}).encode_passages(TEXTS)
    late = LateInteractionCheckpoint.fit(None, {**LATE, "path": str(folder), **changed})
    read = counting(LateInteractionCheckpoint, monkeypatch)
    late.encode_passages(TEXTS)
    assert read == TEXTS
