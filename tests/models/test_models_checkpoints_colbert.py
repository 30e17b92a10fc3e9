"""ColBERT's layout against BERT by hand: markers, [MASK] expansion, projection, punctuation, MaxSim."""

import json

import numpy as np
import pytest
import torch
from bert_by_hand import Bert
from tiny_checkpoints import COMMON, HEADS, TEXTS

from dragon import artifacts
from dragon.artifacts import Layout
from dragon.config import Teacher
from dragon.core import Corpus, Passage
from dragon.errors import ArtifactError, ConfigError
from dragon.models.checkpoints.colbert import ColbertCheckpoint
from dragon.models.max_sim import UNIT
from dragon.models.vocabulary import open_tokenizer
from dragon.teachers import fit_teacher, open_teacher

OPTIONS = {**COMMON, "max_length": {"query": 14, "passage": 20}, "threads": 1}
METADATA = {"query_token_id": "[unused0]", "doc_token_id": "[unused1]", "query_maxlen": 32, "doc_maxlen": 180}
METADATA |= {"dim": 6, "similarity": "cosine", "mask_punctuation": True, "attend_to_mask_tokens": False}
MARKS = {",", ".", "(", ")", ":", "!"}


def change(path, **values):
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


@pytest.fixture
def folder(make_headed, tmp_path):
    """A checkpoint as colbert-ir/colbertv2.0 stores it."""
    found = make_headed(tmp_path / "colbert", "linear", 6, bias=False)
    read = json.loads((found / "tokenizer.json").read_text())
    vocabulary = read["model"]["vocab"]
    for marker, piece in zip(("[unused0]", "[unused1]"), sorted(vocabulary, key=vocabulary.get)[-2:], strict=True):
        vocabulary[marker] = vocabulary.pop(piece)
    (found / "tokenizer.json").write_text(json.dumps(read))
    (found / "vocab.txt").write_text("\n".join(sorted(vocabulary, key=vocabulary.get)) + "\n")
    (found / "artifact.metadata").write_text(json.dumps(METADATA))
    change(found / "config.json", architectures=["HF_ColBERT"])
    return found


class Colbert(Bert):
    """``attended`` tokens are seen by all, the others by none."""

    attended = None

    def attention(self, at, x):
        q, k, v = (
            self.linear(f"{at}.attention.self.{n}", x).reshape(len(x), self.heads, -1).transpose(1, 0, 2)
            for n in ("query", "key", "value")
        )
        scores = q @ k.transpose(0, 2, 1) / np.sqrt(q.shape[-1])
        scores[:, :, self.attended :] = -np.inf
        shares = np.exp(scores - scores.max(-1, keepdims=True))
        return (shares / shares.sum(-1, keepdims=True) @ v).transpose(1, 0, 2).reshape(len(x), -1)


def by_hand(folder, text, marker, most, expand=0, attend=False, skip=MARKS):
    """Tokens and float64 vectors of length 1."""
    tokenizer = open_tokenizer(folder)
    pieces = tokenizer.encode(text, add_special_tokens=False).tokens[: most - 3]
    tokens = ["[CLS]", marker, *pieces, "[SEP]"]
    bert = Colbert(folder, HEADS, "bert.")
    tokens += ["[MASK]"] * (expand - len(tokens))
    bert.attended = len(tokens) if attend else tokens.index("[SEP]") + 1
    vectors = bert.states([tokenizer.token_to_id(token) for token in tokens]) @ bert.w["linear.weight"].T
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    kept = [row for row, token in enumerate(tokens) if expand or token not in skip]
    return [tokens[row] for row in kept], vectors[kept]


def query(folder, text, **more):
    return by_hand(folder, text, "[unused0]", 14, expand=14, **more)


def passage(folder, text, **more):
    return by_hand(folder, text, "[unused1]", 20, **more)


def parts(found):
    spans = zip(found.offsets_R, found.offsets_R[1:], strict=False)
    return [([found.words[w] for w in found.words_T[a:b]], found.vectors_TH[a:b] / UNIT) for a, b in spans]


def same(found, wanted):
    assert found[0] == wanted[0]
    np.testing.assert_allclose(found[1], wanted[1], atol=0.51 / UNIT)


def test_passages_are_marked_cut_projected_and_lose_punctuation(folder, refit):
    texts = [*TEXTS, ""]
    found = refit(ColbertCheckpoint, {**OPTIONS, "path": str(folder)}).encode_passages(texts)
    for text, one in zip(texts, parts(found), strict=True):
        same(one, passage(folder, text))


def test_queries_are_filled_with_masks_that_nothing_attends_to(folder, refit):
    found = parts(refit(ColbertCheckpoint, {**OPTIONS, "path": str(folder)}).encode_queries(TEXTS))
    for text, one in zip(TEXTS, found, strict=True):
        assert len(one[0]) == 14
        same(one, query(folder, text))
    assert "[MASK]" in found[4][0]
    assert np.abs(query(folder, TEXTS[4])[1] - query(folder, TEXTS[4], attend=True)[1]).max() > 0.05


def test_the_folder_says_whether_masks_are_attended_to_and_punctuation_left_out(folder, refit):
    change(folder / "artifact.metadata", attend_to_mask_tokens=True, mask_punctuation=False)
    encoder = refit(ColbertCheckpoint, {**OPTIONS, "path": str(folder)})
    same(parts(encoder.encode_queries(TEXTS[4:5]))[0], query(folder, TEXTS[4], attend=True))
    same(parts(encoder.encode_passages(TEXTS[1:2]))[0], passage(folder, TEXTS[1], skip=()))


def test_order_and_batches_do_not_matter(folder, refit):
    one = parts(refit(ColbertCheckpoint, {**OPTIONS, "path": str(folder)}).encode_queries(TEXTS))
    alone = refit(ColbertCheckpoint, {**OPTIONS, "path": str(folder), "batch_size": 1})
    for found, wanted in zip(parts(alone.encode_queries(TEXTS[::-1]))[::-1], one, strict=True):
        assert found[0] == wanted[0]
        np.testing.assert_allclose(found[1], wanted[1], atol=1.01 / UNIT)
    assert len(alone.encode_queries([])) == len(alone.encode_passages([])) == 0


@pytest.mark.parametrize("engine", [{"candidates": None}, {"candidates": None, "device": "cpu"}, {"candidates": 5}])
def test_the_teacher_ranks_as_by_hand(folder, tmp_path, monkeypatch, engine):
    monkeypatch.chdir(tmp_path)
    corpus = Corpus.write(tmp_path / "corpus", [Passage(str(i), "", text) for i, text in enumerate(TEXTS)])
    options = {"encoder": {**OPTIONS, "path": str(folder)}, "engine": {**engine, "threads": 1}}
    teachers = {"b": Teacher(kind="late-interaction", encoder="colbert", stands_for="", options=options)}
    layout = Layout("local")
    with artifacts.folder(layout.teacher("b"), {"kind": "teacher"}) as part:
        fit_teacher(teachers, "b", layout, None).save(part)
    queries = ["people in berlin", "sparse"]
    docs, scores = open_teacher(teachers, "b", layout, corpus, tmp_path / "work").search(queries, 3)
    for text, docs_K, scores_K in zip(queries, docs, scores, strict=True):
        asked = query(folder, text)[1]
        wanted = np.asarray([(asked @ passage(folder, one)[1].T).max(1).sum() for one in TEXTS])
        np.testing.assert_allclose(scores_K, wanted[docs_K], rtol=0.02)
        if engine["candidates"] is None:
            np.testing.assert_allclose(scores_K, np.sort(wanted)[::-1][:3], rtol=0.02)


def test_half_precision_changes_little(folder, refit):
    found = parts(refit(ColbertCheckpoint, {**OPTIONS, "path": str(folder), "dtype": "bfloat16"}).encode_queries(TEXTS))
    for text, (tokens, vectors) in zip(TEXTS, found, strict=True):
        wanted, vectors_TH = query(folder, text)
        assert tokens == wanted
        assert (vectors * vectors_TH).sum(axis=1).min() > 0.97


@pytest.mark.parametrize("name", ["linear.weight", "bert.encoder.layer.1.output.dense.bias"])
def test_a_missing_weight_is_named(folder, change_weights, name):
    change_weights(folder, lambda w: w.pop(name))
    with pytest.raises(ArtifactError, match=rf"weights missing: {name}"):
        ColbertCheckpoint.fit(None, {**OPTIONS, "path": str(folder)})


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        ({"linear.bias": torch.ones(6)}, r"unknown: linear\.bias"),
        ({"linear.weight": torch.ones(6, 15)}, r"of another shape: linear\.weight"),
        ({"linear.weight": torch.ones(5, 16)}, r"linear\.weight has 5 outputs, but artifact\.metadata says dim 6"),
    ],
)
def test_another_head_is_named(folder, change_weights, edit, said):
    change_weights(folder, lambda w: w.update(edit))
    with pytest.raises(ArtifactError, match=said):
        ColbertCheckpoint.fit(None, {**OPTIONS, "path": str(folder)})


def test_other_folders_are_refused(folder):
    options = {**OPTIONS, "path": str(folder)}
    change(folder / "artifact.metadata", similarity="l2")
    with pytest.raises(ArtifactError, match="similarity: found 'l2'"):
        ColbertCheckpoint.fit(None, options)
    change(folder / "artifact.metadata", similarity="cosine", query_token_id="[Q]")
    with pytest.raises(ArtifactError, match=r"the marker '\[Q\]' is no entry"):
        ColbertCheckpoint.fit(None, options)
    (folder / "artifact.metadata").unlink()
    with pytest.raises(ArtifactError, match=r"artifact\.metadata: not there"):
        ColbertCheckpoint.fit(None, options)
    change(folder / "config.json", architectures=["BertModel"])
    with pytest.raises(ArtifactError, match=r"architectures: found \['BertModel'\], allowed: \[HF_ColBERT\]"):
        ColbertCheckpoint.fit(None, options)


def test_lengths_beyond_the_model_and_candidates_on_a_device_are_refused(folder, refit, tmp_path):
    options = {**OPTIONS, "path": str(folder)}
    with pytest.raises(ConfigError, match=r"max_length\.passage: found 180, allowed: up to 48"):
        ColbertCheckpoint.fit(None, {**options, "max_length": {"query": 14, "passage": 180}})
    from dragon.teachers.late_interaction import open_late_interaction

    corpus = Corpus.write(tmp_path / "corpus", [Passage("0", "", "a")])
    engine = {"candidates": 5, "threads": 1, "device": "cpu"}
    with pytest.raises(ConfigError, match=r"engine\.candidates: found 5, allowed: null with a device"):
        open_late_interaction(refit(ColbertCheckpoint, options), engine, corpus, tmp_path)
