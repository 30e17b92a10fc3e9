"""A query generator fitted on human pairs of query and passage: a mixture of what queries say and what a passage says.

The next word comes from one of five components: the trigram, bigram or unigram of human queries, a content word
of the passage, or the word that follows the last one in the passage. Their weights depend on the context and are
estimated by EM on pairs that the counts have not seen (deleted interpolation, Jelinek and Mercer 1980).
"""

import math
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from dragon.progress import progress
from dragon.queries.copying import KeepRates, Pair
from dragon.queries.language import END, RARE, START, QueryLanguage
from dragon.queries.words import Draw, PassageWords

COMPONENTS = ("trigram", "bigram", "unigram", "copied", "following")
BIGRAM, UNIGRAM = 1, 2
_EM_STEPS = 30
_NOTHING = Draw.of({})
Context = tuple[int, bool, bool]


@dataclass(frozen=True)
class Counted:
    """The two sets of counts, and the passages they are about."""

    language: QueryLanguage
    rates: KeepRates
    passages: Sequence[PassageWords]

    def context(self, path: Sequence[str], passage: PassageWords) -> Context:
        """What weights depend on: how often the history was seen, whether its last word is rare or in the passage."""
        history = self.language.history(path)
        seen = min(int(sum(self.language.after(2, history).values())).bit_length(), 4)
        return seen, history[1] == RARE, path[-1] in passage.following

    def shares(self, path: Sequence[str], word: str, passage: PassageWords, copied: Draw) -> list[float]:
        """Probability of ``word`` after ``path`` under each component."""
        history = self.language.history(path)
        copy = copied.shares.get(word, 0.0)
        found = []
        for order in (2, 1, 0):
            after = self.language.after(order, history)
            count = after.get(word, 0.0) + after.get(RARE, 0.0) * copy
            found.append(count / sum(after.values()) if after else 0.0)
        follows = passage.following.get(path[-1], {})
        return [*found, copy, follows.get(word, 0.0) / sum(follows.values()) if follows else 0.0]


def estimate(counted: Counted, pairs: Sequence[Pair], prior: float) -> dict[Context, np.ndarray]:
    """Weights of the components in every context, float64 ``[5]``, by EM on held-out pairs.

    A context's weights are shrunk towards those of all contexts together by ``prior`` words.
    """
    rows: dict[Context, list[list[float]]] = defaultdict(list)
    for query, passage_rows in progress(pairs, "fitting the query generator", "pair"):
        passage = counted.passages[passage_rows[0]]
        copied, path = counted.rates.draw(passage), [START, START, *query, END]
        for place in range(2, len(path)):
            context = counted.context(path[:place], passage)
            rows[context].append(counted.shares(path[:place], path[place], passage, copied))
    shares = {context: np.array(found) for context, found in sorted(rows.items())}
    everything = _em(np.concatenate(list(shares.values())), np.full(len(COMPONENTS), 1 / len(COMPONENTS)), 0.0)
    return {context: _em(found, everything, prior) for context, found in shares.items()}


def _em(shares_WC: np.ndarray, start: np.ndarray, prior: float) -> np.ndarray:
    """Mixture weights of C components over W words; words that no component gives tell nothing."""
    shares_WC = shares_WC[shares_WC.sum(axis=1) > 0]
    weights = start
    for _ in range(_EM_STEPS):
        parts = shares_WC * weights
        total = (parts / np.maximum(parts.sum(axis=1, keepdims=True), 1e-300)).sum(axis=0) + prior * start
        weights = total / total.sum()
    return weights


@dataclass(frozen=True)
class Generator:
    """Samples queries; ``power`` above 1 sharpens every distribution (1 / temperature)."""

    counted: Counted
    weights: dict[Context, np.ndarray]
    power: float

    @staticmethod
    def fit(
        passages: Sequence[PassageWords], pairs: Sequence[Pair], held_out: Sequence[Pair], options: "Fit"
    ) -> "Generator":
        """Estimate weights with counts of ``pairs`` on ``held_out``, then count both."""
        weights = estimate(_count(passages, pairs, options), held_out, options.prior)
        return Generator(_count(passages, [*pairs, *held_out], options), weights, 1.0 / options.temperature)

    @cached_property
    def _sharpened(self) -> dict[Context, list[float]]:
        return {context: (found**self.power).tolist() for context, found in self.weights.items()}

    @cached_property
    def _elsewhere(self) -> list[float]:
        return np.mean(list(self._sharpened.values()), axis=0).tolist()

    @cached_property
    def _drawn(self) -> dict[tuple[int, tuple[str, ...]], Draw]:
        return {}

    def specificity(self, query: Sequence[str], row: int) -> float:
        """Mean over the query's words of their idf in the corpus, where the passage has them; else nothing."""
        content, frequency = self.counted.passages[row].content, self.counted.rates.frequency
        total = len(self.counted.passages)
        return sum(math.log(total / frequency[word]) for word in query if word in content) / max(len(query), 1)

    def sampler(self, row: int) -> Callable[[np.ndarray], list[str] | None]:
        """A function that samples words of one query for passage ``row``.

        It takes float64 ``[steps, 3]`` in [0, 1), which decide everything, and gives None when the query does not end
        within the steps, uses a content word twice, or needs a word that the passage does not have.
        """
        passage = self.counted.passages[row]
        copied = self.counted.rates.draw(passage, self.power)
        following = {word: Draw.of(after, self.power) for word, after in passage.following.items()}

        def sample(uniforms: np.ndarray) -> list[str] | None:
            query: list[str] = []
            for chance in uniforms.tolist():
                word = self._next([START, START, *query], passage, copied, following, chance)
                if word == END:
                    return query
                if word == RARE or (word in query and word in passage.content):
                    return None
                query.append(word)
            return None

        return sample

    def _next(
        self, path: list[str], passage: PassageWords, copied: Draw, following: dict[str, Draw], chance: list[float]
    ) -> str:
        """The next word after ``path``: a component, a place in it, and what fills the class of rare words."""
        history = self.counted.language.history(path)
        weights = self._sharpened.get(self.counted.context(path, passage), self._elsewhere)
        draws = [*(self._language(order, history) for order in (2, 1, 0)), copied, following.get(path[-1], _NOTHING)]
        usable = {which: weight for which, weight in enumerate(weights) if draws[which].items}
        if usable.get(BIGRAM):
            del usable[UNIGRAM]  # unigrams explain rare contexts; sampled, they break the sentence
        word = draws[Draw.of(usable).pick(chance[0])].pick(chance[1])
        return copied.pick(chance[2]) if word == RARE and copied.items else word

    def _language(self, order: int, history: tuple[str, str]) -> Draw:
        key = (order, history[2 - order :])
        if key not in self._drawn:
            self._drawn[key] = Draw.of(self.counted.language.after(order, history), self.power)
        return self._drawn[key]


@dataclass(frozen=True, kw_only=True)
class Fit:
    """How the generator is fitted."""

    rare: int
    """A word that stands in fewer places of the human queries belongs to the passage."""
    common: float
    """Words in a larger share of the passages are never copied."""
    prior: float
    """Shrinks keep rates and mixture weights: so many pretended observations."""
    temperature: float


def _count(passages: Sequence[PassageWords], pairs: Sequence[Pair], options: Fit) -> Counted:
    language = QueryLanguage.fit((query for query, _ in pairs), options.rare)
    return Counted(language, KeepRates.fit(passages, pairs, options.common, options.prior), passages)
