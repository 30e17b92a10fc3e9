"""Related words, learnt from in-domain text: spelling variants, neighbours in meaning, and what questions say."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import svds

from dragon.models.sparse.words import words

Related = dict[str, dict[str, float]]
"""Word -> related word -> strength in (0, 1]."""


@dataclass(frozen=True, kw_only=True)
class RelationOptions:
    """How words come to be related; ``options.encoder.relations``."""

    min_passages: int
    """A word in fewer passages has neighbours by spelling only."""
    max_share: float
    """A word in a greater share of the passages (or of the queries) is nobody's neighbour."""
    dimensions: int
    """Of the word vectors."""
    neighbours: int
    """Most neighbours in meaning, and most associations, of one word."""
    similarity: float
    """Least cosine of a neighbour in meaning."""
    support: int
    """Least number of training pairs behind an association."""
    lift: float
    """Least ratio of P(word in query | word in passage) to P(word in query)."""
    gain: float
    """An association's strength is this times P(word in query | word in passage), at most 1."""


def fit_relations(passages: Sequence[str], pairs: Sequence[tuple[str, str]], options: RelationOptions) -> Related:
    """All three relations; where two relate the same words, the greater strength holds.

    Args:
        passages: D texts.
        pairs: a training query's text with the text of a passage that answers it.
        options: see there.
    """
    counts = Vocabulary.of(passages, options.min_passages, options.max_share)
    return merged([variants(counts.all_words), neighbours(counts, options), associations(pairs, options)])


@dataclass(frozen=True)
class Vocabulary:
    """V words that are neither too rare nor too frequent, and their counts, float64 ``[D, V]``."""

    all_words: list[str]
    kept: list[str]
    counts_DV: sparse.csr_array

    @classmethod
    def of(cls, texts: Sequence[str], least: int, share: float) -> "Vocabulary":
        """Words in at least ``least`` texts and at most a ``share`` of them, in alphabetical order."""
        tokens = [words(text) for text in texts]
        frequency = Counter(word for token in tokens for word in set(token))
        kept = sorted(word for word, df in frequency.items() if least <= df <= share * len(texts))
        column = {word: i for i, word in enumerate(kept)}
        rows = [(row, column[word]) for row, token in enumerate(tokens) for word in token if word in column]
        row, col = np.array(rows, dtype=np.int64).reshape(-1, 2).T
        counts = sparse.csr_array((np.ones(len(row)), (row, col)), shape=(len(texts), len(kept)))
        counts.sum_duplicates()
        return cls(sorted(frequency), kept, counts)


def variants(vocabulary: Iterable[str]) -> Related:
    """Singular and plural forms of one word, strength 1."""
    families = defaultdict(list)
    for word in vocabulary:
        families[singular(word)].append(word)
    return {word: {other: 1.0 for other in family if other != word} for family in families.values() for word in family}


def singular(word: str) -> str:
    """Harman's S stemmer ("How effective is suffixing?", JASIS 42, 1991, table 1)."""
    if word.endswith("ies") and not word.endswith(("eies", "aies")):
        return word[:-3] + "y"
    if word.endswith("es") and not word.endswith(("aes", "ees", "oes")):
        return word[:-1]
    if word.endswith("s") and not word.endswith(("us", "ss")):
        return word[:-1]
    return word


def neighbours(vocabulary: Vocabulary, options: RelationOptions) -> Related:
    """Words whose vectors (SVD of the passage x word log-tf-idf matrix, rows of length 1) point the same way."""
    weights = vocabulary.counts_DV.copy()
    size = min(options.dimensions, min(weights.shape) - 1)
    if size < 1:
        return {}
    frequency_V = np.bincount(weights.indices, minlength=weights.shape[1])
    weights.data = 1 + np.log(weights.data)
    weights = weights @ sparse.diags_array(np.log(weights.shape[0] / frequency_V))
    length_D = np.sqrt(np.asarray(weights.multiply(weights).sum(axis=1)).ravel())
    weights = sparse.diags_array(1 / np.maximum(length_D, 1e-12)) @ weights
    _, singular_H, vectors_HV = svds(weights.tocsc(), k=size, v0=np.ones(min(weights.shape)))
    vectors_VH = vectors_HV.T * singular_H
    vectors_VH /= np.maximum(np.linalg.norm(vectors_VH, axis=1, keepdims=True), 1e-12)
    cosine_VV = vectors_VH @ vectors_VH.T
    np.fill_diagonal(cosine_VV, 0.0)
    return _strongest(vocabulary.kept, vocabulary.kept, cosine_VV, options.similarity, options.neighbours)


def associations(pairs: Sequence[tuple[str, str]], options: RelationOptions) -> Related:
    """What a question says (related word) when the passage that answers it says something else (word)."""
    asked = Vocabulary.of([query for query, _ in pairs], 1, options.max_share)
    said = Vocabulary.of([passage for _, passage in pairs], options.support, options.max_share)
    query_PV, passage_PW = asked.counts_DV.sign(), said.counts_DV.sign()
    together = (passage_PW.T @ query_PV).tocoo()
    share = together.data / passage_PW.sum(axis=0)[together.row]
    lift = share * len(pairs) / query_PV.sum(axis=0)[together.col]
    found = (together.data >= options.support) & (lift >= options.lift)
    strength_WV = np.zeros(together.shape)
    strength_WV[together.row[found], together.col[found]] = np.minimum(1.0, options.gain * share[found])
    return _strongest(said.kept, asked.kept, strength_WV, 0.0, options.neighbours)


def merged(relations: Sequence[Related]) -> Related:
    """The union of several relations, without the pairs of a word and itself."""
    out: dict[str, dict[str, float]] = defaultdict(dict)
    for relation in relations:
        for word, others in relation.items():
            for other, strength in others.items():
                if other != word:
                    out[word][other] = max(strength, out[word].get(other, 0.0))
    return {word: dict(sorted(out[word].items())) for word in sorted(out)}


def _strongest(rows: list[str], columns: list[str], strength: np.ndarray, least: float, most: int) -> Related:
    """At most ``most`` columns of each row, stronger than ``least``; ties by alphabet."""
    order = np.argsort(-strength, axis=1, kind="stable")[:, :most]
    return {
        word: {columns[j]: round(min(1.0, float(strength[i, j])), 4) for j in order[i] if strength[i, j] > least}
        for i, word in enumerate(rows)
    }
