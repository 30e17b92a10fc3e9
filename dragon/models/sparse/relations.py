"""Related words, learnt from in-domain text: spelling variants, neighbours in meaning, and what questions say."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import svds

from dragon.models.sparse.words import words
from dragon.progress import progress

Related = dict[str, dict[str, float]]
"""Word -> related word -> strength in (0, 1]."""


ROWS_AT_ONCE = 1024


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

    def cosines(rows: np.ndarray) -> np.ndarray:
        cosine_RV = vectors_VH[rows] @ vectors_VH.T
        cosine_RV[np.arange(len(rows)), rows] = 0.0
        return cosine_RV

    return _strongest(vocabulary.kept, vocabulary.kept, cosines, options.similarity, options.neighbours)


def associations(pairs: Sequence[tuple[str, str]], options: RelationOptions) -> Related:
    """What a question says (related word) when the passage that answers it says something else (word)."""
    asked = Vocabulary.of([query for query, _ in pairs], 1, options.max_share)
    said = Vocabulary.of([passage for _, passage in pairs], options.support, options.max_share)
    query_PV, passage_PW = asked.counts_DV.sign(), said.counts_DV.sign()
    together = (passage_PW.T @ query_PV).tocoo()
    share = together.data / passage_PW.sum(axis=0)[together.row]
    lift = share * len(pairs) / query_PV.sum(axis=0)[together.col]
    found = (together.data >= options.support) & (lift >= options.lift)
    strength = np.minimum(1.0, options.gain * share[found])
    strength_WV = sparse.csr_array((strength, (together.row[found], together.col[found])), shape=together.shape)
    return _strongest(said.kept, asked.kept, lambda rows: strength_WV[rows].toarray(), 0.0, options.neighbours)


def merged(relations: Sequence[Related]) -> Related:
    """The union of several relations, without the pairs of a word and itself."""
    out: dict[str, dict[str, float]] = defaultdict(dict)
    for relation in relations:
        for word, others in relation.items():
            for other, strength in others.items():
                if other != word:
                    out[word][other] = max(strength, out[word].get(other, 0.0))
    return {word: dict(sorted(out[word].items())) for word in sorted(out)}


def _strongest(
    words_R: list[str], others_V: list[str], strengths: Callable[[np.ndarray], np.ndarray], least: float, most: int
) -> Related:
    """At most ``most`` others of each word, stronger than ``least``; ties by alphabet.

    ``strengths`` gives ``[rows, V]`` for some of the rows, so that a large vocabulary is never squared in memory.
    """
    related: Related = {}
    for start in progress(range(0, len(words_R), ROWS_AT_ONCE), desc="related words", unit="block"):
        rows = np.arange(start, min(start + ROWS_AT_ONCE, len(words_R)))
        strength_RV = np.round(strengths(rows), 6)  # equal words stay ties whatever the number of threads
        for row, strength_V in zip(rows, strength_RV, strict=True):
            order = np.argsort(-strength_V, kind="stable")[:most]
            found = {others_V[j]: round(min(1.0, float(strength_V[j])), 4) for j in order if strength_V[j] > least}
            related[words_R[row]] = found
    return related
