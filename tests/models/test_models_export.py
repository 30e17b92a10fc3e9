"""One student, opened by every library that claims to open it: the same vectors everywhere."""

import sys
import types
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from sentence_transformers import SentenceTransformer
from tiny_checkpoints import TEXTS
from transformers import AutoModel, AutoTokenizer, BertModel

from dragon import artifacts
from dragon.core import Checkpoint
from dragon.errors import ConfigError
from dragon.models.bi_encoder import BiEncoder
from dragon.models.export import export
from dragon.models.tokens import Tokens
from dragon.settings import MaxLength

torch.set_num_threads(1)
LENGTHS = MaxLength(query=7, passage=15)
SIDES = {"query_encoder": LENGTHS.query, "context_encoder": LENGTHS.passage}


@pytest.fixture(scope="module")
def student(tmp_path_factory, make_checkpoint):
    """A checkpoint as a train stage publishes it: two BERTs that differ."""
    folder = tmp_path_factory.mktemp("student") / "dragon"
    with artifacts.folder(folder, {"kind": "checkpoint"}) as part:
        for seed, name in enumerate(SIDES):
            make_checkpoint(part / name, BertModel, seed=seed, layer_norm_eps=1e-12)
    return Checkpoint.open(folder)


@pytest.fixture(scope="module", params=["cls", "mean"])
def exported(request, student, tmp_path_factory):
    """The exported folder, and its vectors as training and evaluation compute them, by side."""
    folder = tmp_path_factory.mktemp("export") / "dragon"
    with artifacts.folder(folder, {"kind": "export"}) as part:
        export(student, request.param, LENGTHS, part)
    model = BiEncoder.load(student, False, request.param, 0.0).eval()
    tokens = Tokens.write(folder.parent / "tokens", TEXTS, student.query_encoder)
    rows = np.arange(len(TEXTS))
    with torch.no_grad():
        queries = model.encode_queries(*tokens.batch(rows, LENGTHS.query)).numpy()
        passages = model.encode_passages(*tokens.batch(rows, LENGTHS.passage)).numpy()
    vectors = {"query_encoder": queries, "context_encoder": passages}
    return SimpleNamespace(folder=folder, pooling=request.param, vectors=vectors)


def close(found, expected):
    assert np.abs(np.asarray(found) - expected).max() < 2e-5 < np.abs(expected).max()


def test_texts_are_ragged_and_cut(student):
    tokenizer = AutoTokenizer.from_pretrained(student.query_encoder)
    lengths = [len(tokenizer(text)["input_ids"]) for text in TEXTS]
    assert min(lengths) < LENGTHS.query < LENGTHS.passage < max(lengths)


@pytest.mark.parametrize("side", SIDES)
def test_auto_model(exported, side):
    tokenizer = AutoTokenizer.from_pretrained(exported.folder / side)
    model = AutoModel.from_pretrained(exported.folder / side, add_pooling_layer=False).eval()
    inputs = tokenizer(TEXTS, padding=True, truncation=True, return_tensors="pt")
    with torch.no_grad():
        states = model(**inputs).last_hidden_state
    mask = inputs["attention_mask"][:, :, None]
    close(states[:, 0] if exported.pooling == "cls" else (states * mask).sum(1) / mask.sum(1), exported.vectors[side])


@pytest.mark.parametrize("side", SIDES)
def test_sentence_transformers_opens_each_encoder(exported, side):
    model = SentenceTransformer(str(exported.folder / side), device="cpu", local_files_only=True)
    assert (model.max_seq_length, model.similarity_fn_name) == (SIDES[side], "dot")
    close(model.encode(TEXTS, batch_size=4), exported.vectors[side])


def test_sentence_transformers_opens_the_pair(exported):
    model = SentenceTransformer(str(exported.folder), device="cpu", local_files_only=True)
    queries, passages = model.encode_query(TEXTS), model.encode_document(TEXTS)
    close(queries, exported.vectors["query_encoder"])
    close(passages, exported.vectors["context_encoder"])
    dots = exported.vectors["query_encoder"] @ exported.vectors["context_encoder"].T
    assert np.abs(model.similarity(queries, passages).numpy() - dots).max() < 1e-3
    with pytest.raises(ValueError, match="route"):
        model.encode(TEXTS)  # of which side is not said


@pytest.fixture(scope="module")
def pyserini():
    """Pyserini's module of the auto encoders, without the packages beside it that this install leaves out and without
    its downloads, which start a Java machine."""
    import pyserini as library

    package, downloads = types.ModuleType("pyserini.encode"), types.ModuleType("pyserini.util")
    package.__path__, downloads.download_encoded_queries = [f"{library.__path__[0]}/encode"], None
    with pytest.MonkeyPatch.context() as patch:
        for module in (package, downloads):
            patch.setitem(sys.modules, module.__name__, module)
        from pyserini.encode import _base

        package.QueryEncoder, package.DocumentEncoder = _base.QueryEncoder, _base.DocumentEncoder
        from pyserini.encode import _auto

        yield _auto
        for name in ("_auto", "_base"):
            sys.modules.pop(f"pyserini.encode.{name}")


def test_pyserini_auto_encoder(exported, pyserini):
    query = pyserini.AutoQueryEncoder(str(exported.folder / "query_encoder"), pooling=exported.pooling, device="cpu")
    close([query.encode(text) for text in TEXTS], exported.vectors["query_encoder"])
    folder = str(exported.folder / "context_encoder")
    document = pyserini.AutoDocumentEncoder(folder, pooling=exported.pooling, device="cpu")
    close(document.encode(TEXTS, max_length=LENGTHS.passage), exported.vectors["context_encoder"])


def test_the_student_itself_stays_as_it_is(student, exported):
    names = {str(path.relative_to(student.folder)) for path in student.folder.rglob("*") if path.is_file()}
    assert not {name for name in names if "modules.json" in name or "Pooling" in name}
    for side in SIDES:
        weights = f"{side}/model.safetensors"
        assert artifacts.file_digest(student.folder / weights) == artifacts.file_digest(exported.folder / weights)


def test_a_length_beyond_the_positions_is_refused(student, tmp_path):
    with pytest.raises(ConfigError, match="found 64, allowed: up to 48"):
        export(student, "cls", MaxLength(query=8, passage=64), tmp_path)
