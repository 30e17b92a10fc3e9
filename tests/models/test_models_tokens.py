import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dragon.config import Source
from dragon.errors import ArtifactError
from dragon.models.tokens import MAX_PIECES, Tokens
from dragon.models.vocabulary import open_tokenizer, write_vocabulary

TEXTS = [
    "compute the singular value decomposition of a matrix",
    "",
    "sparse matrix",
    "the eigenvalues of a symmetric matrix are real; " * 80,
    "decomposition",
]


@pytest.fixture(scope="module")
def vocabulary(tmp_path_factory):
    folder = tmp_path_factory.mktemp("vocabulary") / "v"
    options = {"size": 120, "lowercase": True, "alphabet": 50, "min_frequency": 1}
    write_vocabulary(Source(kind="wordpiece", options=options), TEXTS, "here", folder)
    return folder


@pytest.fixture(scope="module")
def tokens(vocabulary, tmp_path_factory):
    return Tokens.write(tmp_path_factory.mktemp("tokens") / "t", iter(TEXTS), vocabulary)


def reference(tokenizer, text, max_length):
    """The Hugging Face way, one text at a time."""
    tokenizer.enable_truncation(max_length)
    return tokenizer.encode(text).ids


@given(
    rows=st.lists(st.integers(-1, len(TEXTS) - 1), min_size=1, max_size=8),
    max_length=st.integers(3, 40) | st.just(512),
)
@settings(max_examples=60, deadline=None)
def test_batch_equals_the_tokenizer_text_by_text(tokens, vocabulary, rows, max_length):
    tokenizer = open_tokenizer(vocabulary)
    expected = [reference(tokenizer, TEXTS[row], max_length) if row >= 0 else [2, 3] for row in rows]
    ids, mask = tokens.batch(np.array(rows), max_length)
    longest = max(map(len, expected))
    assert ids.shape == mask.shape == (len(rows), longest)
    assert ids.tolist() == [one + [0] * (longest - len(one)) for one in expected]
    assert mask.tolist() == [[1] * len(one) + [0] * (longest - len(one)) for one in expected]
    assert tokens.lengths(np.array(rows), max_length).tolist() == [len(one) for one in expected]


def test_batches_are_int64_tensors(tokens):
    import torch

    ids, mask = tokens.batch(np.array([0, 2], dtype=np.int32), 8)
    assert ids.dtype == mask.dtype == torch.int64


def test_store_keeps_pieces_without_special_tokens(tokens):
    assert len(tokens) == len(TEXTS)
    assert tokens.pieces_T.dtype == np.uint16
    assert isinstance(tokens.pieces_T, np.memmap)
    assert not np.isin(tokens.pieces_T, [0, 2, 3]).any()
    assert tokens.offsets_R[2] == tokens.offsets_R[1]  # the empty text
    assert tokens.offsets_R[4] - tokens.offsets_R[3] == MAX_PIECES


def test_spans_are_runs_of_pieces(tokens):
    ids, mask = tokens.spans(np.array([1, 4]), np.array([3, 0]))
    assert ids.tolist() == [[2, *map(int, tokens.pieces_T[1:4]), 3], [2, 3, 0, 0, 0]]
    assert mask.tolist() == [[1, 1, 1, 1, 1], [1, 1, 0, 0, 0]]


def test_only_empty_texts_work(vocabulary, tmp_path):
    tokens = Tokens.write(tmp_path / "t", ["", ""], vocabulary)
    assert tokens.batch(np.array([0, 1, -1]), 16)[0].tolist() == [[2, 3]] * 3


def test_no_texts_work(vocabulary, tmp_path):
    assert len(Tokens.write(tmp_path / "t", [], vocabulary)) == 0


def test_a_large_vocabulary_takes_four_bytes(tmp_path):
    from tokenizers import BertWordPieceTokenizer

    from dragon.models.vocabulary import SPECIAL, save_tokenizer

    pieces = [*SPECIAL, *(f"word{i}" for i in range(70_000))]
    save_tokenizer(BertWordPieceTokenizer({piece: i for i, piece in enumerate(pieces)}), True, tmp_path)
    tokens = Tokens.write(tmp_path / "t", ["word69999 word0"], tmp_path)
    assert tokens.pieces_T.dtype == np.int32
    assert tokens.pieces_T.tolist() == [70_004, 5]


def test_incomplete_or_torn_folders_are_errors(vocabulary, tmp_path):
    with pytest.raises(ArtifactError, match="not there"):
        Tokens.open(tmp_path / "none")
    Tokens.write(tmp_path / "t", TEXTS, vocabulary)
    np.save(tmp_path / "t" / "tokens.npy", np.zeros(3, np.uint16))
    with pytest.raises(ArtifactError, match="3 pieces"):
        Tokens.open(tmp_path / "t")
