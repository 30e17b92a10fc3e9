"""A folder on disk as the start of students, and its tokenizer as their vocabulary."""

import json
import shutil

import pytest
import torch
from bert_by_hand import Bert
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
from tiny_checkpoints import HEADS, TEXTS
from transformers import BertForMaskedLM, BertModel

from dragon.config import Source
from dragon.errors import ArtifactError, ConfigError
from dragon.models.bi_encoder import BiEncoder
from dragon.models.copies import copy_start
from dragon.models.hub import Pinned, copy_vocabulary, resolve
from dragon.models.starts import StartData, write_start
from dragon.models.tokens import Tokens
from dragon.models.vocabulary import open_tokenizer, write_vocabulary


def named(folder):
    return {"name": str(folder), "revision": None}


def start(vocabulary, model, folder):
    options = {"query_encoder": named(model), "context_encoder": named(model)}
    data = StartData(vocabulary, None, {}.__getitem__)
    return write_start(Source(kind="checkpoint", options=options), data, "here", folder)


def test_a_sentence_transformers_folder_below_the_users_data_starts_a_student(make_checkpoint, tmp_path, monkeypatch):
    bert = make_checkpoint(tmp_path / "bert", BertModel)
    SentenceTransformer(modules=[Transformer(str(bert)), Pooling(16, "cls")], device="cpu").save(
        str(tmp_path / "data" / "st"), create_model_card=False
    )
    monkeypatch.setenv("DRAGON_DATA", str(tmp_path / "data"))
    write_vocabulary(Source(kind="checkpoint", options=named("st")), [], "here", tmp_path / "v")
    model = BiEncoder.load(start(tmp_path / "v", "st", tmp_path / "start"), tied=False, pooling="cls", dropout=0.0)
    tokens = Tokens.write(tmp_path / "tokens", TEXTS[:1], tmp_path / "v")
    with torch.inference_mode():
        found = model.encode_queries(*tokens.batch([0], 20))
    wanted = Bert(bert, HEADS).states(open_tokenizer(bert).encode(TEXTS[0]).ids)[0]
    torch.testing.assert_close(found[0].double(), torch.from_numpy(wanted), atol=1e-5, rtol=0)


def test_a_head_of_pre_training_is_left_behind(make_checkpoint, vocabulary, tmp_path):
    mlm = make_checkpoint(tmp_path / "mlm", BertForMaskedLM)
    found = Bert(start(vocabulary, mlm, tmp_path / "start").query_encoder, HEADS)
    assert not any(name.startswith(("cls.", "bert.")) for name in found.w)


def test_a_start_with_another_tokenizer_is_refused(make_checkpoint, vocabulary, tmp_path):
    bert = make_checkpoint(tmp_path / "bert", BertModel)
    shutil.copytree(vocabulary, tmp_path / "other")
    text = json.loads((tmp_path / "other" / "tokenizer.json").read_text())
    pieces = text["model"]["vocab"]
    one, other = list(pieces)[10:12]
    pieces[one], pieces[other] = pieces[other], pieces[one]
    (tmp_path / "other" / "tokenizer.json").write_text(json.dumps(text))
    options = {"query_encoder": named(bert), "context_encoder": named(bert)}
    with pytest.raises(ArtifactError, match=r"here\.query_encoder: the tokenizer of .* is not the scale's vocabulary"):
        copy_start(StartData(tmp_path / "other", None, {}.__getitem__), options, "here", tmp_path / "out")


def test_an_old_tokenizer_is_brought_up_to_date(make_checkpoint, tmp_path):
    bert = make_checkpoint(tmp_path / "bert", BertModel)
    wanted = open_tokenizer(bert).encode(TEXTS[1]).ids
    (bert / "tokenizer.json").unlink()
    (tmp_path / "v").mkdir()
    copy_vocabulary([], named(bert), "here", tmp_path / "v")
    assert open_tokenizer(tmp_path / "v").encode(TEXTS[1]).ids == wanted


def test_a_package_that_is_not_there_is_named():
    with pytest.raises(ConfigError, match=r"here\.name: package 'not-there-at-all' is not installed"):
        resolve(Pinned(name="package:not-there-at-all", revision=None), ("*",), "here")
