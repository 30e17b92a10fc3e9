"""Dense checkpoints against BERT by hand."""

import json

import numpy as np
import pytest
import torch
from bert_by_hand import Bert
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Dense, Normalize, Pooling, Transformer
from tiny_checkpoints import HEADS, POSITIONS, TEXT, TEXTS
from transformers import BertForMaskedLM, BertModel, T5EncoderModel

from dragon.errors import ArtifactError, ConfigError
from dragon.models.checkpoints.dense import DenseCheckpoint
from dragon.models.checkpoints.weights import longest
from dragon.models.vocabulary import open_tokenizer

DENSE = {**TEXT, "pooling": "cls", "similarity": "dot"}


def ids(folder, text, most):
    tokenizer = open_tokenizer(folder)
    tokenizer.enable_truncation(most)
    return tokenizer.encode(text).ids


def expected(folder, texts, most, pooling, cosine=False):
    """float64 ``[R, H]``."""
    bert = Bert(folder, HEADS)
    states = [bert.states(ids(folder, text, most)) for text in texts]
    vectors = np.stack([one[0] if pooling == "cls" else one.mean(0) for one in states])
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True) if cosine else vectors


@pytest.fixture
def bert(make_checkpoint, tmp_path):
    return make_checkpoint(tmp_path / "bert", BertModel)


@pytest.fixture
def folder(bert, tmp_path):
    """A sentence-transformers folder: transformer, mean pooling, Normalize."""
    modules = [Transformer(str(bert)), Pooling(16, "mean"), Normalize()]
    SentenceTransformer(modules=modules, device="cpu", prompts={"query": "matrix ", "document": ""}).save(
        str(tmp_path / "st"), create_model_card=False
    )
    return tmp_path / "st"


@pytest.mark.parametrize("similarity", ["dot", "cosine"])
@pytest.mark.parametrize("pooling", ["cls", "mean"])
def test_a_plain_folder(bert, refit, pooling, similarity):
    encoder = refit(DenseCheckpoint, {**DENSE, "path": str(bert), "pooling": pooling, "similarity": similarity})
    found, queries = encoder.encode_passages(TEXTS), encoder.encode_queries(TEXTS)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected(bert, TEXTS, 20, pooling, similarity == "cosine"), atol=1e-5)
    np.testing.assert_allclose(queries, expected(bert, TEXTS, 12, pooling, similarity == "cosine"), atol=1e-5)
    assert not np.allclose(found, queries, atol=1e-3)  # some text is longer than a query may be


def test_a_sentence_transformers_folder(folder, refit):
    encoder = refit(DenseCheckpoint, {**DENSE, "path": str(folder), "pooling": "from-model"})
    np.testing.assert_allclose(encoder.encode_passages(TEXTS), expected(folder, TEXTS, 20, "mean", True), atol=1e-5)
    theirs = SentenceTransformer(str(folder), device="cpu", local_files_only=True)
    theirs.max_seq_length = 20
    np.testing.assert_allclose(encoder.encode_passages(TEXTS), theirs.encode(TEXTS), atol=1e-5)


def test_a_projection_after_the_pooling(bert, tmp_path, refit):
    dense = Dense(16, 8, bias=False, activation_function=torch.nn.Identity())
    modules = [Transformer(str(bert)), Pooling(16, "mean"), dense, Normalize()]
    SentenceTransformer(modules=modules, device="cpu").save(str(tmp_path / "st"), create_model_card=False)
    encoder = refit(DenseCheckpoint, {**DENSE, "path": str(tmp_path / "st"), "pooling": "from-model"})
    projected = expected(bert, TEXTS, 20, "mean") @ dense.linear.weight.detach().double().numpy().T
    wanted = projected / np.linalg.norm(projected, axis=1, keepdims=True)
    np.testing.assert_allclose(encoder.encode_passages(TEXTS), wanted, atol=1e-5)
    (tmp_path / "st" / "2_Dense" / "model.safetensors").unlink()
    with pytest.raises(ArtifactError):
        DenseCheckpoint.fit(None, {**DENSE, "path": str(tmp_path / "st"), "pooling": "from-model"})


def test_a_prefix_stands_before_the_text(bert, folder, refit):
    options = {**DENSE, "path": str(bert), "query_prefix": "sparse ", "passage_prefix": "the "}
    encoder = refit(DenseCheckpoint, options)
    found = encoder.encode_queries(["matrix"]), encoder.encode_passages(["matrix"])
    np.testing.assert_allclose(found[0], expected(bert, ["sparse matrix"], 12, "cls"), atol=1e-5)
    np.testing.assert_allclose(found[1], expected(bert, ["the matrix"], 20, "cls"), atol=1e-5)
    for prefix, text in ((None, "matrix berlin"), ("", "berlin"), ("the ", "the berlin")):
        entry = {**DENSE, "path": str(folder), "pooling": "from-model", "query_prefix": prefix}
        vectors = refit(DenseCheckpoint, entry).encode_queries(["berlin"])
        np.testing.assert_allclose(vectors, expected(folder, [text], 12, "mean", True), atol=1e-5)


def test_neither_order_nor_batch_changes_a_vector(bert, refit):
    texts = [*TEXTS, "", *TEXTS[::-1]]
    found = refit(DenseCheckpoint, {**DENSE, "path": str(bert)}).encode_passages(texts)
    backwards = refit(DenseCheckpoint, {**DENSE, "path": str(bert), "batch_size": 1}).encode_passages(texts[::-1])
    np.testing.assert_allclose(found, backwards[::-1], atol=1e-6)
    assert found.shape == (13, 16)
    assert DenseCheckpoint.fit(None, {**DENSE, "path": str(bert)}).encode_queries([]).shape == (0, 16)


def test_half_precision_is_near(bert, refit):
    whole, half = (refit(DenseCheckpoint, {**DENSE, "path": str(bert), "dtype": d}) for d in ("float32", "bfloat16"))
    one, other = whole.encode_passages(TEXTS), half.encode_passages(TEXTS)
    assert other.dtype == np.float32
    assert not np.array_equal(one, other)
    np.testing.assert_allclose(one, other, atol=0.1)


def test_only_the_manifest_is_saved(bert, refit, tmp_path):
    refit(DenseCheckpoint, {**DENSE, "path": str(bert)})
    saved = json.loads((tmp_path / "teacher" / "checkpoint.json").read_text())
    assert {path.name for path in (tmp_path / "teacher").iterdir()} == {"checkpoint.json", "meta.json"}
    assert len(saved["files"]["model.safetensors"]) == 64
    assert {"torch", "transformers", "sentence-transformers"} <= set(saved["versions"])


def test_other_weights_are_not_loaded(bert, refit, tmp_path, change_weights):
    refit(DenseCheckpoint, {**DENSE, "path": str(bert)})
    change_weights(bert, lambda w: w["embeddings.LayerNorm.bias"].add_(1))
    with pytest.raises(ArtifactError, match=r"bert: model\.safetensors changed since .*/teacher/checkpoint\.json"):
        DenseCheckpoint.load(tmp_path / "teacher")


def test_old_weights_are_read_as_data(bert, refit, tmp_path):
    wanted = expected(bert, TEXTS, 20, "cls")
    torch.save(BertModel.from_pretrained(bert).state_dict(), bert / "pytorch_model.bin")
    (bert / "model.safetensors").unlink()
    found = refit(DenseCheckpoint, {**DENSE, "path": str(bert), "passage_prefix": None}).encode_passages(TEXTS)
    np.testing.assert_allclose(found, wanted, atol=1e-5)

    class Payload:
        def __reduce__(self):
            return (open, (str(tmp_path / "run"), "w"))

    torch.save({"embeddings.word_embeddings.weight": Payload()}, bert / "pytorch_model.bin")
    with pytest.raises(ArtifactError, match="cannot be loaded"):
        DenseCheckpoint.fit(None, {**DENSE, "path": str(bert)})
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    "gone", ["model.safetensors", "config.json", ("tokenizer.json", "tokenizer_config.json", "vocab.txt")]
)
def test_a_folder_without_a_part_is_refused(bert, gone):
    for name in (gone,) if isinstance(gone, str) else gone:
        (bert / name).unlink()
    with pytest.raises((ArtifactError, ConfigError), match="bert"):
        DenseCheckpoint.fit(None, {**DENSE, "path": str(bert)})


def test_a_tokenizer_of_a_larger_model_is_refused(make_checkpoint, tmp_path):
    path = make_checkpoint(tmp_path / "bert", BertModel, vocab_size=100)
    with pytest.raises(ArtifactError, match=r"its tokenizer has \d+ entries, its model 100 embeddings"):
        DenseCheckpoint.fit(None, {**DENSE, "path": str(path)})


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (lambda w: w.pop("encoder.layer.1.output.dense.bias"), r"missing: encoder\.layer\.1\.output\.dense\.bias"),
        (lambda w: w.update({"tok_proj.weight": torch.ones(1, 16)}), r"unknown: tok_proj\.weight"),
        (lambda w: w.update({"embeddings.LayerNorm.bias": torch.ones(3)}), r"of another shape: embeddings\.Layer"),
    ],
)
def test_weights_that_do_not_fit_are_named(bert, change_weights, edit, message):
    change_weights(bert, edit)
    with pytest.raises(ArtifactError, match=message):
        DenseCheckpoint.fit(None, {**DENSE, "path": str(bert)})


def test_heads_of_pre_training_are_of_no_use(make_checkpoint, tmp_path, refit):
    """As in bert-base-uncased: prefix ``bert.``, a masked-LM head, no pooler."""
    path = make_checkpoint(tmp_path / "mlm", BertForMaskedLM)
    found = refit(DenseCheckpoint, {**DENSE, "path": str(path)}).encode_passages(TEXTS)
    by_hand = Bert(path, HEADS, "bert.")
    np.testing.assert_allclose(found, [by_hand.states(ids(path, t, 20))[0] for t in TEXTS], atol=1e-5)


def test_the_encoder_of_an_encoder_decoder(make_checkpoint, tmp_path, refit, vocabulary):
    """GTR's kind: only T5's encoder, mean pooling."""
    sizes = {"d_model": 16, "d_kv": 8, "d_ff": 24, "num_layers": 2, "num_heads": 2}
    path = make_checkpoint(tmp_path / "t5", T5EncoderModel, **sizes, pad_token_id=0)
    found = refit(DenseCheckpoint, {**DENSE, "path": str(path), "pooling": "mean"}).encode_passages(TEXTS)
    model = T5EncoderModel.from_pretrained(path).double().eval()
    with torch.no_grad():
        states = [model(torch.tensor([ids(path, text, 20)])).last_hidden_state[0] for text in TEXTS]
    np.testing.assert_allclose(found, [one.mean(0).numpy() for one in states], atol=1e-5)


def test_code_of_a_folder_is_not_run(bert, tmp_path):
    own = {"model_type": "own", "auto_map": {"AutoModel": "own.M", "AutoConfig": "own.C"}}
    (bert / "config.json").write_text(json.dumps({**json.loads((bert / "config.json").read_text()), **own}))
    (bert / "own.py").write_text(f"open({str(tmp_path / 'run')!r}, 'w')")
    with pytest.raises(ArtifactError, match="cannot be loaded"):
        DenseCheckpoint.fit(None, {**DENSE, "path": str(bert)})
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"pooling": "from-model"}, r"pooling: found 'from-model', but .* does not say how it pools"),
        ({"pooling": "max"}, r"pooling: found 'max'"),
        ({"max_length": {"query": 12, "passage": 49}}, rf"max_length\.passage: found 49, allowed: up to {POSITIONS}"),
        ({"max_length": {"query": 0, "passage": 9}}, r"max_length\.query: found 0, allowed: 1 or more"),
        ({"batch_size": 0}, r"batch_size: found 0"),
        ({"path": "/nowhere"}, r"options\.encoder\.path: found '/nowhere'"),
        ({"revision": "x"}, r"revision: unknown key"),
    ],
)
def test_a_wrong_option_is_named(bert, change, message):
    with pytest.raises(ConfigError, match=message):
        DenseCheckpoint.fit(None, {**DENSE, "path": str(bert), **change})


def test_a_folder_that_says_how_it_pools_is_asked(folder):
    with pytest.raises(ConfigError, match=r"pooling: found 'cls', but .* says how it pools, allowed: from-model"):
        DenseCheckpoint.fit(None, {**DENSE, "path": str(folder)})


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_a_gpu_that_is_not_there_is_named(bert):
    with pytest.raises(ConfigError, match=r"options\.encoder\.device: found 'cuda', but torch sees no GPU"):
        DenseCheckpoint.fit(None, {**DENSE, "path": str(bert), "device": "cuda"})


def test_roberta_counts_positions_from_its_padding():
    from transformers import RobertaConfig, RobertaModel

    sizes = {"hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 8}
    model = RobertaModel(RobertaConfig(vocab_size=20, max_position_embeddings=14, pad_token_id=1, **sizes))
    assert longest(model) == 12
