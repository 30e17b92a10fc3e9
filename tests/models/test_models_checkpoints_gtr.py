"""GTR's layout: T5's encoder, mean, Dense, Normalize, against T5 by hand in float64, through the dense engine."""

import json

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file
from safetensors.torch import save_file
from tiny_checkpoints import TEXT, TEXTS
from transformers import T5EncoderModel

from dragon import artifacts
from dragon.artifacts import Layout
from dragon.config import Teacher
from dragon.core import Corpus, Passage
from dragon.errors import ArtifactError
from dragon.models.checkpoints.dense import DenseCheckpoint
from dragon.models.vocabulary import open_tokenizer
from dragon.teachers import fit_teacher, open_teacher

GTR = {**TEXT, "pooling": "from-model", "similarity": "cosine", "query_prefix": None, "passage_prefix": None}
SIZES = {"d_model": 16, "d_kv": 8, "d_ff": 24, "num_layers": 2, "num_heads": 2, "relative_attention_num_buckets": 8}
SIZES |= {"relative_attention_max_distance": 12, "feed_forward_proj": "relu", "pad_token_id": 0}
MODULES = ("Transformer", ""), ("Pooling", "1_Pooling"), ("Dense", "2_Dense"), ("Normalize", "3_Normalize")
POOLING = {"word_embedding_dimension": 16, "pooling_mode_cls_token": False, "pooling_mode_mean_tokens": True}
POOLING |= {"pooling_mode_max_tokens": False, "pooling_mode_mean_sqrt_len_tokens": False}
IDENTITY = "torch.nn.modules.linear.Identity"


def write(path, found):
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(found))


@pytest.fixture(params=["model.safetensors", "pytorch_model.bin"])
def folder(request, make_checkpoint, tmp_path):
    """As sentence-transformers/gtr-t5-xxl stores it, with the module names of its time."""
    found = make_checkpoint(tmp_path / "gtr", T5EncoderModel, **SIZES)
    kinds = [
        {"idx": i, "name": str(i), "path": path, "type": f"sentence_transformers.models.{kind}"}
        for i, (kind, path) in enumerate(MODULES)
    ]
    write(found / "modules.json", kinds)
    write(found / "sentence_bert_config.json", {"max_seq_length": 512, "do_lower_case": False})
    write(found / "1_Pooling" / "config.json", POOLING)
    dense = {"in_features": 16, "out_features": 12, "bias": False, "activation_function": IDENTITY}
    write(found / "2_Dense" / "config.json", dense)
    draws = np.random.Generator(np.random.Philox(5))
    weights = {"linear.weight": torch.from_numpy(draws.standard_normal((12, 16), dtype=np.float32))}
    (save_file if request.param.endswith("tensors") else torch.save)(weights, found / "2_Dense" / request.param)
    return found


def norm(x, weight):
    return x / np.sqrt((x**2).mean(-1, keepdims=True) + 1e-6) * weight


def bucket(distance, buckets=8, most=12):
    """T5's bidirectional buckets of ``key - query``."""
    half = buckets // 2
    away, exact = abs(distance), half // 2
    if away >= exact:
        away = min(exact + int(np.log(away / exact) / np.log(most / exact) * (half - exact)), half - 1)
    return away + (half if distance > 0 else 0)


def states(w, ids):
    """Last states of one text, ``[T, H]``: no scaling of products, one table of relative positions for all layers."""
    x, count = w["shared.weight"][ids], len(ids)
    table = w["encoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight"]
    bias = np.asarray([[table[bucket(k - q)] for k in range(count)] for q in range(count)]).transpose(2, 0, 1)
    for layer in range(2):
        at = f"encoder.block.{layer}.layer"
        inner = norm(x, w[f"{at}.0.layer_norm.weight"])
        q, k, v = (
            (inner @ w[f"{at}.0.SelfAttention.{n}.weight"].T).reshape(count, 2, 8).transpose(1, 0, 2) for n in "qkv"
        )
        scores = q @ k.transpose(0, 2, 1) + bias
        shares = np.exp(scores - scores.max(-1, keepdims=True))
        mixed = (shares / shares.sum(-1, keepdims=True) @ v).transpose(1, 0, 2).reshape(count, -1)
        x = x + mixed @ w[f"{at}.0.SelfAttention.o.weight"].T
        inner = norm(x, w[f"{at}.1.layer_norm.weight"]) @ w[f"{at}.1.DenseReluDense.wi.weight"].T
        x = x + np.maximum(inner, 0) @ w[f"{at}.1.DenseReluDense.wo.weight"].T
    return norm(x, w["encoder.final_layer_norm.weight"])


def expected(folder, texts, most):
    w = {name: value.astype(np.float64) for name, value in load_file(folder / "model.safetensors").items()}
    draws = np.random.Generator(np.random.Philox(5))
    dense = draws.standard_normal((12, 16), dtype=np.float32).astype(np.float64)
    tokenizer = open_tokenizer(folder)
    tokenizer.enable_truncation(most)
    vectors = np.stack([states(w, tokenizer.encode(text).ids).mean(0) @ dense.T for text in texts])
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def test_vectors_are_pooled_projected_and_normalised(folder, refit):
    encoder = refit(DenseCheckpoint, {**GTR, "path": str(folder)})
    np.testing.assert_allclose(encoder.encode_passages(TEXTS), expected(folder, TEXTS, 20), atol=2e-5)
    np.testing.assert_allclose(encoder.encode_queries(TEXTS), expected(folder, TEXTS, 12), atol=2e-5)


def test_half_precision_is_near(folder, refit):
    found = refit(DenseCheckpoint, {**GTR, "path": str(folder), "dtype": "bfloat16"}).encode_queries(TEXTS)
    assert (found * expected(folder, TEXTS, 12)).sum(axis=1).min() > 0.99
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, atol=1e-5)


def test_the_teacher_ranks_as_by_hand(folder, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    corpus = Corpus.write(tmp_path / "corpus", [Passage(str(i), "", text) for i, text in enumerate(TEXTS)])
    options = {"encoder": {**GTR, "path": str(folder)}, "engine": {"threads": 1, "gpu": False}}
    teachers = {"g": Teacher(kind="dense", encoder="st-dense", stands_for="", options=options)}
    layout = Layout("local")
    with artifacts.folder(layout.teacher("g"), {"kind": "teacher"}) as part:
        fit_teacher(teachers, "g", layout, None).save(part)
    docs, scores = open_teacher(teachers, "g", layout, corpus, tmp_path / "work").search(TEXTS[:2], 4)
    wanted = expected(folder, TEXTS[:2], 12) @ expected(folder, TEXTS, 20).T
    np.testing.assert_array_equal(docs, np.argsort(-wanted, axis=1)[:, :4])
    np.testing.assert_allclose(scores, np.take_along_axis(wanted, docs, axis=1), atol=3e-5)


def test_a_projection_without_weights_or_of_another_shape_is_refused(folder):
    options, dense = {**GTR, "path": str(folder)}, folder / "2_Dense"
    for file in [*dense.glob("model.*"), *dense.glob("*.bin")]:
        file.unlink()
    with pytest.raises(ArtifactError, match=r"2_Dense|linear\.weight|cannot be loaded"):
        DenseCheckpoint.fit(None, options)
    save_file({"linear.weight": torch.ones(12, 15)}, dense / "model.safetensors")
    with pytest.raises(ArtifactError, match="size mismatch"):
        DenseCheckpoint.fit(None, options)
    save_file({"other.weight": torch.ones(12, 16)}, dense / "model.safetensors")
    with pytest.raises(ArtifactError, match=r"linear\.weight"):
        DenseCheckpoint.fit(None, options)
