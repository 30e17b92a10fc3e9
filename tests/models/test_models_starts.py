import numpy as np
import pytest
import torch

from dragon.config import Source
from dragon.errors import ConfigError
from dragon.models.bi_encoder import BiEncoder
from dragon.models.starts import StartData, initialise, write_start
from dragon.models.svd import piece_counts, token_directions
from dragon.models.tokens import Tokens
from dragon.models.vocabulary import write_vocabulary

torch.set_num_threads(1)  # threads of tiny models only wait for each other
ANIMALS = ["cat", "dog", "horse", "mouse", "bird", "fish"]
METALS = ["iron", "gold", "zinc", "lead", "copper", "silver"]
OPTIONS = {
    "seed": 1,
    "hidden": 10,
    "layers": 1,
    "heads": 2,
    "intermediate": 12,
    "max_positions": 40,
    "passage_tokens": 30,
    "idf_exponent": 0.0,
    "attention_gain": 64.0,
    "output_gain": 0.25,
    "position_gain": 0.1,
    "residual_gain": 0.1,
    "initializer_range": 0.02,
}


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Passages about animals and passages about metals; "the" stands in all."""
    draws = np.random.Generator(np.random.Philox(5))
    texts = [f"the {' '.join(draws.choice(words, 4))}" for _ in range(40) for words in (ANIMALS, METALS)]
    folder = tmp_path_factory.mktemp("start")
    vocabulary = Source(kind="wordpiece", options={"size": 120, "lowercase": True, "alphabet": 30, "min_frequency": 2})
    write_vocabulary(vocabulary, texts, "here", folder / "v")
    return StartData(folder / "v", Tokens.write(folder / "t", texts, folder / "v"), {}.__getitem__)


def make(data, folder, **changes):
    return write_start(Source(kind="svd", options={**OPTIONS, **changes}), data, "here", folder)


def embed(checkpoint, data, texts, tmp_path):
    tokens = Tokens.write(tmp_path / "texts", texts, data.vocabulary)
    model = BiEncoder.load(checkpoint, tied=False, pooling="cls", dropout=0.0)
    with torch.inference_mode():
        return model.encode_queries(*tokens.batch(np.arange(len(texts)), 32)).numpy()


def test_same_options_same_bytes_whatever_the_global_seed(data, tmp_path):
    torch.manual_seed(1)
    first = make(data, tmp_path / "a")
    torch.manual_seed(2)
    torch.rand(5)
    assert make(data, tmp_path / "b").digest == first.digest
    assert make(data, tmp_path / "c", seed=2).digest != first.digest
    assert first.meta["kind"] == "checkpoint"
    files = first.meta["files"]
    assert files["query_encoder/model.safetensors"] == files["context_encoder/model.safetensors"]


def test_untrained_start_is_a_semantic_retriever(data, tmp_path):
    checkpoint = make(data, tmp_path / "start", hidden=6)
    cat, dog, iron = embed(checkpoint, data, ["cat mouse", "dog horse bird", "iron zinc"], tmp_path)
    assert cat @ dog > cat @ iron + 0.1  # no word in common


def test_output_gain_is_the_length_of_embeddings(data, tmp_path):
    small, large = (
        embed(make(data, tmp_path / name, output_gain=gain), data, ["the cat", "gold"], tmp_path)
        for name, gain in (("small", 0.25), ("large", 0.5))
    )
    assert np.allclose(large, 2 * small, atol=1e-5)
    assert (small[:, -2:] == 0).all()  # the sink holds no meaning
    assert (np.linalg.norm(small, axis=1) <= 0.25 * np.sqrt(10) + 1e-4).all()


def test_word_embeddings_have_length_one_and_idf_sets_the_share(data, tmp_path):
    words = {}
    for name, exponent in (("plain", 0.0), ("idf", 1.0)):
        model = BiEncoder.load(make(data, tmp_path / name, idf_exponent=exponent), True, "cls", 0.0)
        words[name] = model.query_encoder.embeddings.word_embeddings.weight.detach().numpy()
        assert np.allclose(np.linalg.norm(words[name], axis=1), 1, atol=1e-5)
        assert np.abs(words[name][:5, :-2]).max() == 0  # special tokens are sink alone
    _, idf = token_directions(data.passages, len(words["idf"]), 8, 30, 1)
    share = np.linalg.norm(words["idf"][:, :-2], axis=1)
    known = np.linalg.norm(words["plain"][:, :-2], axis=1) > 0
    assert np.allclose(share[known], (0.99 * idf / idf.max())[known], atol=1e-5)


def test_directions_are_the_right_singular_vectors(data):
    size = 120
    counts = piece_counts(data.passages, size, 30).toarray()
    frequency = (counts > 0).sum(0)
    idf = np.log(1 + len(counts) / (1 + frequency))
    weights = np.where(counts > 0, 1 + np.log(np.maximum(counts, 1)), 0) * idf
    weights /= np.linalg.norm(weights, axis=1, keepdims=True)
    exact = np.linalg.svd(weights)[2][:6].T
    found, found_idf = token_directions(data.passages, size, 6, 30, 1)
    assert np.allclose(found_idf, idf)
    seen = frequency > 0
    exact = exact[seen] / np.linalg.norm(exact[seen], axis=1, keepdims=True)
    assert np.allclose(np.abs(exact * found[seen]).sum(1), (exact**2).sum(1), atol=1e-6)
    assert np.allclose(exact @ exact.T, found[seen] @ found[seen].T, atol=1e-6)
    assert (found[~seen] == 0).all()


def test_piece_counts_read_the_head_of_each_passage(data):
    two = piece_counts(data.passages, 120, 2).toarray()
    for row in (0, 1, 7):
        pieces = data.passages.batch(np.array([row]), 4)[0][0, 1:3].tolist()
        assert sorted(np.repeat(np.arange(120), two[row].astype(int))) == sorted(pieces)


def test_initialise_is_a_function_of_the_seed():
    one, two, three = (torch.nn.Sequential(torch.nn.Linear(30, 40), torch.nn.LayerNorm(40)) for _ in range(3))
    for module, seed in ((one, 1), (two, 1), (three, 2)):
        initialise(module, 0.5, seed)
    assert torch.equal(one[0].weight, two[0].weight)
    assert not torch.equal(one[0].weight, three[0].weight)
    assert one[0].weight.std().item() == pytest.approx(0.5, rel=0.1)
    assert (one[0].bias == 0).all()
    assert (one[1].weight == 1).all()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"heads": 3}, ["here.options.heads", "found 3", "divisor of hidden (10)"]),
        ({"hiden": 3}, ["here.options.hiden", "did you mean 'hidden'"]),
        ({"output_gain": "big"}, ["here.options.output_gain", "found 'big'"]),
        ({"hidden": 500}, ["here.options.hidden", "found 500"]),
    ],
)
def test_wrong_options_are_named(data, tmp_path, changes, words):
    with pytest.raises(ConfigError) as error:
        make(data, tmp_path / "x", **changes)
    assert all(word in str(error.value) for word in words)
    assert not (tmp_path / "x").exists()


def test_unknown_kind_is_named(data, tmp_path):
    with pytest.raises(ConfigError, match="did you mean 'svd'"):
        write_start(Source(kind="svdd"), data, "here", tmp_path / "x")
