import faiss
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from dragon.errors import UserError
from dragon.retrieval.index import exact_search

WHOLE = st.integers(-3, 3).map(float)


def by_hand(queries: np.ndarray, passages: np.ndarray, depth: int) -> list[list[int]]:
    """Every score in Python's own arithmetic, sorted with the row as the second key."""
    lists = []
    for query in queries.tolist():
        scores = [sum(q * p for q, p in zip(query, passage, strict=True)) for passage in passages.tolist()]
        lists.append(sorted(range(len(scores)), key=lambda row, scores=scores: (-scores[row], row))[:depth])
    return lists


def test_exact_search_ranks_by_inner_product() -> None:
    passages = np.asarray([[1, 0], [0, 2], [3, 3]], dtype=np.float32)
    docs, scores = exact_search(np.asarray([[1, 0], [0, -1]], dtype=np.float32), passages, 2)
    assert docs.tolist() == [[2, 0], [0, 1]]
    assert scores.tolist() == [[3, 1], [0, -2]]
    assert (docs.dtype, scores.dtype) == (np.int32, np.float32)


@settings(max_examples=60, deadline=None)
@given(
    hnp.arrays(np.float32, st.tuples(st.integers(0, 4), st.just(2)), elements=WHOLE),
    hnp.arrays(np.float32, st.tuples(st.integers(1, 60), st.just(2)), elements=WHOLE),
    st.integers(1, 70),
)
def test_exact_search_breaks_ties_by_row_also_at_the_cut(queries: np.ndarray, passages: np.ndarray, depth: int) -> None:
    docs, scores = exact_search(queries, passages, depth, threads=1)
    kept = min(depth, len(passages))
    assert docs[:, :kept].tolist() == by_hand(queries, passages, depth)
    assert (docs[:, kept:] == -1).all()
    assert np.isneginf(scores[:, kept:]).all()


def test_exact_search_gives_equal_passages_equal_scores_and_any_batch_the_same_lists() -> None:
    draws = np.random.Generator(np.random.Philox(1))
    passages = draws.standard_normal((3000, 33), dtype=np.float32)
    passages[2900:] = passages[:100]
    queries = draws.standard_normal((1100, 33), dtype=np.float32)
    docs, scores = exact_search(queries, passages, 40, threads=2)
    for rows in (slice(0, 1), slice(7, 31), slice(1000, 1100)):
        alone = exact_search(queries[rows], passages, 40, threads=1)
        assert (alone[0] == docs[rows]).all()
        assert (alone[1] == scores[rows]).all()
    full = (queries.astype(np.float64) @ passages.astype(np.float64).T).astype(np.float32)
    order = np.lexsort((np.broadcast_to(np.arange(3000), full.shape), -full), axis=-1)[:, :40]
    assert (docs == order).all()
    assert (scores == np.take_along_axis(full, order, axis=1)).all()


def test_exact_search_without_passages_is_all_padding() -> None:
    docs, scores = exact_search(np.ones((2, 3), np.float32), np.ones((0, 3), np.float32), 4)
    assert docs.tolist() == [[-1] * 4] * 2
    assert np.isneginf(scores).all()


@pytest.mark.parametrize("which", ["query", "passage"])
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_exact_search_names_the_row_that_is_not_finite(which: str, value: float) -> None:
    vectors = {"query": np.ones((5, 2), np.float32), "passage": np.ones((5, 2), np.float32)}
    vectors[which][3, 1] = value
    with pytest.raises(UserError, match=f"{which} embeddings: row 3 "):
        exact_search(vectors["query"], vectors["passage"], 2)


@pytest.mark.parametrize(
    ("queries", "passages", "depth", "said"),
    [
        (np.ones((1, 2), np.float64), np.ones((1, 2), np.float32), 1, "query embeddings: found float64"),
        (np.ones((1, 2), np.float32), np.ones(2, np.float32), 1, "passage embeddings: found float32"),
        (np.ones((1, 2), np.float32), np.ones((1, 3), np.float32), 1, "queries have 2 dimensions, passages 3"),
        (np.ones((1, 2), np.float32), np.ones((1, 2), np.float32), 0, "found depth 0"),
    ],
)
def test_exact_search_refuses_what_it_cannot_search(
    queries: np.ndarray, passages: np.ndarray, depth: int, said: str
) -> None:
    with pytest.raises(UserError, match=said):
        exact_search(queries, passages, depth)


def test_exact_search_leaves_the_threads_of_faiss_as_they_were() -> None:
    before = faiss.omp_get_max_threads()
    exact_search(np.ones((1, 2), np.float32), np.ones((1, 2), np.float32), 1, threads=before + 1)
    assert faiss.omp_get_max_threads() == before


def test_exact_search_on_a_gpu_needs_a_faiss_that_has_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("faiss.get_num_gpus", lambda: 0)
    with pytest.raises(UserError, match="this Faiss sees no GPU"):
        exact_search(np.ones((1, 2), np.float32), np.ones((1, 2), np.float32), 1, gpu=True)


def test_exact_search_on_gpus_asks_the_cpu_for_lists_that_a_gpu_cannot_give(monkeypatch: pytest.MonkeyPatch) -> None:
    """No GPU here: a CPU index stands in for the sharded one, so this checks the calls and not CUDA."""
    asked = []

    class Stand(faiss.IndexFlatIP):
        def search(self, queries: np.ndarray, fetched: int) -> tuple[np.ndarray, np.ndarray]:
            asked.append(fetched)
            return super().search(queries, fetched)

    monkeypatch.setattr("faiss.get_num_gpus", lambda: 1)
    monkeypatch.setattr("faiss.GpuMultipleClonerOptions", type("Options", (), {}), raising=False)
    monkeypatch.setattr("faiss.index_cpu_to_all_gpus", lambda index, co: Stand(index.d), raising=False)
    passages = np.random.Generator(np.random.Philox(2)).standard_normal((4000, 3), dtype=np.float32)
    for depth, on_gpu in ((10, True), (3000, False)):
        asked.clear()
        found = exact_search(passages[:5], passages, depth, gpu=True)
        assert all((a == b).all() for a, b in zip(found, exact_search(passages[:5], passages, depth), strict=True))
        assert bool(asked) is on_gpu
