"""Bootstrap intervals of mean differences (Efron, 1987): over queries, many comparisons at once.

One collection: bias-corrected and accelerated, scipy's. A mean over collections: percentiles of means whose queries
are drawn anew within each collection, as scipy's bootstrap of several samples does, but by matrix products.
"""

import warnings
from collections.abc import Sequence

import numpy as np
from scipy import stats

LEVEL = 0.95
_CHUNK = 4_000_000
"""Numbers drawn at a time; it bounds memory and changes no result."""


def of_mean(differences_CQ: np.ndarray, resamples: int, seed: int) -> np.ndarray:
    """BCa intervals of C means over the same Q queries: float64 ``[C, 2]``.

    A comparison whose differences are all equal has no spread: its interval is that value. Where BCa does not exist
    (few queries, no draw on one side of the mean) it is the percentile interval of the same draws.
    """
    low_high = np.repeat(differences_CQ[:, :1], 2, axis=1)
    uneven_C = np.ptp(differences_CQ, axis=1) > 0
    if uneven_C.any():
        low_high[uneven_C] = _bca(differences_CQ[uneven_C], resamples, seed)
    return low_high


def _bca(differences_CQ: np.ndarray, resamples: int, seed: int) -> np.ndarray:
    with warnings.catch_warnings(), np.errstate(invalid="ignore"):  # what is not a number is mended below
        warnings.simplefilter("ignore", stats.DegenerateDataWarning)
        found = stats.bootstrap(
            (differences_CQ,),
            np.mean,
            axis=-1,
            n_resamples=resamples,
            batch=max(1, _CHUNK // differences_CQ.size),
            method="BCa",
            confidence_level=LEVEL,
            rng=_generator(seed, 1),
        )
    low_high = np.stack(found.confidence_interval, axis=-1)
    return np.where(np.isnan(low_high), _percentiles(found.bootstrap_distribution), low_high)


def of_strata(strata: Sequence[np.ndarray], resamples: int, seed: int) -> np.ndarray:
    """Percentile intervals of C unweighted means over strata, each float64 ``[C, Q_s]``: float64 ``[C, 2]``."""
    means_CR = np.zeros((len(strata[0]), resamples))
    for number, stratum_CQ in enumerate(strata, 1):
        means_CR += _resampled(stratum_CQ, resamples, _generator(seed, number)) / len(strata)
    return _percentiles(means_CR)


def _resampled(stratum_CQ: np.ndarray, resamples: int, random: np.random.Generator) -> np.ndarray:
    """Means of the queries drawn, float64 ``[C, R]``; all comparisons see the same draws."""
    count = stratum_CQ.shape[1]
    chunks, step = [], max(1, _CHUNK // count)
    for first in range(0, resamples, step):
        rows = min(step, resamples - first)
        drawn_RQ = random.integers(0, count, (rows, count)) + count * np.arange(rows)[:, None]
        times_RQ = np.bincount(drawn_RQ.ravel(), minlength=rows * count).reshape(rows, count)
        chunks.append(stratum_CQ @ times_RQ.T.astype(np.float64) / count)
    return np.concatenate(chunks, axis=1)


def _percentiles(distribution_CR: np.ndarray) -> np.ndarray:
    tail = (1 - LEVEL) / 2
    return np.quantile(distribution_CR, [tail, 1 - tail], axis=-1).T


def _generator(seed: int, stream: int) -> np.random.Generator:
    return np.random.Generator(np.random.Philox(key=np.array([seed, stream], dtype=np.uint64)))
