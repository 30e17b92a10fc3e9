"""Trigram counts over human queries, where rare words are one class that a passage fills."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

START, END, RARE = "<s>", "</s>", "<rare>"
Counts = dict[tuple[str, ...], dict[str, float]]


@dataclass(frozen=True)
class QueryLanguage:
    """``counts[order][history][word]``: how often a word followed its last ``order`` words (2, 1 or 0)."""

    vocabulary: frozenset[str]
    counts: dict[int, Counts]

    @staticmethod
    def fit(queries: Iterable[list[str]], rare: int) -> "QueryLanguage":
        """Count; words that stand in fewer than ``rare`` places are the class ``RARE``."""
        rows = list(queries)
        frequency = Counter(word for row in rows for word in row)
        vocabulary = frozenset(word for word, count in frequency.items() if count >= rare)
        language = QueryLanguage(vocabulary, {order: defaultdict(lambda: defaultdict(float)) for order in (2, 1, 0)})
        for row in rows:
            path = [START, START, *map(language.token, row), END]
            for place in range(2, len(path)):
                for order, counts in language.counts.items():
                    counts[tuple(path[place - order : place])][path[place]] += 1.0
        return language

    def token(self, word: str) -> str:
        """The word itself, or the class of rare words."""
        return word if word in self.vocabulary or word == START else RARE

    def history(self, path: Sequence[str]) -> tuple[str, str]:
        """The last two words as the counts know them."""
        return self.token(path[-2]), self.token(path[-1])

    def after(self, order: int, history: tuple[str, str]) -> dict[str, float]:
        """What followed the last ``order`` of two words, with counts; empty when they were never seen."""
        return self.counts[order].get(history[2 - order :], {})
