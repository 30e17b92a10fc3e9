"""Token vectors of a checkpoint against BERT by hand, through the MaxSim engine."""

import numpy as np
import pytest
import torch
from bert_by_hand import Bert
from tiny_checkpoints import HEADS, TEXT, TEXTS
from transformers import BertModel

from dragon.core import Corpus, Passage
from dragon.errors import ArtifactError, ConfigError
from dragon.models.checkpoints.late_interaction import LateInteractionCheckpoint
from dragon.models.max_sim import UNIT
from dragon.models.vocabulary import open_tokenizer
from dragon.teachers.late_interaction import open_late_interaction

TOKENS = {**TEXT, "drop_special": False, "drop_punctuation": False, "threshold": None}
MARKS = {",", ".", "(", ")", ":", "!"}
SPECIAL = {"[CLS]", "[SEP]"}


@pytest.fixture
def bert(make_checkpoint, tmp_path):
    return make_checkpoint(tmp_path / "bert", BertModel)


def expected(folder, text, most, dropped=frozenset()):
    """Tokens and float64 vectors of length 1, ``[T, H]``."""
    tokenizer = open_tokenizer(folder)
    tokenizer.enable_truncation(most)
    read = tokenizer.encode(text)
    states = Bert(folder, HEADS).states(read.ids)
    kept = [row for row, token in enumerate(read.tokens) if token not in dropped]
    vectors = states / np.linalg.norm(states, axis=1, keepdims=True)
    return [read.tokens[row] for row in kept], vectors[kept]


def parts(found):
    spans = zip(found.offsets_R, found.offsets_R[1:], strict=False)
    return [([found.words[w] for w in found.words_T[a:b]], found.vectors_TH[a:b] / UNIT) for a, b in spans]


@pytest.mark.parametrize(
    ("special", "punctuation", "dropped"),
    [(False, False, set()), (True, False, SPECIAL), (True, True, SPECIAL | MARKS)],
)
def test_tokens_and_vectors_of_passages(bert, refit, special, punctuation, dropped):
    options = {**TOKENS, "path": str(bert), "drop_special": special, "drop_punctuation": punctuation}
    texts = [*TEXTS, "an unknown \u2603 stays", ""]
    found = refit(LateInteractionCheckpoint, options).encode_passages(texts)
    assert "[UNK]" in found.words
    assert (found.vectors_TH.dtype, found.words_T.dtype, found.words) == (np.int8, np.int32, tuple(sorted(found.words)))
    for text, (tokens, vectors) in zip(texts, parts(found), strict=True):
        wanted, vectors_TH = expected(bert, text, 20, dropped)
        assert tokens == wanted
        np.testing.assert_allclose(vectors, vectors_TH, atol=0.51 / UNIT)


def test_queries_keep_punctuation_and_have_their_own_length_and_prefix(bert, refit):
    options = {**TOKENS, "path": str(bert), "drop_punctuation": True, "query_prefix": "the matrix: "}
    found = refit(LateInteractionCheckpoint, options).encode_queries([TEXTS[1], "berlin."])
    assert found.weights_T.tolist() == [1.0] * len(found.words_T)
    for text, (tokens, vectors) in zip([TEXTS[1], "berlin."], parts(found), strict=True):
        wanted, vectors_TH = expected(bert, f"the matrix: {text}", 12)
        assert tokens == wanted
        np.testing.assert_allclose(vectors, vectors_TH, atol=0.51 / UNIT)


def test_order_does_not_matter(bert, refit):
    encoder = refit(LateInteractionCheckpoint, {**TOKENS, "path": str(bert)})
    one, other = parts(encoder.encode_passages(TEXTS)), parts(encoder.encode_passages(TEXTS[::-1]))[::-1]
    for (tokens, vectors), (their_tokens, their_vectors) in zip(one, other, strict=True):
        assert tokens == their_tokens
        np.testing.assert_allclose(vectors, their_vectors, atol=1.01 / UNIT)
    assert len(encoder.encode_passages([])) == 0


def test_a_token_alone(bert, refit):
    encoder = refit(LateInteractionCheckpoint, {**TOKENS, "path": str(bert)})
    vectors_WH, _ = encoder.word_vectors(["berlin", "matrix"])
    for word, vector in zip(("berlin", "matrix"), vectors_WH, strict=True):
        np.testing.assert_allclose(vector, expected(bert, word, 20)[1][1], atol=1e-5)
    assert encoder.word_vectors([])[0].shape == (0, 16)


def by_hand(folder, query, texts, dropped=frozenset()):
    """MaxSim in float64."""
    asked = expected(folder, query, 12, dropped)[1]
    scores = [(asked @ expected(folder, text, 20, dropped)[1].T).max(1).sum() for text in texts]
    return np.asarray(scores)


@pytest.fixture
def corpus(tmp_path):
    return Corpus.write(tmp_path / "corpus", [Passage(str(i), "", text) for i, text in enumerate(TEXTS)])


def test_the_engine_ranks_as_by_hand(bert, refit, corpus, tmp_path):
    encoder = refit(LateInteractionCheckpoint, {**TOKENS, "path": str(bert), "drop_special": True})
    searcher = open_late_interaction(encoder, {"candidates": None, "threads": 1}, corpus, tmp_path)
    queries = ["people in berlin", "sparse"]
    docs, scores = searcher.search(queries, len(TEXTS))
    for query, docs_K, scores_K in zip(queries, docs, scores, strict=True):
        wanted = by_hand(bert, query, TEXTS, SPECIAL)
        np.testing.assert_allclose(scores_K, wanted[docs_K], rtol=0.02)
        assert wanted[docs_K[0]] > wanted.max() - 0.05


def test_a_rough_stage_keeps_the_best_and_scores_it_exactly(bert, refit, corpus, tmp_path):
    encoder = refit(LateInteractionCheckpoint, {**TOKENS, "path": str(bert), "drop_special": True})
    engines = [
        open_late_interaction(encoder, {"candidates": kept, "threads": 1}, corpus, tmp_path) for kept in (None, 3)
    ]
    (every, every_scores), (few, few_scores) = (engine.search(TEXTS[3:5], 2) for engine in engines)
    assert every[:, 0].tolist() == few[:, 0].tolist() == [3, 4]
    exact = dict(zip(every.ravel().tolist(), every_scores.ravel().tolist(), strict=True))
    assert [exact[3], exact[4]] == few_scores[:, 0].tolist()


def test_a_projection_that_would_be_left_over_is_refused(bert, change_weights):
    change_weights(bert, lambda w: w.update({"linear.weight": torch.ones(4, 16)}))
    with pytest.raises(ArtifactError, match=r"unknown: linear\.weight"):
        LateInteractionCheckpoint.fit(None, {**TOKENS, "path": str(bert)})


@pytest.mark.parametrize("threshold", [-0.1, 1.0])
def test_a_threshold_out_of_range_is_named(bert, threshold):
    with pytest.raises(ConfigError, match=r"options\.encoder\.threshold: found"):
        LateInteractionCheckpoint.fit(None, {**TOKENS, "path": str(bert), "threshold": threshold})
