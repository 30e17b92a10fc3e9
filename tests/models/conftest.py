"""Tiny checkpoints of the real classes, in the real layout, with weights from a seed."""

import shutil

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from tiny_checkpoints import HEADS, POSITIONS, TEXTS
from transformers import BertModel

from dragon import artifacts
from dragon.config import Source
from dragon.models.vocabulary import open_tokenizer, write_vocabulary


@pytest.fixture(scope="session")
def vocabulary(tmp_path_factory):
    folder = tmp_path_factory.mktemp("vocabulary") / "v"
    options = {"size": 150, "lowercase": True, "alphabet": 60, "min_frequency": 1}
    write_vocabulary(Source(kind="wordpiece", options=options), TEXTS, "here", folder)
    return folder


@pytest.fixture(scope="session")
def make_checkpoint(vocabulary):
    """``make(folder, BertModel, **config)``: a saved model with a tokenizer beside it; every weight is random."""
    size = open_tokenizer(vocabulary).get_vocab_size()

    def make(folder, model_class, seed=1, **changes):
        sizes = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": HEADS, "intermediate_size": 24}
        config = {"vocab_size": size, "max_position_embeddings": POSITIONS, **sizes, **changes}
        model = model_class(model_class.config_class(**config))
        draws = np.random.Generator(np.random.Philox(seed))
        for name, parameter in model.named_parameters():
            values = 0.3 * draws.standard_normal(tuple(parameter.shape), dtype=np.float32)
            parameter.data = torch.from_numpy(values + (1.0 if name.endswith("LayerNorm.weight") else 0.0))
        model.tie_weights()
        model.save_pretrained(folder)
        for name in ("tokenizer.json", "tokenizer_config.json", "vocab.txt"):
            shutil.copyfile(vocabulary / name, folder / name)
        return folder

    return make


@pytest.fixture(scope="session")
def make_headed(make_checkpoint):
    """``make(folder, "tok_proj", 1, bias=True)``: a BERT with a linear layer, in uniCOIL's and ColBERT's layout."""

    def make(folder, head, size, bias, **changes):
        make_checkpoint(folder, BertModel, **changes)
        weights = {f"bert.{name}": value for name, value in load_file(folder / "model.safetensors").items()}
        draws = np.random.Generator(np.random.Philox(7))
        hidden = weights["bert.embeddings.LayerNorm.weight"].shape[0]
        layer = torch.from_numpy(draws.standard_normal((size, hidden), dtype=np.float32))
        weights |= {f"{head}.weight": layer} | ({f"{head}.bias": torch.full((size,), 0.25)} if bias else {})
        save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
        return folder

    return make


@pytest.fixture
def refit(tmp_path):
    """Through the door of the stages: fit, save, load."""

    def again(encoder_class, options):
        with artifacts.folder(tmp_path / "teacher", {"kind": "teacher"}) as part:
            encoder_class.fit(None, options).save(part)
        return encoder_class.load(tmp_path / "teacher")

    return again


@pytest.fixture
def change_weights():
    """Rewrite a folder's ``model.safetensors``."""

    def change(folder, edit):
        weights = load_file(folder / "model.safetensors")
        edit(weights)
        save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})

    return change
