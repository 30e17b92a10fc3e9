"""Encoder ``pair-scorer``: a score for a pair of texts, trained on in-domain judgments (the cross-encoder's slot).

Linear in the features, trained as re-rankers are: softmax over a query's relevant passages and its hard negatives,
the top of BM25.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy.optimize import minimize
from threadpoolctl import threadpool_limits

from dragon import artifacts, typed
from dragon.core.ranked_lists import PAD
from dragon.errors import ArtifactError, ConfigError
from dragon.models.char_lsa import CharLsa, CharLsaOptions
from dragon.models.contextual_terms import ContextualTerms, ContextualTermsOptions
from dragon.models.encoder import ENCODERS, FitData
from dragon.models.lsa import Lsa, LsaOptions
from dragon.models.pair_features import FEATURES, PairEncoders, PairFeatures, PairOptions
from dragon.progress import progress

QUERIES_PER_BLOCK = 128


@dataclass(frozen=True, kw_only=True)
class PairScorerOptions:
    """``options.encoder`` of a ``pair-scorer`` teacher."""

    lsa: LsaOptions
    char_lsa: CharLsaOptions
    terms: ContextualTermsOptions
    pairs: PairOptions
    candidates: int
    """A training query learns from so many passages at the top of BM25: the relevant among them against the rest."""
    l2: float
    """Penalty on squared weights of standardised features."""


@ENCODERS("pair-scorer")
@dataclass(frozen=True)
class PairScorer:
    """``weights . (features - mean) / deviation``; the three arrays are float64 ``[8]``."""

    pairs: PairOptions
    encoders: PairEncoders
    mean_F: np.ndarray
    deviation_F: np.ndarray
    weights_F: np.ndarray

    @classmethod
    def fit(cls, data: FitData, options: dict[str, Any]) -> "PairScorer":
        """Fit the encoders on the passages, then the weights on the training queries.

        Raises:
            ConfigError: an option is wrong, or no training query has a relevant passage among its candidates.
        """
        settings = typed.build(PairScorerOptions, options, "options.encoder")
        if settings.candidates < 2 or settings.l2 < 0:
            found = f"candidates {settings.candidates}, l2 {settings.l2}"
            raise ConfigError(f"options.encoder: found {found}, allowed: candidates of 2 or more and l2 of 0 or more")
        encoders = PairEncoders(
            Lsa.fit(data, asdict(settings.lsa)),
            CharLsa.fit(data, asdict(settings.char_lsa)),
            ContextualTerms.fit(data, asdict(settings.terms)),
        )
        with threadpool_limits(1):
            features_QCF, relevant_QC, real_QC = _training_pairs(data, settings, encoders)
            mean_F, deviation_F, weights_F = _train(features_QCF, relevant_QC, real_QC, settings.l2)
        return cls(settings.pairs, encoders, mean_F, deviation_F, weights_F)

    def save(self, folder: Path) -> None:
        """Write ``pair_scorer.json`` and a folder for each encoder."""
        for name, encoder in vars(self.encoders).items():
            (folder / name).mkdir()
            encoder.save(folder / name)
        arrays = zip(FEATURES, self.mean_F, self.deviation_F, self.weights_F, strict=True)
        rows = {name: [float(m), float(d), float(w)] for name, m, d, w in arrays}
        artifacts.write_json(folder / "pair_scorer.json", {"pairs": asdict(self.pairs), "features": rows})

    @classmethod
    def load(cls, folder: Path) -> "PairScorer":
        """Read it back; raises ArtifactError or ConfigError when it was made with other features."""
        path = folder / "pair_scorer.json"
        found = artifacts.read_json(path)
        if tuple(found["features"]) != FEATURES:
            raise ArtifactError(f"{path}: found {list(found['features'])}, allowed: {list(FEATURES)}; run `dvc repro`")
        pairs = typed.build(PairOptions, found["pairs"], f"{path}: pairs")
        encoders = PairEncoders(
            Lsa.load(folder / "lsa"), CharLsa.load(folder / "char_lsa"), ContextualTerms.load(folder / "terms")
        )
        return cls(pairs, encoders, *np.asarray(list(found["features"].values())).T)

    def open(self, texts: Sequence[str]) -> "OpenedPairScorer":
        """Read the D passages of a collection."""
        return OpenedPairScorer(self, PairFeatures(self.pairs, self.encoders, texts))


@dataclass(frozen=True)
class OpenedPairScorer:
    """A scorer and the passages that it scores."""

    scorer: PairScorer
    features: PairFeatures

    def scores(self, queries: Sequence[str], docs_QC: np.ndarray, threads: int) -> np.ndarray:
        """Score each query with each of its candidates, float32 ``[Q, C]``; -inf where ``docs_QC`` is padding."""
        scores_QC = np.full(docs_QC.shape, -np.inf, dtype=np.float32)
        blocks = [slice(i, i + QUERIES_PER_BLOCK) for i in range(0, len(queries), QUERIES_PER_BLOCK)]

        def score(rows: slice) -> None:
            features_PF = self.features.features(queries[rows], docs_QC[rows]) - self.scorer.mean_F
            scores_P = np.einsum("pf,f->p", features_PF / self.scorer.deviation_F, self.scorer.weights_F)
            scores_QC[rows][docs_QC[rows] != PAD] = scores_P

        with threadpool_limits(1), ThreadPoolExecutor(threads) as pool:
            for _ in progress(pool.map(score, blocks), "pairs", f"x {QUERIES_PER_BLOCK} queries", len(blocks)):
                pass  # a failed block raises here
        return scores_QC


def _training_pairs(
    data: FitData, settings: PairScorerOptions, encoders: PairEncoders
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Features ``[Q, C, F]``, which pairs are relevant and which are real, of the queries that can teach something."""
    opened = PairFeatures(settings.pairs, encoders, data.corpus.full_texts())
    row_of = {doc_id: row for row, doc_id in enumerate(data.corpus.ids)}
    parts = []
    for start in progress(range(0, len(data.train_queries), QUERIES_PER_BLOCK), "training pairs", "block"):
        ids, texts = (
            column[start : start + QUERIES_PER_BLOCK] for column in (data.train_queries.ids, data.train_queries.texts)
        )
        docs_BC = opened.bm25_candidates(texts, settings.candidates)
        grades = [data.train_qrels.grades.get(query_id, {}) for query_id in ids]
        relevant = [[row_of[doc] for doc, grade in judged.items() if grade >= 1 and doc in row_of] for judged in grades]
        relevant_BC = np.asarray([np.isin(docs, rows) for docs, rows in zip(docs_BC, relevant, strict=True)])
        features_BCF = np.zeros((*docs_BC.shape, len(FEATURES)), dtype=np.float32)
        features_BCF[docs_BC != PAD] = opened.features(texts, docs_BC)
        parts.append((features_BCF, relevant_BC, docs_BC != PAD))
    features, relevant, real = (np.concatenate(part) for part in zip(*parts, strict=True)) if parts else ([], [], [])
    useful = np.flatnonzero([r.any() and (k & ~r).any() for r, k in zip(relevant, real, strict=True)])
    if not useful.size:
        raise ConfigError("encoder pair-scorer: no training query has a relevant passage among BM25's candidates")
    return features[useful], relevant[useful], real[useful]


def _train(
    features_QCF: np.ndarray, relevant_QC: np.ndarray, real_QC: np.ndarray, l2: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Mean and deviation of the features, and the weights of the smallest loss; convex, so there is one answer."""
    mean_F = features_QCF[real_QC].mean(axis=0, dtype=np.float64)
    deviation_F = features_QCF[real_QC].std(axis=0, dtype=np.float64) + 1e-9
    inputs_QCF = (features_QCF - mean_F) / deviation_F
    targets_QC = relevant_QC / relevant_QC.sum(axis=1, keepdims=True)

    def loss(weights_F: np.ndarray) -> tuple[float, np.ndarray]:
        logits_QC = np.where(real_QC, inputs_QCF @ weights_F, -np.inf)
        logits_QC -= logits_QC.max(axis=1, keepdims=True)
        total_Q = np.log(np.exp(logits_QC).sum(axis=1, keepdims=True))
        error_QC = np.exp(logits_QC - total_Q) - targets_QC
        value = -(logits_QC - total_Q)[relevant_QC] @ targets_QC[relevant_QC] / len(inputs_QCF)
        gradient_F = np.einsum("qcf,qc->f", inputs_QCF, error_QC) / len(inputs_QCF)
        return value + l2 * weights_F @ weights_F, gradient_F + 2 * l2 * weights_F

    found = minimize(loss, np.zeros(len(FEATURES)), jac=True, method="L-BFGS-B", options={"maxiter": 500})
    return mean_F, deviation_F, found.x
