"""uniCOIL against BERT by hand: its head by name, its sums and maxima, its expansions, through the Lucene engine."""

import gzip
import json

import numpy as np
import pytest
import torch
from bert_by_hand import Bert
from safetensors.torch import load_file
from tiny_checkpoints import HEADS, TEXT, TEXTS

from dragon import artifacts
from dragon.artifacts import Layout
from dragon.config import Teacher
from dragon.core import Corpus, Passage
from dragon.errors import ArtifactError, ConfigError
from dragon.models.checkpoints.unicoil import UniCoilCheckpoint
from dragon.models.vocabulary import open_tokenizer
from dragon.teachers import fit_teacher, open_teacher

SCALE = 51.2
OPTIONS = {**TEXT, "scale": SCALE, "expansions": None, "expansion_tokens": 6}
EXPANSIONS = {1: ["matrix people", "matrix of berlin"], 3: ["people live in the museums of berlin"]}


@pytest.fixture
def folder(make_headed, tmp_path):
    return make_headed(tmp_path / "unicoil", "tok_proj", 1, bias=True)


@pytest.fixture
def corpus(tmp_path):
    folder = tmp_path / "artifacts" / "local" / "datasets" / "in-domain" / "m" / "corpus"
    return Corpus.write(folder, [Passage(f"d{i}", "", text) for i, text in enumerate(TEXTS)])


def token_weights(folder, ids):
    """Float64 weights of a text's tokens, ``[T]``."""
    bert = Bert(folder, HEADS, "bert.")
    return np.maximum(bert.linear("tok_proj", bert.states(ids), "")[:, 0], 0)


def impacts(folder, tokens, ids, gather):
    """``{term: impact}`` by hand; [CLS] is no term."""
    weights = token_weights(folder, ids)
    terms = [token for token in dict.fromkeys(tokens) if token != "[CLS]"]
    found = {term: gather([w for token, w in zip(tokens, weights, strict=True) if token == term]) for term in terms}
    return {term: round(SCALE * weight) for term, weight in found.items() if round(SCALE * weight)}


def read(folder, text, most):
    tokenizer = open_tokenizer(folder)
    tokenizer.enable_truncation(most)
    found = tokenizer.encode(text)
    return found.tokens, found.ids


def test_queries_sum_and_passages_take_the_largest(folder, refit):
    encoder = refit(UniCoilCheckpoint, {**OPTIONS, "path": str(folder)})
    texts = ["matrix sparse matrix matrix", *TEXTS]
    queries, passages = encoder.queries(texts), encoder.documents(texts)
    assert queries == [impacts(folder, *read(folder, text, 12), sum) for text in texts]
    assert passages == [impacts(folder, *read(folder, text, 20), max) for text in texts]
    assert queries[0]["matrix"] > passages[0]["matrix"]
    assert "[SEP]" in {term for one in passages for term in one}
    assert encoder.queries([]) == encoder.documents([]) == []


def test_batches_and_their_order_do_not_matter(folder, refit):
    one = refit(UniCoilCheckpoint, {**OPTIONS, "path": str(folder)}).queries(TEXTS)
    other = refit(UniCoilCheckpoint, {**OPTIONS, "path": str(folder), "batch_size": 1}).queries(TEXTS[::-1])
    assert one == other[::-1]


@pytest.mark.parametrize("name", ["d2q.jsonl", "d2q.jsonl.gz"])
def test_expansions_stand_behind_the_text(folder, refit, corpus, tmp_path, capsys, name):
    opened = gzip.open if name.endswith(".gz") else open
    with opened(tmp_path / name, "wt") as file:
        for row, queries in {**EXPANSIONS, "x": ["nothing"]}.items():
            file.write(json.dumps({"id": f"d{row}", "predicted_queries": queries}) + "\n")
    options = {**OPTIONS, "path": str(folder), "expansions": {"in-domain/m": str(tmp_path / name)}}
    found = list(refit(UniCoilCheckpoint, options).documents_of(corpus))
    for row, text in enumerate(TEXTS):
        tokens, ids = read(folder, text, 20)
        if row in EXPANSIONS:
            more = open_tokenizer(folder).encode(" ".join(EXPANSIONS[row]))
            pairs = dict(list(zip(more.tokens, more.ids, strict=True))[1:-1][:6])
            new = {token: number for token, number in pairs.items() if token not in tokens[1:-1]}
            assert new  # else the test would show nothing
            tokens, ids = [*tokens, *new, "[SEP]"], [*ids, *new.values(), ids[-1]]
        assert found[row] == impacts(folder, tokens, ids, max)
    assert "4 of 6 passages without an expansion, 1 unknown ids (dx)" in capsys.readouterr().err


def test_wrong_expansions_are_named(folder, refit, corpus, tmp_path):
    path = tmp_path / "d2q.jsonl"
    options = {**OPTIONS, "path": str(folder), "expansions": {"in-domain/m": str(path)}}
    with pytest.raises(ConfigError, match=r"options\.encoder\.expansions\.in-domain/m: found .*no file"):
        UniCoilCheckpoint.fit(None, options)
    path.write_text('{"id": "d0", "predicted": "a"}\n')
    encoder = refit(UniCoilCheckpoint, options)
    with pytest.raises(ArtifactError, match=r"d2q\.jsonl:1: found .* allowed: JSON with id and predicted_queries"):
        list(encoder.documents_of(corpus))
    path.write_text('{"id": "other", "predicted_queries": "a"}\n')
    with pytest.raises(ArtifactError, match=r"expansions of in-domain/m changed since"):
        UniCoilCheckpoint.load(tmp_path / "teacher")
    with pytest.raises(ConfigError, match=r"names none of the 6 passages \(first ids: other\)"):
        list(encoder.documents_of(corpus))
    with pytest.raises(ConfigError, match=r"max_length\.passage: found 51, allowed: up to 48"):
        UniCoilCheckpoint.fit(None, {**options, "expansion_tokens": 30})


def test_the_teacher_ranks_as_by_hand(folder, corpus, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    layout, options = Layout("local"), {"encoder": {**OPTIONS, "path": str(folder)}}
    options["engine"] = {"threads": 1, "heap": "512m"}
    teachers = {"u": Teacher(kind="lucene", encoder="unicoil", stands_for="", options=options)}
    with artifacts.folder(layout.teacher("u"), {"kind": "teacher"}) as part:
        fit_teacher(teachers, "u", layout, None).save(part)
    queries = ["people in berlin", "sparse"]
    docs, scores = open_teacher(teachers, "u", layout, corpus, tmp_path / "work").search(queries, len(TEXTS))
    passages = [impacts(folder, *read(folder, text, 20), max) for text in TEXTS]
    for query, docs_K, scores_K in zip(queries, docs, scores, strict=True):
        asked = impacts(folder, *read(folder, query, 12), sum)
        wanted = [sum(w * passage.get(term, 0) for term, w in asked.items()) for passage in passages]
        order = sorted((d for d in range(len(TEXTS)) if wanted[d]), key=lambda d: (-wanted[d], d))
        assert docs_K.tolist() == [*order, *[-1] * (len(TEXTS) - len(order))]
        assert scores_K[: len(order)].tolist() == [wanted[doc] for doc in order]


@pytest.mark.parametrize("name", ["tok_proj.weight", "tok_proj.bias", "bert.embeddings.LayerNorm.weight"])
def test_a_missing_weight_is_an_error_and_not_random(folder, change_weights, name):
    change_weights(folder, lambda w: w.pop(name))
    with pytest.raises(ArtifactError, match=rf"weights missing: {name}"):
        UniCoilCheckpoint.fit(None, {**OPTIONS, "path": str(folder)})


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        ({"tok_proj.extra": torch.ones(1)}, r"unknown: tok_proj\.extra"),
        ({"tok_proj.weight": torch.ones(2, 16)}, r"of another shape: tok_proj\.weight"),
        ({"classifier.weight": torch.ones(1, 16)}, r"unknown: classifier\.weight"),
    ],
)
def test_another_head_is_named(folder, change_weights, edit, said):
    change_weights(folder, lambda w: w.update(edit))
    with pytest.raises(ArtifactError, match=said):
        UniCoilCheckpoint.fit(None, {**OPTIONS, "path": str(folder)})


def test_a_plain_bert_is_no_unicoil(make_checkpoint, tmp_path):
    from transformers import BertModel

    plain = make_checkpoint(tmp_path / "plain", BertModel)
    with pytest.raises(ArtifactError, match=r"missing: .*bert\.embeddings"):
        UniCoilCheckpoint.fit(None, {**OPTIONS, "path": str(plain)})


def test_old_files_and_the_names_of_the_training_script_are_read(folder, refit):
    expected = refit(UniCoilCheckpoint, {**OPTIONS, "path": str(folder)}).queries(TEXTS)
    old = folder.parent / "old"
    folder.rename(old)
    weights = load_file(old / "model.safetensors")
    renamed = {
        f"coil_encoder.{n.replace('LayerNorm.weight', 'LayerNorm.gamma')}": value for n, value in weights.items()
    }
    renamed["coil_encoder.bert.embeddings.position_ids"] = torch.arange(48)[None]
    (old / "model.safetensors").unlink()
    torch.save(renamed, old / "pytorch_model.bin")
    artifacts_folder = folder.parent / "teacher"
    for file in artifacts_folder.iterdir():
        file.unlink()
    artifacts_folder.rmdir()
    assert refit(UniCoilCheckpoint, {**OPTIONS, "path": str(old)}).queries(TEXTS) == expected


def test_code_in_old_weights_is_not_run(folder, tmp_path):
    class Payload:
        def __reduce__(self):
            return (open, (str(tmp_path / "run"), "w"))

    (folder / "model.safetensors").unlink()
    torch.save({"tok_proj.weight": Payload()}, folder / "pytorch_model.bin")
    with pytest.raises(ArtifactError, match="cannot be loaded"):
        UniCoilCheckpoint.fit(None, {**OPTIONS, "path": str(folder)})
    assert not (tmp_path / "run").exists()
