"""What became of the claims: every comparison with its statistics and verdict, and the one that decides."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from dragon.reporting.claim_values import Measured
from dragon.reporting.claims import ClaimSpec, ClaimsSpec, Place, paper_difference

VERDICTS = ("confirmed", "direction only", "not confirmed", "reversed", "not run")
"""As ``dragon.evaluation.verdicts`` gives them, best first."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """One comparison, left minus right; fractions where the claim's unit is points, else in its unit.

    low, high     95 % interval; p_value two-sided, p_holm adjusted within the family; queries: number of pairs.
                  None for qualities, the p values for ties and intervals too
    effect_ratio  our difference divided by the paper's; None where it prints none, or 0
    seeds_spread  standard deviation of the difference over seeds
    """

    left: str
    right: str | None
    paper_difference: float | None
    difference: float | None
    low: float | None = None
    high: float | None = None
    p_value: float | None = None
    p_holm: float | None = None
    queries: int | None = None
    effect_ratio: float | None = None
    seeds_spread: float | None = None
    verdict: str = ""
    reason: str = ""

    @classmethod
    def of(cls, pair: Measured, statistics: Mapping[str, Any]) -> "Outcome":
        """From what was measured and, for systems, ``difference``, ``low``, ``high``, ``p_value`` and ``queries``."""
        printed = paper_difference(pair.left, pair.right)
        paper = None if printed is None else printed / pair.claim.factor
        known = {"difference": pair.difference, **statistics}
        if not pair.claim.signed:
            known["p_value"] = None
        ours = known["difference"]
        return cls(
            left=pair.left.name,
            right=pair.right.name if pair.right else None,
            paper_difference=paper,
            effect_ratio=ours / paper if paper and ours is not None else None,
            seeds_spread=pair.spread,
            reason=pair.reason,
            **known,
        )


@dataclass(frozen=True, kw_only=True)
class Result:
    """A claim, its comparisons in the order of its sides, and the number of the one that decides."""

    claim: ClaimSpec
    place: Place | None
    outcomes: tuple[Outcome, ...]
    decides: int

    @property
    def decisive(self) -> Outcome:
        return self.outcomes[self.decides]

    @property
    def verdict(self) -> str:
        return self.decisive.verdict

    @property
    def bounds(self) -> tuple[float | None, float | None] | None:
        """Of a tie or an interval, in the unit of its outcomes."""
        if self.claim.signed:
            return None
        low, high = (None if end is None else end / self.claim.factor for end in self.claim.limits)
        return low, high

    def plain(self) -> dict[str, Any]:
        """Everything as JSON: the claim, the comparison that decides, and all comparisons."""
        claim, sides = self.claim, self.claim.sides
        words = {key: getattr(claim, key) for key in ("id", "quote", "section", "family", "kind", "unit", "doubt")}
        return {
            **words,
            "at": asdict(self.place) if self.place else None,
            "cells": [asdict(cell) for side in sides for cell in side.cells],
            "bounds": self.bounds,
            **asdict(self.decisive),
            "systems": list(dict.fromkeys(name for side in sides for name in side.systems)),
            "suites": [self.place.suite] if self.place else [],
            "qualities": list(dict.fromkeys(name for side in sides for name in side.quality)),
            "comparisons": [asdict(one) for one in self.outcomes],
        }


def as_json(spec: ClaimsSpec, results: Sequence[Result]) -> dict[str, Any]:
    """``quality/claims.json``: the settings of the tests, the families, and every claim in the order of the file."""
    settings = {key: getattr(spec, key) for key in ("samples", "resamples", "seed", "alpha", "families")}
    return {**settings, "claims": [result.plain() for result in results]}
