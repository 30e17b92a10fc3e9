import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from dragon.training.loss import info_nce
from dragon.training.optimizer import linear_factor


def recomputed(queries, passages, targets, mask, temperature):
    """The same loss in float64 NumPy, one query at a time."""
    losses = []
    for query, target in zip(queries.astype(np.float64), targets, strict=True):
        scores = np.array([query @ p for p in passages.astype(np.float64)]) / temperature
        scores = scores[mask] - scores[mask].max()
        place = int(mask[:target].sum())
        losses.append(-(scores[place] - np.log(np.exp(scores).sum())))
    return float(np.mean(losses))


@settings(deadline=None, max_examples=30)
@given(st.integers(1, 6), st.integers(0, 6), st.integers(0, 10**6), st.sampled_from([1.0, 0.05, 20.0]))
def test_loss_equals_float64_recomputation(batch, negatives, seed, temperature):
    generator = np.random.Generator(np.random.Philox(seed))
    queries = generator.normal(size=(batch, 8)).astype(np.float32)
    passages = generator.normal(size=(batch + negatives, 8)).astype(np.float32)
    mask = np.concatenate([np.ones(batch, bool), generator.random(negatives) < 0.7])
    found = info_nce(*map(torch.from_numpy, (queries, passages, np.arange(batch), mask)), temperature=temperature)
    assert found.dtype == torch.float32
    assert found.item() == pytest.approx(recomputed(queries, passages, np.arange(batch), mask, temperature), abs=1e-4)


def test_loss_by_hand():
    # scores of the only query: positive 2, negatives 1 and 0
    loss = info_nce(torch.tensor([[1.0]]), torch.tensor([[2.0], [1.0], [0.0]]), torch.tensor([0]))
    assert loss.item() == pytest.approx(-np.log(np.exp(2) / (np.exp(2) + np.exp(1) + 1)), abs=1e-6)


def test_masked_dummies_take_no_part_and_get_no_gradient():
    queries = torch.randn(2, 4, generator=torch.Generator().manual_seed(0))
    passages = torch.randn(4, 4, generator=torch.Generator().manual_seed(1)).requires_grad_()
    mask = torch.tensor([True, True, True, False])
    loss = info_nce(queries, passages, torch.arange(2), mask)
    assert torch.equal(loss, info_nce(queries, passages[:3], torch.arange(2)))
    loss.backward()
    assert passages.grad[3].abs().sum() == 0
    assert passages.grad[:3].abs().min() > 0


def test_half_precision_embeddings_are_scored_in_fp32():
    queries = torch.full((1, 4), 10.0).half()
    passages = torch.stack([torch.full((4,), 10.0), torch.full((4,), 9.99)]).half()
    exact = info_nce(queries.float(), passages.float(), torch.tensor([0]))
    assert info_nce(queries, passages, torch.tensor([0])).item() == exact.item()


def test_schedule_warms_up_and_decays_to_zero():
    factors = [linear_factor(step, 4, 10) for step in range(11)]
    assert factors[:4] == [0.25, 0.5, 0.75, 1.0]
    assert factors[4] == 1.0
    assert factors[7] == pytest.approx(0.5)
    assert factors[10] == 0.0
