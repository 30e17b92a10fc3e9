import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_queries_genq import OPTIONS as GENQ
from whole_sets import augment

from dragon.errors import ConfigError
from dragon.queries.sampling import Sample, kept

SENTENCES = {"splitter": "sentence-splitter", "language": "en"}


def sample(queries, seed, whole=()):
    return Sample(queries=queries, seed=seed, whole=whole)


@given(counts=st.lists(st.integers(0, 9)), queries=st.integers(1, 99), seed=st.integers(0, 2**32))
def test_as_many_as_asked_for_or_all(counts, queries, seed):
    mask = kept(counts, [], sample(queries, seed), "")
    assert mask.shape == (sum(counts),)
    assert mask.sum() == min(sum(counts), queries)
    assert (mask == kept(counts, [], sample(queries, seed), "")).all()


def test_the_draw_is_the_permutations_beginning():
    first = np.random.Generator(np.random.Philox(7)).permutation(10)[:4]
    assert np.flatnonzero(kept([10], ["a"], sample(4, 7), "")).tolist() == sorted(first.tolist())
    assert kept([3], ["a"], None, "").all()


def test_a_passage_can_be_kept_whole():
    counts, ids = [4, 3, 5], ["a", "b", "c"]
    drawn = kept(counts, ids, sample(2, 7), "")
    assert (kept(counts, ids, sample(2, 7, ("b",)), "") == drawn | np.repeat([False, True, False], counts)).all()
    with pytest.raises(ConfigError, match=r"crop\.options\.sample\.whole: found 'z', allowed: ids of"):
        kept(counts, ids, sample(2, 7, ("z",)), "crop.options")


def test_a_sample_of_sentences_keeps_their_order_and_ids(inputs):
    whole = augment("sentences", {**SENTENCES, "sample": None}, *inputs, {})
    made = augment("sentences", {**SENTENCES, "sample": {"queries": 6, "seed": 3, "whole": []}}, *inputs, {})
    mask = kept([10], ["all"], sample(6, 3), "")
    assert made.queries == [query for query, held in zip(whole.queries, mask, strict=True) if held]
    assert made.report == {"passages": 5, "sentences": 10, "empty_left_out": 1, "not_in_sample": 4}


def test_generated_queries_of_one_sample_are_as_many_of_each_passage(inputs):
    part = {"queries": 6, "seed": 3, "whole": [inputs[0].ids[1]]}
    crop = augment("sentences", {**SENTENCES, "sample": part}, *inputs, {})
    genq = augment("genq", {**GENQ, "sample": part}, *inputs, {})
    assert [query.source_row for query in genq.queries] == [query.source_row for query in crop.queries]


@pytest.mark.parametrize(("queries", "seed"), [(0, 1), (5, -1)])
@pytest.mark.parametrize(("kind", "options"), [("sentences", SENTENCES), ("genq", GENQ)])
def test_samples_of_nothing_are_refused(inputs, kind, options, queries, seed):
    part = {"queries": queries, "seed": seed, "whole": []}
    with pytest.raises(ConfigError, match=r"sample\.(queries|seed): found (0|-1), allowed"):
        augment(kind, {**options, "sample": part}, *inputs, {})
