"""Queries by a tiny T5, against the same sampling worked out one query and one whole prefix at a time."""

import json
from functools import cache

import numpy as np
import pytest
import torch
from tiny_t5 import END, PASSAGES, write_t5
from transformers import AutoModelForSeq2SeqLM, AutoTokenizer

from dragon.errors import ArtifactError, ConfigError
from dragon.models import query_generation
from dragon.models.query_generation import KIND, QueryGenerator, open_generator
from dragon.store import Store

OPTIONS = {
    "batch_size": 4,
    "dtype": "float32",
    "device": "cpu",
    "max_length": 12,
    "prefix": "",
    "top_k": 5,
    "temperature": 1.0,
    "max_tokens": 9,
    "threads": 1,
}
SEEDS = [[(7, 10 * row + n) for n in range(row % 3 + 1)] for row in range(len(PASSAGES))]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_t5(tmp_path_factory.mktemp("t5"))


@pytest.fixture
def opened(folder):
    def made(**changes):
        return open_generator({"path": str(folder), **OPTIONS, **changes}, "here")

    return made


@cache
def whole(folder):
    return AutoModelForSeq2SeqLM.from_pretrained(folder).eval(), AutoTokenizer.from_pretrained(folder)


def expected(folder, text, seed, top_k=5, temperature=1.0, max_tokens=9):
    """Tokens of one query: no batch, no cache, no padding; probabilities in NumPy."""
    model, tokenizer = whole(folder)
    ids = tokenizer(text, truncation=True, max_length=12, return_tensors="pt")["input_ids"]
    uniforms = np.random.Generator(np.random.Philox(key=np.array(seed, dtype=np.uint64))).random(max_tokens)
    said = [0]
    for uniform in uniforms:
        with torch.no_grad():
            logits = model(input_ids=ids, decoder_input_ids=torch.tensor([said])).logits[0, -1].double().numpy()
        best = np.argsort(-logits, kind="stable")[:top_k]
        weights = np.exp((logits[best] - logits[best[0]]) / temperature)
        said.append(int(best[np.searchsorted(np.cumsum(weights / weights.sum()), uniform, side="right")]))
        if said[-1] == END:
            return said[1:-1]
    return said[1:]


def tokens(generator, texts, seeds):
    found = generator.tokenizer(texts, truncation=True, max_length=12, padding=True, return_tensors="pt")
    return generator.sample(found["input_ids"], found["attention_mask"], seeds)


@pytest.mark.parametrize("changes", [{}, {"top_k": 1}, {"top_k": 3, "temperature": 0.5}, {"max_tokens": 4}])
def test_tokens_are_those_of_a_step_by_step_computation(opened, folder, changes):
    found = tokens(opened(**changes), PASSAGES, SEEDS)
    flat = [(text, seed) for text, seeds in zip(PASSAGES, SEEDS, strict=True) for seed in seeds]
    assert found == [expected(folder, text, seed, **changes) for text, seed in flat]
    assert len({tuple(one) for one in found}) > 3
    assert max(map(len, found)) == changes.get("max_tokens", 9)


def test_greedy_is_the_librarys_greedy(opened, folder):
    model, tokenizer = whole(folder)
    for text, said in zip(PASSAGES, opened(top_k=1).write(PASSAGES, [[(1, 1)]] * len(PASSAGES)), strict=True):
        ids = tokenizer(text, truncation=True, max_length=12, return_tensors="pt")
        peer = model.generate(**ids, do_sample=False, max_new_tokens=9)
        assert said == [tokenizer.decode(peer[0], skip_special_tokens=True).strip()]


@pytest.mark.parametrize("batch_size", [1, 2, 6])
def test_batches_and_companions_change_nothing(opened, batch_size):
    generator = opened()
    together = generator.write(PASSAGES, SEEDS)
    assert [len(said) for said in together] == [len(seeds) for seeds in SEEDS]
    assert opened(batch_size=batch_size).write(PASSAGES, SEEDS) == together
    assert [generator.write([text], [one])[0] for text, one in zip(PASSAGES, SEEDS, strict=True)] == together
    assert generator.write(PASSAGES[::-1], SEEDS[::-1]) == together[::-1]
    assert generator.write(PASSAGES[:1], [SEEDS[2]])[0][:1] != together[2][:1]  # the passage is read


def test_nothing_is_drawn_from_a_global_generator(opened):
    torch.manual_seed(1)
    first, state = opened().write(PASSAGES, SEEDS), torch.get_rng_state()
    torch.manual_seed(2)
    assert opened().write(PASSAGES, SEEDS) == first
    torch.manual_seed(1)
    assert torch.equal(torch.get_rng_state(), state)
    assert opened().write(PASSAGES, [[(8, b) for _, b in one] for one in SEEDS]) != first


def test_sampled_words_come_as_often_as_they_should(opened):
    """4,000 first words about one passage against the softmax of the five likeliest."""
    generator = opened(max_tokens=1)
    ids = generator.tokenizer([PASSAGES[3]], return_tensors="pt")["input_ids"]
    with torch.no_grad():
        logits = generator.model(input_ids=ids, decoder_input_ids=torch.tensor([[0]])).logits[0, -1].double()
    best = logits.topk(5)
    shares = best.values.softmax(0).numpy()
    found = tokens(generator, [PASSAGES[3]], [[(3, n) for n in range(4000)]])
    counts = np.array([sum((one or [END])[0] == token for one in found) for token in best.indices.tolist()])
    assert counts.sum() == 4000
    assert np.abs(counts / 4000 - shares).max() < 4 * np.sqrt(0.25 / 4000)


def test_what_was_written_is_read_back(opened, monkeypatch):
    first = opened()(PASSAGES, SEEDS)
    written = []
    write = QueryGenerator.write
    monkeypatch.setattr(QueryGenerator, "write", lambda *args: written.append(args) or write(*args))
    assert opened()(PASSAGES, SEEDS) == first
    assert not written
    for other in ({"top_k": 4}, {"batch_size": 3}, {"prefix": "ask: "}):
        opened(**other)(PASSAGES, SEEDS)
    opened()(PASSAGES, SEEDS[::-1])
    assert len(written) == 4
    assert len(list((Store.default().root / KIND).glob("[0-9a-f]*"))) == 5


def test_passages_without_seeds_have_no_queries(opened):
    assert opened().write(PASSAGES[:2], [[], [(1, 1)]])[0] == []
    assert opened().write([], []) == []


def test_a_checkpoint_of_the_first_release_is_read(opened, folder, tmp_path):
    """pytorch_model.bin with every tied copy, and a bias that no version of T5 reads."""
    old = write_t5(tmp_path / "old")
    model = AutoModelForSeq2SeqLM.from_pretrained(old)
    stray = "decoder.block.0.layer.1.EncDecAttention.relative_attention_bias.weight"
    torch.save({**model.state_dict(), stray: torch.zeros(32, 2)}, old / "pytorch_model.bin")
    (old / "model.safetensors").unlink()
    assert opened(path=str(old)).write(PASSAGES, SEEDS) == opened().write(PASSAGES, SEEDS)


def test_incomplete_checkpoints_and_wrong_options_are_named(opened, tmp_path):
    from safetensors.torch import load_file, save_file

    broken = write_t5(tmp_path / "broken")
    weights = load_file(broken / "model.safetensors")
    weights.pop("decoder.final_layer_norm.weight")
    save_file(weights, broken / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(ArtifactError, match=r"weights missing: decoder\.final_layer_norm\.weight"):
        opened(path=str(broken))
    for name in ("tokenizer.json", "spiece.model"):
        (broken / name).unlink(missing_ok=True)
    with pytest.raises(ArtifactError, match="no tokenizer"):
        opened(path=str(broken))
    with pytest.raises(ConfigError, match=r"here\.path: found 'nowhere'"):
        opened(path="nowhere")
    for key, value in {"top_k": 0, "max_tokens": 0, "batch_size": 0, "temperature": 0.0}.items():
        with pytest.raises(ConfigError, match=rf"here\.{key}: found 0"):
            opened(**{key: value})
    with pytest.raises(ConfigError, match="topk: unknown key"):
        opened(topk=3)


def test_the_file_in_the_store_is_plain(opened):
    opened()(PASSAGES[:2], SEEDS[:2])
    path = next((Store.default().root / KIND).glob(f"*/{query_generation._FILE}"))
    assert [len(one) for one in json.loads(path.read_text(encoding="utf-8"))] == [1, 2]
