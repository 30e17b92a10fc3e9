"""How generated queries are asked for: seeds, samples and ids; who writes them is proved beside the models."""

import pytest
from whole_sets import augment

from dragon import queries
from dragon.errors import ConfigError
from dragon.queries import t5

OPTIONS = {"seed": 3, "per_passage": 4, "sample": None, "generator": {"path": "somewhere"}}


def echo(options, where):
    """Says what it was asked: the passage and the seed."""
    assert (options, where.endswith("options.generator")) == ({"path": "somewhere"}, True)
    return lambda texts, seeds: [
        [f"{text[:9]}|{a}|{b}" for a, b in found] for text, found in zip(texts, seeds, strict=True)
    ]


@pytest.mark.parametrize("chunk", [1, 2, 2048])
def test_every_query_has_a_seed_of_its_own(inputs, monkeypatch, chunk):
    monkeypatch.setattr(t5, "_CHUNK", chunk)
    made = augment("t5", OPTIONS, *inputs, {}, open_generator=echo)
    texts = list(inputs[0].texts)
    assert made.queries == [
        (f"{row}-{n}", f"{texts[row][:9]}|3|{row * 2**24 + n}", row) for row in range(5) for n in range(4)
    ]
    assert made.report == {"passages": 5, "queries": 20, "blank": 0}


def test_a_sample_writes_only_its_queries(inputs):
    asked = []

    def counting(options, where):
        write = echo(options, where)
        return lambda texts, seeds: asked.extend(seed for one in seeds for seed in one) or write(texts, seeds)

    sample = {"queries": 7, "seed": 1, "whole": []}
    whole = augment("t5", OPTIONS, *inputs, {}, open_generator=echo)
    made = augment("t5", {**OPTIONS, "sample": sample}, *inputs, {}, open_generator=counting)
    assert len(made.queries) == len(asked) == 7
    assert set(made.queries) < set(whole.queries)
    assert [query.source_row for query in made.queries] == sorted(query.source_row for query in made.queries)


def test_blank_queries_are_counted(inputs):
    def half_blank(options, where):
        return lambda texts, seeds: [["", "a"] for _ in texts]

    made = augment("t5", {**OPTIONS, "per_passage": 2}, *inputs, {}, open_generator=half_blank)
    assert (made.report["blank"], made.report["queries"]) == (5, 10)


def test_wrong_options_are_named_and_nothing_is_opened(inputs):
    for key, value in {"seed": -1, "per_passage": 0}.items():
        with pytest.raises(ConfigError, match=f"{key}: found {value}"):
            queries.augment("t5", {**OPTIONS, key: value}, *inputs, {})
    with pytest.raises(ConfigError, match="opens them"):
        queries.augment("t5", OPTIONS, *inputs, {})
