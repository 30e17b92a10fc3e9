"""Exact inner-product search; the only door to Faiss.

Faiss finds candidates, in fp32. What is returned is ranked by one definition of the score, the inner product of two
fp32 vectors rounded once to fp32, so a result does not depend on the batch, the number of threads, the matrix library
or the device: those only change the last bits of Faiss's own sums, and the margin for them is taken off before a list
is called complete.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import faiss
import numpy as np

from dragon.core.ranked_lists import PAD
from dragon.errors import UserError
from dragon.progress import progress

BLOCK = 1024
"""Queries that Faiss sees at once."""
EXTRA = 16
"""Candidates fetched beyond the depth, so that most ties at the cut are seen at once."""
GPU_LIMIT = 2048
"""Results that Faiss can give for a query on a GPU."""
_NUMBERS = 1 << 22
"""Size of the blocks in which passages are checked and copied."""

Kernel = Callable[[np.ndarray, int], tuple[np.ndarray, np.ndarray]]


def exact_search(
    queries_QH: np.ndarray, passages_DH: np.ndarray, depth: int, *, threads: int | None = None, gpu: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    """The ``depth`` passages of the largest inner product with each query.

    Args:
        queries_QH: float32, finite.
        passages_DH: float32, finite, may be a memory map.
        depth: K, 1 or more; may exceed D.
        threads: CPU threads of Faiss; None leaves its own setting.
        gpu: candidates from all GPUs that Faiss sees.

    Returns:
        docs int32 ``[Q, K]`` (rows of ``passages_DH``) and scores float32 ``[Q, K]``: score descending, then row
        ascending, also at the cut; -1 and -inf where D < K.

    Raises:
        UserError: another dtype, dimensions that differ, an embedding with NaN or infinity (its row is named), a depth
            below 1, or ``gpu`` without a Faiss that has one.
    """
    _check(queries_QH, passages_DH, depth)
    docs_QK = np.full((len(queries_QH), depth), PAD, dtype=np.int32)
    scores_QK = np.full(docs_QK.shape, -np.inf, dtype=np.float32)
    if not len(passages_DH):
        return docs_QK, scores_QK
    kept = min(depth, len(passages_DH))
    slack_Q = _rounding(queries_QH, passages_DH)
    with _threads(threads):
        kernel = _gpu_kernel(passages_DH) if gpu else _cpu_kernel(passages_DH)
        for start in progress(range(0, len(queries_QH), BLOCK), "exact search", f"x {BLOCK} queries"):
            rows = slice(start, start + BLOCK)
            found = _search_block(kernel, queries_QH[rows], passages_DH, kept, slack_Q[rows])
            docs_QK[rows, :kept], scores_QK[rows, :kept] = found
    return docs_QK, scores_QK


def _search_block(
    kernel: Kernel, queries_BH: np.ndarray, passages_DH: np.ndarray, depth: int, slack_B: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Fetch more until no passage outside can belong to a query's list."""
    docs_BK = np.empty((len(queries_BH), depth), dtype=np.int32)
    scores_BK = np.empty(docs_BK.shape, dtype=np.float32)
    pending = np.arange(len(queries_BH))
    fetched = min(len(passages_DH), depth + EXTRA)
    while pending.size:
        rough, docs = kernel(queries_BH[pending], fetched)
        scores = inner_products(queries_BH[pending], passages_DH, docs)
        order = np.lexsort((docs, -scores), axis=-1)[:, :depth]
        docs_BK[pending] = np.take_along_axis(docs, order, axis=1)
        scores_BK[pending] = np.take_along_axis(scores, order, axis=1)
        sure = rough.min(axis=1) + slack_B[pending] < scores_BK[pending, -1]
        pending = pending[~sure] if fetched < len(passages_DH) else pending[:0]
        fetched = min(len(passages_DH), 4 * fetched)
    return docs_BK, scores_BK


def inner_products(queries_BH: np.ndarray, passages_DH: np.ndarray, docs_BF: np.ndarray) -> np.ndarray:
    """Scores of given pairs, float32 ``[B, F]``: summed in fp64, rounded once, so in any order the same."""
    scores_BF = np.empty(docs_BF.shape, dtype=np.float32)
    for row, query_H in enumerate(queries_BH.astype(np.float64)):  # one query's passages fit into the cache
        scores_BF[row] = np.einsum("fh,h->f", passages_DH[docs_BF[row]].astype(np.float64), query_H)
    return scores_BF


def _rounding(queries_QH: np.ndarray, passages_DH: np.ndarray) -> np.ndarray:
    """Bound of what fp32 sums in any order can differ by from the score, float64 ``[Q]``."""
    longest = max(float(np.linalg.norm(block, axis=1).max()) for block in _blocks(passages_DH))
    unit = np.finfo(np.float32).eps * (passages_DH.shape[1] + 2)
    return unit * longest * np.linalg.norm(queries_QH, axis=1).astype(np.float64)


def _cpu_kernel(passages_DH: np.ndarray) -> Kernel:
    """The kernel of ``IndexFlatIP`` without its copy of the vectors."""
    passages_DH = np.ascontiguousarray(passages_DH)

    def search(queries_BH: np.ndarray, fetched: int) -> tuple[np.ndarray, np.ndarray]:
        return faiss.knn(np.ascontiguousarray(queries_BH), passages_DH, fetched, metric=faiss.METRIC_INNER_PRODUCT)

    return search


def _gpu_kernel(passages_DH: np.ndarray) -> Kernel:
    """``IndexFlatIP`` sharded over all GPUs; more than a GPU can return comes from the CPU."""
    if faiss.get_num_gpus() == 0:
        raise UserError("gpu: found true, but this Faiss sees no GPU; install faiss-gpu or set gpu: false")
    options = faiss.GpuMultipleClonerOptions()
    options.shard, options.useFloat16 = True, False
    index = faiss.index_cpu_to_all_gpus(faiss.IndexFlatIP(passages_DH.shape[1]), co=options)
    for block in _blocks(passages_DH):
        index.add(np.ascontiguousarray(block))
    on_cpu = _cpu_kernel(passages_DH)
    return lambda queries, fetched: (index.search if fetched <= GPU_LIMIT else on_cpu)(queries, fetched)


@contextmanager
def _threads(threads: int | None) -> Iterator[None]:
    before = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(threads or before)
    try:
        yield
    finally:
        faiss.omp_set_num_threads(before)


def _check(queries_QH: np.ndarray, passages_DH: np.ndarray, depth: int) -> None:
    if depth < 1:
        raise UserError(f"search: found depth {depth}, allowed: 1 or more")
    for name, vectors in (("query", queries_QH), ("passage", passages_DH)):
        if vectors.dtype != np.float32 or vectors.ndim != 2:
            found = f"{vectors.dtype} {list(vectors.shape)}"
            raise UserError(f"{name} embeddings: found {found}, allowed: float32 with two axes; convert them")
    if queries_QH.shape[1] != passages_DH.shape[1]:
        raise UserError(
            f"embeddings: queries have {queries_QH.shape[1]} dimensions, passages {passages_DH.shape[1]};"
            " encode both with the same model"
        )
    for name, vectors in (("query", queries_QH), ("passage", passages_DH)):
        _check_finite(name, vectors)


def _check_finite(name: str, vectors_RH: np.ndarray) -> None:
    for number, block in enumerate(_blocks(vectors_RH)):
        bad = ~np.isfinite(block).all(axis=1)
        if bad.any():
            row = number * _block_rows(vectors_RH) + int(bad.argmax())
            raise UserError(
                f"{name} embeddings: row {row} has NaN or infinity; look at the model that made them"
                " (a diverged training gives such vectors)"
            )


def _blocks(vectors_RH: np.ndarray) -> Iterator[np.ndarray]:
    step = _block_rows(vectors_RH)
    return (vectors_RH[start : start + step] for start in range(0, len(vectors_RH), step))


def _block_rows(vectors_RH: np.ndarray) -> int:
    return max(1, _NUMBERS // max(1, vectors_RH.shape[1]))
