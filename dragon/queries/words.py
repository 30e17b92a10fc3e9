"""The words of queries and passages as the query generator sees them."""

import re
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import accumulate, pairwise

_WORD = re.compile(r"[A-Za-z0-9_]+(?:[-'./][A-Za-z0-9_]+)*")
_CONTENT = re.compile(r"[A-Za-z][A-Za-z0-9_'/-]{2,}")
_GAP = re.compile(r"\s+")


def words(text: str) -> list[str]:
    """Words in lower case; punctuation is dropped."""
    return [word.lower() for word in _WORD.findall(text)]


def surface_forms(texts: Iterable[str]) -> dict[str, str]:
    """For every word the spelling that is most frequent in the texts (the first of equals)."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for text in texts:
        for form in _WORD.findall(text):
            counts[form.lower()][form] += 1
    return {word: found.most_common(1)[0][0] for word, found in counts.items()}


@dataclass(frozen=True)
class Draw:
    """A discrete distribution over ``shares``, whose running sums are ``cumulative``."""

    shares: dict[str, float]
    items: list[str]
    cumulative: list[float]

    @staticmethod
    def of(weights: Mapping[str, float], power: float = 1.0) -> "Draw":
        """Shares proportional to ``weight ** power``; without weights an empty distribution."""
        powered = {item: weight**power for item, weight in weights.items()}
        total = sum(powered.values())
        shares = {item: weight / total for item, weight in powered.items()}
        return Draw(shares, list(shares), list(accumulate(shares.values())))

    def pick(self, uniform: float) -> str:
        """The item at a place in [0, 1) of the running sums."""
        return self.items[min(bisect_right(self.cumulative, uniform), len(self.items) - 1)]


@dataclass(frozen=True)
class PassageWords:
    """What a generated query can take from one passage.

    ``content``    content words with their frequency, in order of first occurrence
    ``following``  for every word the words that come after it in one clause, with their frequency
    """

    content: dict[str, int]
    following: Mapping[str, Mapping[str, float]]

    @staticmethod
    def of(text: str) -> "PassageWords":
        """Read one passage."""
        found = list(_WORD.finditer(text))
        content = Counter(m.group().lower() for m in found if _CONTENT.fullmatch(m.group()))
        following: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
        for left, right in pairwise(found):
            if _GAP.fullmatch(text, left.end(), right.start()):
                following[left.group().lower()][right.group().lower()] += 1.0
        return PassageWords(dict(content), {word: dict(after) for word, after in following.items()})
