"""Which words of a passage a person repeats in a query: keep rates counted on training pairs."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from dragon.queries.words import Draw, PassageWords

Pair = tuple[list[str], list[int]]
"""A human query's words and the rows of its relevant passages."""


@dataclass(frozen=True)
class KeepRates:
    """The rate at which a content word of a passage stands in the passage's query.

    A word's own rate is shrunk towards the rate of words of its document frequency (octaves), by ``prior``
    occurrences. Words in more than ``common`` of all passages are function words and never copied.
    """

    frequency: Counter[str]
    kept: Counter[str]
    seen: Counter[str]
    octaves: dict[int, float]
    most: float
    prior: float

    @staticmethod
    def fit(passages: Sequence[PassageWords], pairs: Iterable[Pair], common: float, prior: float) -> "KeepRates":
        """Count on pairs."""
        frequency = Counter(word for passage in passages for word in passage.content)
        kept, seen = Counter[str](), Counter[str]()
        for query, rows in pairs:
            content = {word: None for row in rows for word in passages[row].content}
            seen.update(content.keys())
            kept.update(word for word in content if word in query)
        kept_by, seen_by = Counter[int](), Counter[int]()
        for word, count in seen.items():
            seen_by[frequency[word].bit_length()] += count
            kept_by[frequency[word].bit_length()] += kept[word]
        octaves = {octave: kept_by[octave] / count for octave, count in seen_by.items()}
        return KeepRates(frequency, kept, seen, octaves, common * len(passages), prior)

    def draw(self, passage: PassageWords, power: float = 1.0) -> Draw:
        """Content words of one passage, by frequency in it times keep rate."""
        weights = {
            word: count * self._rate(word)
            for word, count in passage.content.items()
            if self.frequency[word] <= self.most
        }
        return Draw.of({word: weight for word, weight in weights.items() if weight > 0}, power)

    def _rate(self, word: str) -> float:
        expected = self.octaves.get(self.frequency[word].bit_length(), 0.0)
        return (self.kept[word] + self.prior * expected) / (self.seen[word] + self.prior)
