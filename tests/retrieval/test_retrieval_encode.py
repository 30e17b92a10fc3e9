import numpy as np
import pytest
import torch

from dragon.models.bi_encoder import BiEncoder, new_bert
from dragon.models.starts import initialise
from dragon.models.tokens import Tokens
from dragon.retrieval.encode import encode, encode_corpus, encode_queries

LENGTHS = [0, 5, 3, 3, 9, 1, 5, 40, 3, 0, 7, 5]


@pytest.fixture(scope="module")
def tokens():
    draws = np.random.Generator(np.random.Philox(3))
    offsets = np.cumsum([0, *LENGTHS])
    return Tokens(draws.integers(5, 60, offsets[-1]).astype(np.uint16), offsets, {"cls": 2, "sep": 3, "pad": 0})


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    encoders = []
    for seed in (1, 2):
        bert = new_bert(
            {
                "vocab_size": 60,
                "hidden_size": 16,
                "num_hidden_layers": 1,
                "num_attention_heads": 2,
                "intermediate_size": 24,
                "max_position_embeddings": 32,
            }
        )
        initialise(bert, 0.3, seed)
        encoders.append(bert.eval())
    return BiEncoder(*encoders, "cls", tmp_path_factory.mktemp("none"))


def test_rows_stand_where_their_texts_stand(model, tokens):
    vectors = encode_corpus(model, tokens, max_length=20, batch_size=4, threads=1)
    assert vectors.dtype == np.float32
    assert vectors.shape == (len(LENGTHS), 16)
    for row in range(len(LENGTHS)):
        with torch.inference_mode():
            alone = model.encode_passages(*tokens.batch(np.array([row]), 20))[0]
        assert np.allclose(vectors[row], alone, atol=1e-6)


@pytest.mark.parametrize("batch_size", [1, 2, 3, 100])
def test_batch_size_does_not_matter(model, tokens, batch_size):
    expected = encode_corpus(model, tokens, 20, 5, 1)
    assert np.allclose(encode_corpus(model, tokens, 20, batch_size, 1), expected, atol=1e-6)


def test_queries_go_through_the_query_encoder(model, tokens):
    with torch.inference_mode():
        alone = model.encode_queries(*tokens.batch(np.array([4]), 20))[0]
    assert np.allclose(encode_queries(model, tokens, 20, 4, 1)[4], alone, atol=1e-6)
    assert not np.allclose(encode_corpus(model, tokens, 20, 4, 1)[4], alone, atol=1e-3)


def test_batches_hold_texts_of_one_length_and_every_row_once(tokens):
    seen = []

    def embed(ids, mask):
        assert mask.all()  # no padding at all
        seen.append(ids.shape)
        return ids[:, :1] * 0.0 + len(seen)

    vectors = encode(embed, tokens, 10, 2, 1, "test")
    assert sum(rows for rows, _ in seen) == len(LENGTHS)
    assert max(rows for rows, _ in seen) == 2
    assert [width for _, width in seen] == sorted((width for _, width in seen), reverse=True)
    assert seen[0][1] == 10  # cut to max_length
    assert (vectors > 0).all()


def test_dropout_is_off(model, tokens):
    model.train()
    model.query_encoder.embeddings.dropout.p = 0.5
    first = encode_queries(model, tokens, 20, 4, 1)
    assert np.array_equal(first, encode_queries(model, tokens, 20, 4, 1))
    model.query_encoder.embeddings.dropout.p = 0.1


def test_no_texts_give_no_rows(model):
    empty = Tokens(np.empty(0, np.uint16), np.zeros(1, np.int64), {"cls": 2, "sep": 3, "pad": 0})
    assert encode_queries(model, empty, 20, 4, 1).shape == (0, 0)
