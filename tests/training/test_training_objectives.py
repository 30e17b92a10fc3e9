"""Soft labels: the teacher's distribution by hand, the loss against float64."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from dragon.settings import Soft
from dragon.supervision.sampling import SoftLists
from dragon.training.loss import kl_to_teacher
from dragon.training.objectives import teacher_distribution


def lists(scores_BK, ranks_BM, docs_BM=None):
    ranks_BM = np.asarray(ranks_BM)
    docs_BM = ranks_BM if docs_BM is None else np.asarray(docs_BM)
    rows = np.arange(len(ranks_BM))
    return SoftLists(rows, rows * 0, docs_BM, ranks_BM, np.asarray(scores_BK, dtype=np.float32))


def softmax(values):
    return (np.exp(values) / np.exp(values).sum()).tolist()


def test_normalisation_is_over_the_whole_list_by_hand():
    one = lists([[9.0, 5.0, 1.0]], [[0, 2]])
    none, min_max, z_score = (
        teacher_distribution(one, Soft(passages=2, normalisation=name, temperature=2.0))[0].tolist()
        for name in ("none", "min-max", "z-score")
    )
    assert none == pytest.approx(softmax(np.array([4.5, 0.5])), abs=1e-6)
    assert min_max == pytest.approx(softmax(np.array([0.5, 0.0])), abs=1e-6)
    spread = np.sqrt(32 / 3)
    assert z_score == pytest.approx(softmax(np.array([4 / spread, -4 / spread]) / 2), abs=1e-6)


@pytest.mark.parametrize("normalisation", ["none", "min-max", "z-score"])
def test_padding_takes_no_part(normalisation):
    soft = Soft(passages=2, normalisation=normalisation, temperature=1.0)
    padded = lists([[9.0, 5.0, -np.inf]], [[0, 2]], [[0, -1]])
    assert teacher_distribution(padded, soft).tolist() == [[1.0, 0.0]]
    flat = lists([[3.0, 3.0, 3.0]], [[0, 2]])
    assert teacher_distribution(flat, soft).tolist() == [[0.5, 0.5]]


def test_teachers_scales_do_not_matter_when_normalised():
    soft = Soft(passages=3, normalisation="z-score", temperature=1.0)
    scores = np.array([[8.0, 3.0, 2.0, 1.0]])
    small, large = (teacher_distribution(lists(scores * by, [[0, 1, 3]]), soft) for by in (0.01, 100.0))
    assert torch.allclose(small, large, atol=1e-5)


@settings(deadline=None, max_examples=30)
@given(st.integers(1, 5), st.integers(2, 6), st.integers(0, 10**6), st.sampled_from([1.0, 0.05]))
def test_kl_equals_float64_recomputation(batch, passages, seed, temperature):
    generator = np.random.Generator(np.random.Philox(seed))
    queries, docs = generator.normal(size=(batch, 8)), generator.normal(size=(batch, passages, 8))
    missing = generator.random((batch, passages)) < 0.3
    missing[:, 0] = False
    target = np.where(missing, 0.0, generator.random((batch, passages)) + 0.01)
    target /= target.sum(axis=1, keepdims=True)
    expected = []
    for b in range(batch):
        held = ~missing[b]
        scores = docs[b][held] @ queries[b] / temperature
        student = scores - scores.max() - np.log(np.exp(scores - scores.max()).sum())
        expected.append((target[b][held] * (np.log(target[b][held]) - student)).sum())
    found = kl_to_teacher(
        *(torch.from_numpy(one.astype(np.float32)) for one in (queries, docs, target)),
        torch.from_numpy(missing),
        temperature,
    )
    assert found.item() == pytest.approx(np.mean(expected), rel=1e-3, abs=1e-4)


def test_a_student_that_agrees_has_no_loss():
    queries = torch.tensor([[1.0, 0.0]])
    docs = torch.tensor([[[2.0, 1.0], [1.0, 5.0]]])
    target = torch.tensor([[2.0, 1.0]]).softmax(dim=1)
    assert kl_to_teacher(queries, docs, target, torch.zeros(1, 2, dtype=torch.bool)).item() == pytest.approx(
        0, abs=1e-7
    )
