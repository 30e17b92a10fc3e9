import numpy as np
import pytest
import torch

from dragon import artifacts
from dragon.config import Source
from dragon.core import Checkpoint
from dragon.errors import ArtifactError
from dragon.models.bi_encoder import BiEncoder, load_bert, new_bert, save_bert
from dragon.models.starts import initialise
from dragon.models.vocabulary import write_vocabulary

torch.set_num_threads(1)  # threads of tiny models only wait for each other
TEXTS = ["compute the singular value decomposition", "sparse matrix", "eigenvalues of a symmetric matrix are real"]
SIZES = {
    "vocab_size": 90,
    "hidden_size": 16,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 24,
    "max_position_embeddings": 32,
}


@pytest.fixture(scope="module")
def vocabulary(tmp_path_factory):
    folder = tmp_path_factory.mktemp("vocabulary") / "v"
    options = {"size": 90, "lowercase": True, "alphabet": 40, "min_frequency": 1}
    write_vocabulary(Source(kind="wordpiece", options=options), TEXTS, "here", folder)
    return folder


@pytest.fixture
def checkpoint(vocabulary, tmp_path):
    """Two encoders with different weights."""
    with artifacts.folder(tmp_path / "checkpoint", {"kind": "checkpoint"}) as part:
        for seed, name in enumerate(("query_encoder", "context_encoder")):
            bert = new_bert(SIZES)
            initialise(bert, 0.3, seed)
            save_bert(bert, vocabulary, part / name)
    return Checkpoint.open(tmp_path / "checkpoint")


def load(checkpoint, tied=False, pooling="cls", dropout=0.0):
    return BiEncoder.load(checkpoint, tied, pooling, dropout)


IDS = torch.tensor([[2, 10, 11, 12, 3], [2, 20, 3, 0, 0]])
MASK = torch.tensor([[1, 1, 1, 1, 1], [1, 1, 1, 0, 0]])


def test_each_side_equals_transformers_own_model(checkpoint):
    from transformers import AutoModel, AutoTokenizer

    model = load(checkpoint)
    sides = ((checkpoint.query_encoder, model.encode_queries), (checkpoint.context_encoder, model.encode_passages))
    for folder, encode in sides:
        theirs = AutoModel.from_pretrained(folder, add_pooling_layer=False).eval()
        tokens = AutoTokenizer.from_pretrained(folder)(TEXTS, padding=True, return_tensors="pt")
        with torch.no_grad():
            expected = theirs(**tokens).last_hidden_state[:, 0]
            found = encode(tokens["input_ids"], tokens["attention_mask"])
        assert found.dtype == torch.float32
        assert torch.allclose(found, expected, atol=1e-5)


def test_the_two_sides_differ_unless_tied(checkpoint):
    two, one = load(checkpoint), load(checkpoint, tied=True)
    assert not torch.allclose(two.encode_queries(IDS, MASK), two.encode_passages(IDS, MASK))
    assert torch.equal(one.encode_queries(IDS, MASK), one.encode_passages(IDS, MASK))
    assert (two.tied, one.tied, two.hidden) == (False, True, 16)
    assert sum(p.numel() for p in two.parameters()) == 2 * sum(p.numel() for p in one.parameters())


def test_mean_pooling_averages_real_tokens_only(checkpoint):
    model = load(checkpoint, pooling="mean")
    found = model.encode_queries(IDS, MASK)
    states = model.query_encoder(input_ids=IDS, attention_mask=MASK).last_hidden_state
    assert torch.allclose(found[0], states[0].mean(0), atol=1e-6)
    assert torch.allclose(found[1], states[1, :3].mean(0), atol=1e-6)


def test_padding_does_not_change_an_embedding(checkpoint):
    model = load(checkpoint)
    alone = model.encode_queries(IDS[1:, :3], MASK[1:, :3])
    assert torch.allclose(model.encode_queries(IDS, MASK)[1:], alone, atol=1e-6)


def test_saving_and_loading_gives_the_same_bytes(checkpoint, tmp_path):
    model = load(checkpoint)
    for name in ("a", "b"):
        with artifacts.folder(tmp_path / name, {"kind": "checkpoint"}) as part:
            model.save(part)
        model = load(Checkpoint.open(tmp_path / name))
    assert Checkpoint.open(tmp_path / "a").digest == Checkpoint.open(tmp_path / "b").digest
    assert torch.equal(model.encode_passages(IDS, MASK), load(checkpoint).encode_passages(IDS, MASK))
    names = {path.name for path in (tmp_path / "a" / "query_encoder").iterdir()}
    assert names == {"config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json", "vocab.txt"}


def test_tied_encoders_are_saved_twice(checkpoint, tmp_path):
    load(checkpoint, tied=True).save(tmp_path)
    query, context = (tmp_path / side / "model.safetensors" for side in ("query_encoder", "context_encoder"))
    assert query.read_bytes() == context.read_bytes()


def test_dropout_acts_in_training_only(checkpoint):
    model = load(checkpoint, dropout=0.5)
    assert torch.equal(model.encode_queries(IDS, MASK), model.encode_queries(IDS, MASK))
    model.train()
    torch.manual_seed(0)
    assert not torch.allclose(model.encode_queries(IDS, MASK), model.encode_queries(IDS, MASK))


def rewrite(folder, change):
    from safetensors.numpy import load_file, save_file

    weights = change(load_file(folder / "model.safetensors"))
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})


LOST = "encoder.layer.1.output.dense.weight"


@pytest.mark.parametrize(
    ("change", "word"),
    [
        (lambda w: {k: v for k, v in w.items() if k != LOST}, LOST),
        (lambda w: {**w, LOST: np.zeros((3, 3), np.float32)}, LOST),
        (lambda w: {**w, "encoder.layer.2.output.dense.weight": w[LOST]}, "encoder.layer.2"),
    ],
    ids=["missing", "another shape", "unknown"],
)
def test_a_weight_that_would_be_random_is_an_error(checkpoint, change, word):
    rewrite(checkpoint.query_encoder, change)
    with pytest.raises(ArtifactError, match=word):
        load(checkpoint)


def test_pooler_and_language_model_head_are_left_out(checkpoint):
    expected = load(checkpoint).encode_queries(IDS, MASK)
    extra = {"pooler.dense.weight": np.zeros((16, 16), np.float32), "cls.predictions.bias": np.zeros(90, np.float32)}
    rewrite(checkpoint.query_encoder, lambda w: {**w, **extra})
    assert torch.equal(load(checkpoint).encode_queries(IDS, MASK), expected)


def test_a_folder_without_safetensors_is_an_error(checkpoint):
    (checkpoint.query_encoder / "model.safetensors").unlink()
    with pytest.raises(ArtifactError, match=r"query_encoder.*safetensors"):
        load_bert(checkpoint.query_encoder, 0.0)


def test_importing_the_door_forbids_the_network():
    import os

    assert os.environ["HF_HUB_OFFLINE"] == "1"
