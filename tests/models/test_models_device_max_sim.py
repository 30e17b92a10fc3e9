"""MaxSim on a device of torch against the engine in NumPy: the same lists and the same scores, to the bit."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from dragon.models import device_max_sim
from dragon.models.device_max_sim import DeviceMaxSim
from dragon.models.max_sim import MaxSim, Pieces, TokenVectors, whole
from dragon.teachers.late_interaction import best

DEVICES = ["cpu", pytest.param("cuda", marks=pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU"))]


def vectors(seed, lengths, hidden=8, few=False):
    """Random unit vectors; ``few`` draws them from three, so that scores tie."""
    draws = np.random.Generator(np.random.Philox(seed))
    count = int(sum(lengths))
    found = draws.standard_normal((3 if few else count, hidden))
    found = found[draws.integers(0, 3, count)] if few else found
    unit = found / np.linalg.norm(found, axis=1, keepdims=True)
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    weights = draws.random(count).astype(np.float32) + np.float32(0.1)
    return TokenVectors(whole(unit.reshape(count, hidden)), weights, np.zeros(count, np.int32), offsets, ("w",))


def in_numpy(passages, queries, threshold, depth):
    filled = np.flatnonzero(np.diff(passages.offsets_R))
    scores = MaxSim(passages, threshold).scores(queries, range(len(queries)), [filled] * len(queries))
    return [best(filled, scores_D, depth) for scores_D in scores]


@pytest.mark.parametrize("device", DEVICES)
@settings(deadline=None, max_examples=40)
@given(data=st.data())
def test_the_same_lists_as_in_numpy(device, data):
    lengths = data.draw(st.lists(st.integers(0, 9), min_size=1, max_size=30))
    asked = data.draw(st.lists(st.integers(0, 6), min_size=1, max_size=7))
    few, depth = data.draw(st.booleans()), data.draw(st.integers(1, 12))
    threshold = data.draw(st.sampled_from([-np.inf, 0.0, 0.4]))
    passages, queries = vectors(1, lengths, few=few), vectors(2, asked, few=few)
    with pytest.MonkeyPatch.context() as patch:  # several blocks, chunks and batches of so few
        patch.setitem(device_max_sim.BLOCK_TOKENS, device, data.draw(st.sampled_from([1, 20, 1000])))
        patch.setitem(device_max_sim.PRODUCTS, device, data.draw(st.sampled_from([1, 64, 4096])))
        patch.setitem(device_max_sim.QUERY_TOKENS, device, data.draw(st.sampled_from([1, 8, 256])))
        docs, scores = DeviceMaxSim(passages, threshold, device, 1).search(queries, depth)
    assert (docs.shape, docs.dtype, scores.dtype) == ((len(asked), depth), np.int32, np.float32)
    for row, (wanted, wanted_scores) in enumerate(in_numpy(passages, queries, threshold, depth)):
        rest = depth - len(wanted)
        assert docs[row].tolist() == [*wanted.tolist(), *[-1] * rest]
        assert scores[row].tolist() == [*wanted_scores.tolist(), *[-np.inf] * rest]


def test_pieces_are_the_array():
    array = np.arange(60, dtype=np.int8).reshape(20, 3)
    pieces = Pieces([array[:7], array[7:7], array[7:18], array[18:]])
    assert (len(pieces), pieces.shape, pieces.dtype) == (20, (20, 3), np.int8)
    for start in range(21):
        for stop in range(21):
            np.testing.assert_array_equal(pieces[start:stop], array[start:stop])
    np.testing.assert_array_equal(np.asarray(pieces), array)


def test_passages_in_pieces_give_the_same_lists():
    passages, queries = vectors(1, [3, 4, 0, 5, 2]), vectors(2, [2, 3])
    pieces = Pieces([passages.vectors_TH[:5], passages.vectors_TH[5:]])
    one = DeviceMaxSim(passages, -np.inf, "cpu", 1).search(queries, 3)
    other = DeviceMaxSim(replace(passages, vectors_TH=pieces), -np.inf, "cpu", 1).search(queries, 3)
    for a, b in zip(one, other, strict=True):
        np.testing.assert_array_equal(a, b)
