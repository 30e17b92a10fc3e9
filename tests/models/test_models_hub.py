import pytest
import torch

from dragon import artifacts
from dragon.config import Source
from dragon.errors import ArtifactError, ConfigError
from dragon.models.bi_encoder import load_bert, new_bert, save_bert
from dragon.models.copies import copy_start
from dragon.models.hub import Pinned, resolve
from dragon.models.starts import StartData, initialise, write_start
from dragon.models.vocabulary import open_tokenizer, write_vocabulary

torch.set_num_threads(1)  # threads of tiny models only wait for each other
TEXTS = ["compute the singular value decomposition", "sparse matrix"]
COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture
def model(tmp_path):
    """A folder as the hub gives it: tokenizer and one encoder."""
    folder = tmp_path / "model"
    options = {"size": 80, "lowercase": True, "alphabet": 40, "min_frequency": 1}
    write_vocabulary(Source(kind="wordpiece", options=options), TEXTS, "here", tmp_path / "v")
    sizes = {"hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 8}
    bert = new_bert({"vocab_size": 80, "max_position_embeddings": 16, **sizes})
    initialise(bert, 0.3, 1)
    save_bert(bert, tmp_path / "v", folder)
    return folder


def pinned(folder, revision=None):
    return {"name": str(folder), "revision": revision}


def data(folder):
    return StartData(folder, None, {}.__getitem__)


def test_vocabulary_is_copied(model, tmp_path):
    write_vocabulary(Source(kind="checkpoint", options=pinned(model)), [], "here", tmp_path / "copy")
    assert (tmp_path / "copy" / "tokenizer.json").read_bytes() == (model / "tokenizer.json").read_bytes()
    assert open_tokenizer(tmp_path / "copy").encode("sparse matrix").tokens[1] == "sparse"


def test_start_holds_both_encoders(model, tmp_path):
    options = {"query_encoder": pinned(model), "context_encoder": pinned(model)}
    start = write_start(Source(kind="checkpoint", options=options), data(model), "here", tmp_path / "start")
    digests = artifacts.file_digests(start.folder)
    original = artifacts.file_digest(model / "model.safetensors")
    assert digests["query_encoder/model.safetensors"] == digests["context_encoder/model.safetensors"] == original


def test_old_weights_are_read_as_data(model, tmp_path):
    expected = load_bert(model, 0.0)
    (model / "model.safetensors").unlink()
    torch.save(expected.state_dict(), model / "pytorch_model.bin")
    options = {"query_encoder": pinned(model), "context_encoder": pinned(model)}
    copy_start(data(model), options, "here", tmp_path)
    found = load_bert(tmp_path / "query_encoder", 0.0)
    assert all(torch.equal(a, b) for a, b in zip(found.parameters(), expected.parameters(), strict=True))


def test_code_in_old_weights_is_not_run(model, tmp_path):
    class Payload:
        def __reduce__(self):
            return (open, (str(tmp_path / "run"), "w"))

    (model / "model.safetensors").unlink()
    torch.save({"embeddings.word_embeddings.weight": Payload()}, model / "pytorch_model.bin")
    options = {"query_encoder": pinned(model), "context_encoder": pinned(model)}
    with pytest.raises(ArtifactError):
        copy_start(data(model), options, "here", tmp_path / "out")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("revision", [None, "main", COMMIT[:7]])
def test_a_hub_model_without_a_full_commit_is_refused(revision):
    with pytest.raises(ConfigError, match=r"here\.revision: found .* 40 digits"):
        resolve(Pinned(name="someone/model", revision=revision), ("*",), "here")


def test_the_network_is_not_used_unless_asked(tmp_path, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(ArtifactError, match="HF_HUB_OFFLINE=0 allows the download"):
        resolve(Pinned(name="someone/model", revision=COMMIT), ("*",), "here")


def test_a_vocabulary_larger_than_the_model_is_refused(model, tmp_path):
    large = tmp_path / "large"
    options = {"size": 200, "lowercase": True, "alphabet": 40, "min_frequency": 1}
    texts = [f"{a}{b}{a}" for a in "abcdefghij" for b in "klmnopqrst"]
    write_vocabulary(Source(kind="wordpiece", options=options), texts, "here", large)
    options = {"query_encoder": pinned(model), "context_encoder": pinned(model)}
    with pytest.raises(ArtifactError, match="80 word embeddings, the vocabulary 200"):
        copy_start(data(large), options, "here", tmp_path / "out")
