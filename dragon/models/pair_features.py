"""What a pair of query and passage looks like to the pair scorer: eight numbers that compare the two texts."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeVar

import numpy as np
from scipy import sparse

from dragon.core.ranked_lists import PAD
from dragon.models.char_lsa import CharLsa
from dragon.models.contextual_terms import ContextualTerms
from dragon.models.lsa import Lsa
from dragon.models.max_sim import MaxSim
from dragon.models.sparse.bm25 import idf_of
from dragon.models.sparse.words import words
from dragon.models.term_space import count_terms
from dragon.progress import progress

T = TypeVar("T", str, tuple[str, str])
FEATURES = ("bm25", "coverage", "early", "bigrams", "lsa", "char-lsa", "max-sim", "length")
"""BM25, matched idf^2, idf matched in the first words, matched neighbouring words and MaxSim, each as a share of what
the query could reach; two cosines; the passage's log length."""


@dataclass(frozen=True, kw_only=True)
class PairOptions:
    """What features are made with."""

    k1: float
    b: float
    early_words: int
    """How many words of a passage count as its beginning."""


@dataclass(frozen=True)
class PairEncoders:
    """Fitted on in-domain text; everything else in the features comes from the collection at hand."""

    lsa: Lsa
    char_lsa: CharLsa
    terms: ContextualTerms


@dataclass(frozen=True)
class QueryBlock:
    """B queries, read once."""

    counts_BV: np.ndarray
    """float32: how often each word of the collection stands in each query."""
    bigrams_BG: sparse.csr_array
    idf_B: np.ndarray
    """Sum of idf over distinct words; words that the collection lacks count most."""
    squares_B: np.ndarray
    bigram_idf_B: np.ndarray


class PairFeatures:
    """Features of pairs of any queries and the passages of one collection."""

    def __init__(self, options: PairOptions, encoders: PairEncoders, texts: Sequence[str]) -> None:
        texts_words = [words(text) for text in progress(texts, "words", "passage", len(texts))]
        self._encoders, self._ids = encoders, _number(word for text_words in texts_words for word in text_words)
        self._counts_DV = count_terms(texts_words, self._ids)
        frequency_V = np.bincount(self._counts_DV.indices, minlength=len(self._ids))
        self._idf_V = np.asarray([idf_of(int(df), len(texts)) for df in frequency_V])
        self._unseen = idf_of(0, len(texts))
        self._lengths_D = np.asarray(self._counts_DV.sum(axis=1), dtype=np.float64)
        self._bm25_E = self._bm25(options)
        self._early_E = self._early(texts_words, options.early_words)
        self._pairs = _number(pair for text_words in texts_words for pair in pairwise(text_words))
        bigrams_DG = count_terms((set(pairwise(text_words)) for text_words in texts_words), self._pairs)
        product_G = [self._idf_V[self._ids[first]] * self._idf_V[self._ids[second]] for first, second in self._pairs]
        self._bigrams_GD = (bigrams_DG @ sparse.diags_array(np.asarray(product_G))).T.tocsr()
        self._lsa_DH, self._char_DH = (e.encode_passages(texts) for e in (encoders.lsa, encoders.char_lsa))
        self._max_sim = MaxSim(encoders.terms.encode(texts), encoders.terms.threshold)

    def bm25_candidates(self, queries: Sequence[str], depth: int) -> np.ndarray:
        """The best ``depth`` passages that share a word with each query, int32 ``[Q, depth]``, -1 pads."""
        weights_DV = self._counts_DV.copy()
        weights_DV.data = self._bm25_E
        scores_QD = (count_terms(map(words, queries), self._ids) @ weights_DV.T.tocsr()).toarray()
        docs_QK = np.full((len(queries), depth), PAD, dtype=np.int32)
        best_QK = np.argsort(-scores_QD, axis=1, kind="stable")[:, :depth]
        matched = np.take_along_axis(scores_QD, best_QK, axis=1) > 0
        docs_QK[:, : best_QK.shape[1]] = np.where(matched, best_QK, PAD)
        return docs_QK

    def features(self, queries: Sequence[str], docs_BC: np.ndarray) -> np.ndarray:
        """Features of all pairs that are not padding, in row order.

        Args:
            queries: B texts.
            docs_BC: passages to compare with each, padding (-1) anywhere.

        Returns:
            float32 ``[P, 8]``, columns as in ``FEATURES``.
        """
        block = self._read(queries)
        query_P, place_P = np.nonzero(docs_BC != PAD)
        doc_P = docs_BC[query_P, place_P].astype(np.int64)
        bm25_P, squares_P, early_P = self._matches(block, query_P, doc_P)
        bigrams_P = (block.bigrams_BG @ self._bigrams_GD).toarray()[query_P, doc_P]
        columns = (
            bm25_P / block.idf_B[query_P],
            squares_P / block.squares_B[query_P],
            early_P / block.idf_B[query_P],
            bigrams_P / block.bigram_idf_B[query_P],
            _cosines(self._encoders.lsa.encode_queries(queries), self._lsa_DH, query_P, doc_P),
            _cosines(self._encoders.char_lsa.encode_queries(queries), self._char_DH, query_P, doc_P),
            self._max_sims(queries, query_P, doc_P),
            np.log1p(self._lengths_D[doc_P]),
        )
        return np.stack(columns, axis=1).astype(np.float32)

    def _read(self, queries: Sequence[str]) -> QueryBlock:
        texts_words = [words(text) for text in queries]
        idf = [{word: self._idf(word) for word in dict.fromkeys(text_words)} for text_words in texts_words]
        pairs = [dict.fromkeys(pairwise(text_words)) for text_words in texts_words]
        totals = (
            [sum(weights.values()) for weights in idf],
            [sum(weight**2 for weight in weights.values()) for weights in idf],
            [sum(w[a] * w[b] for a, b in both) for w, both in zip(idf, pairs, strict=True)],
        )
        counts_BV = count_terms(texts_words, self._ids).toarray()
        return QueryBlock(
            counts_BV, count_terms(pairs, self._pairs), *(np.asarray(t, np.float64) + 1e-9 for t in totals)
        )

    def _idf(self, word: str) -> float:
        return float(self._idf_V[self._ids[word]]) if word in self._ids else self._unseen

    def _matches(
        self, block: QueryBlock, query_P: np.ndarray, doc_P: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Sums over the words that a query and a passage share: BM25, idf^2, and idf at the passage's beginning."""
        starts = self._counts_DV.indptr
        lengths_P = (starts[doc_P + 1] - starts[doc_P]).astype(np.int64)
        ends_P = np.cumsum(lengths_P)
        pair_M = np.repeat(np.arange(len(doc_P)), lengths_P)
        entry_M = np.arange(len(pair_M)) + np.repeat(starts[doc_P] - (ends_P - lengths_P), lengths_P)
        count_M = block.counts_BV[query_P[pair_M], self._counts_DV.indices[entry_M]]
        shared = np.flatnonzero(count_M)
        pair_M, entry_M, count_M = pair_M[shared], entry_M[shared], count_M[shared]
        idf_M = self._idf_V[self._counts_DV.indices[entry_M]]
        sums = (count_M * self._bm25_E[entry_M], idf_M**2, idf_M * self._early_E[entry_M])
        bm25_P, squares_P, early_P = (np.bincount(pair_M, values, minlength=len(doc_P)) for values in sums)
        return bm25_P, squares_P, early_P

    def _max_sims(self, queries: Sequence[str], query_P: np.ndarray, doc_P: np.ndarray) -> np.ndarray:
        tokens = self._encoders.terms.encode(queries)
        candidates = np.split(doc_P, np.searchsorted(query_P, np.arange(1, len(queries))))
        scores = self._max_sim.scores(tokens, range(len(queries)), candidates)
        totals = np.add.reduceat(np.append(tokens.weights_T, 0.0), tokens.offsets_R[:-1]) if len(queries) else []
        totals_B = np.where(np.diff(tokens.offsets_R) > 0, totals, 1.0)
        return np.concatenate([np.zeros(0), *scores]) / totals_B[query_P]

    def _bm25(self, options: PairOptions) -> np.ndarray:
        """BM25 weight of each entry of the counts."""
        counts = self._counts_DV
        length_D = self._lengths_D / max(self._lengths_D.mean(), 1e-9) if len(self._lengths_D) else self._lengths_D
        offset_E = np.repeat(options.k1 * (1 - options.b + options.b * length_D), np.diff(counts.indptr))
        return self._idf_V[counts.indices] * counts.data / (counts.data + offset_E)

    def _early(self, texts_words: list[list[str]], early_words: int) -> np.ndarray:
        """Whether each entry's word stands at the beginning of its passage, as 0 or 1."""
        early_DV = count_terms((set(text_words[:early_words]) for text_words in texts_words), self._ids)
        marked_DV = (self._counts_DV.sign() + early_DV).tocsr()  # the same entries: a beginning adds no word
        marked_DV.sort_indices()
        return marked_DV.data - 1


def _number(items: Iterable[T]) -> dict[T, int]:
    """Distinct items, sorted, with their row."""
    return {item: row for row, item in enumerate(sorted(set(items)))}


def _cosines(queries_BH: np.ndarray, passages_DH: np.ndarray, query_P: np.ndarray, doc_P: np.ndarray) -> np.ndarray:
    """Inner products of pairs, a few at a time so that they stay in the cache."""
    result_P = np.empty(len(doc_P), dtype=np.float32)
    for start in range(0, len(doc_P), 512):
        some = slice(start, start + 512)
        result_P[some] = np.einsum("ph,ph->p", queries_BH[query_P[some]], passages_DH[doc_P[some]])
    return result_P
