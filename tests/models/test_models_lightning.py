"""The authors' .ckpt files, made here in their layout: read as data, converted whole or refused."""

import json
import shutil

import numpy as np
import pytest
import torch
from omegaconf import OmegaConf
from tiny_checkpoints import COMMON, TEXT, TEXTS
from transformers import AutoModel, AutoTokenizer, BertModel, DistilBertModel, RobertaModel

from dragon import artifacts
from dragon.config import Source
from dragon.errors import ArtifactError, ConfigError
from dragon.models.bi_encoder import BiEncoder
from dragon.models.checkpoints.pair import DensePair, LightningPair
from dragon.models.copies import copy_start
from dragon.models.lightning import convert_start, state_dict
from dragon.models.starts import StartData, write_start
from dragon.models.tokens import Tokens

torch.set_num_threads(1)
SIDES = ("query_encoder", "context_encoder")
SETTINGS = {
    "transform": {"_target_": "dpr_scale.transforms.HFTransform", "max_seq_len": 128, "model_path": None},
    "model": {"_target_": "dpr_scale.models.HFEncoder", "dropout": 0.1, "path": "${transform.model_path}"},
    "optim": {"lr": 3e-5, "betas": [0.9, 0.999], "amsgrad": False},
}
PAIR = {**COMMON, **TEXT, "pooling": "cls", "similarity": "dot"}


@pytest.fixture
def make_ckpt(make_checkpoint, tmp_path):
    """``make(kind, edit)``: a .ckpt of two encoders that differ, the folders they are from, and a base folder of the
    architecture. Weights as transformers 3.4 saved them: with a pooler and ``position_ids``."""

    def make(kind=BertModel, edit=lambda found: None, base=tmp_path / "base"):
        make_checkpoint(base, kind, seed=9)
        weights, folders = {}, {}
        for seed, side in enumerate(SIDES):
            folders[side] = make_checkpoint(tmp_path / side, kind, seed=seed)
            for name, value in AutoModel.from_pretrained(folders[side]).state_dict().items():
                weights[f"{side}.transformer.{name}"] = value
            if kind is not DistilBertModel:
                weights[f"{side}.transformer.embeddings.position_ids"] = torch.arange(48)[None]
        hparams = {name: OmegaConf.create(value) for name, value in SETTINGS.items()} | {"k": 1, "shared_model": False}
        found = {"epoch": 19, "pytorch-lightning_version": "1.6.4", "state_dict": weights, "hyper_parameters": hparams}
        found["callbacks"] = {"ModelCheckpoint{'monitor': 'valid_mrr'}": {"best_model_score": torch.tensor(0.4)}}
        edit(found)
        torch.save(found, tmp_path / "checkpoint_best.ckpt")
        options = {"path": str(tmp_path / "checkpoint_best.ckpt"), "model": {"name": str(base), "revision": None}}
        return options, folders

    return make


def test_a_start_holds_the_weights_of_the_ckpt(make_ckpt, vocabulary, tmp_path):
    options, folders = make_ckpt()
    data = StartData(vocabulary, None, {}.__getitem__)
    start = write_start(Source(kind="dragon-ckpt", options=options), data, "here", tmp_path / "start")
    model = BiEncoder.load(start, False, "cls", 0.0).eval()
    tokens = Tokens.write(tmp_path / "tokens", TEXTS, vocabulary)
    with torch.no_grad():
        found = model.encode_queries(*tokens.batch(np.arange(len(TEXTS)), 12)).numpy()
    assert np.abs(found - by_auto_model(folders["query_encoder"], 12)).max() < 2e-5


def by_auto_model(folder, length):
    """[CLS] states, computed without our code."""
    inputs = AutoTokenizer.from_pretrained(folder)(
        TEXTS, padding=True, truncation=True, max_length=length, return_tensors="pt"
    )
    with torch.no_grad():
        return AutoModel.from_pretrained(folder, add_pooling_layer=False)(**inputs).last_hidden_state[:, 0].numpy()


@pytest.mark.parametrize("kind", [BertModel, RobertaModel])
def test_a_baseline_is_converted_once_and_encodes_like_the_model(make_ckpt, refit, kind):
    options, folders = make_ckpt(kind)
    encoder = refit(LightningPair, {**PAIR, **options})
    assert np.abs(encoder.encode_queries(TEXTS) - by_auto_model(folders["query_encoder"], 12)).max() < 2e-5
    assert np.abs(encoder.encode_passages(TEXTS) - by_auto_model(folders["context_encoder"], 20)).max() < 2e-5


def test_two_folders_are_a_pair(make_ckpt, refit):
    _, folders = make_ckpt()
    paths = {side: str(folder) for side, folder in folders.items()}
    encoder = refit(DensePair, {**PAIR, **paths})
    assert np.abs(encoder.encode_queries(TEXTS) - by_auto_model(folders["query_encoder"], 12)).max() < 2e-5
    assert np.abs(encoder.encode_passages(TEXTS) - by_auto_model(folders["context_encoder"], 20)).max() < 2e-5


class Payload:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (open, (self.path, "w"))


@pytest.mark.parametrize("place", ["hyper_parameters", "callbacks"])
def test_code_in_a_ckpt_is_refused_and_not_run(make_ckpt, tmp_path, place):
    options, _ = make_ckpt(edit=lambda found: found[place].update(x=Payload(str(tmp_path / "run"))))
    with pytest.raises(ArtifactError, match=r"checkpoint_best\.ckpt: names .*open.*, which could run code"):
        convert_start(StartData(tmp_path, None, None), options, "here", tmp_path / "out")
    assert not (tmp_path / "run").exists()


def test_settings_are_read_with_no_other_class_than_theirs(make_ckpt, monkeypatch):
    options, _ = make_ckpt()
    assert len(state_dict(artifacts.Path(options["path"]))) > 20
    monkeypatch.setattr("dragon.models.lightning._settings_classes", list)
    with pytest.raises(ArtifactError, match="omegaconf"):
        state_dict(artifacts.Path(options["path"]))


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (
            lambda found: found["state_dict"].pop("query_encoder.transformer.encoder.layer.1.output.dense.bias"),
            "missing",
        ),
        (lambda found: found["state_dict"].update({"query_encoder.project.0.weight": torch.zeros(1)}), "no projection"),
        (lambda found: found["state_dict"].update({"context_encoder.transformer.x": torch.zeros(1)}), "x; allowed"),
        (lambda found: found.pop("state_dict"), "no state_dict of tensors"),
    ],
)
def test_other_weights_are_refused(make_ckpt, tmp_path, edit, said):
    options, _ = make_ckpt(edit=edit)
    with pytest.raises(ArtifactError, match=said):
        convert_start(StartData(tmp_path, None, None), options, "here", tmp_path / "out")
    (tmp_path / "checkpoint_best.ckpt").write_bytes(b"PK\x03\x04 cut")
    with pytest.raises(ArtifactError, match="checkpoint_best"):
        state_dict(tmp_path / "checkpoint_best.ckpt")


def test_a_student_starts_from_a_bert_with_its_vocabulary(make_ckpt, vocabulary, tmp_path):
    options, folders = make_ckpt(RobertaModel)
    with pytest.raises(ConfigError, match=r"here\.model: found a roberta, allowed: a BERT.*baselines"):
        convert_start(StartData(vocabulary, None, None), options, "here", tmp_path / "out")
    pinned = {side: {"name": str(folder), "revision": None} for side, folder in folders.items()}
    with pytest.raises(ConfigError, match=r"here\.query_encoder: found a roberta, allowed: a BERT"):
        copy_start(StartData(vocabulary, None, None), pinned, "here", tmp_path / "out")


def test_another_vocabulary_is_refused(make_ckpt, vocabulary, tmp_path):
    options, _ = make_ckpt()
    shutil.copytree(vocabulary, tmp_path / "other")
    tokenizer = json.loads((tmp_path / "other" / "tokenizer.json").read_text())
    first, second = list(tokenizer["model"]["vocab"])[-2:]
    ids = tokenizer["model"]["vocab"]
    ids[first], ids[second] = ids[second], ids[first]
    (tmp_path / "other" / "tokenizer.json").write_text(json.dumps(tokenizer))
    with pytest.raises(ArtifactError, match="is not the scale's vocabulary"):
        convert_start(StartData(tmp_path / "other", None, None), options, "here", tmp_path / "out")
