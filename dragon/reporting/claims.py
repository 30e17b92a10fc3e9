"""``reports/claims.yaml``, read strictly: sentences of the paper, and what would bear each of them out."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from dragon import typed
from dragon.artifacts import Layout
from dragon.config import read_yaml
from dragon.errors import ConfigError
from dragon.registry import unknown

SPEC = Path("reports/claims.yaml")
QUOTE_WORDS = 12
_NUMBER = re.compile(r"\d+(\.\d+)?")


@dataclass(frozen=True, kw_only=True)
class PaperCell:
    """A cell of the paper's tables.

    table   ``reports/tables/<table>.yaml``
    row     the row's label, or where labels repeat a text in it
    column  0 is the first after the stub
    under   the span line above the row, where rows repeat
    paper   what is printed there, to the letter
    """

    table: str
    row: str
    column: int
    paper: str
    under: str = ""

    @property
    def number(self) -> float | None:
        """``39.9*`` is 39.9, ``< 1`` counts as 1; None where no number is printed."""
        found = _NUMBER.search(self.paper)
        return float(found[0]) if found else None


@dataclass(frozen=True, kw_only=True)
class Side:
    """One value: a system's effectiveness, or a measured quality.

    system, minus  a system, and another that is taken from it query by query
    quality, key   ``quality/<name>.json`` and the path of keys in it; of several files the sum
    cells          the paper's numbers of the same: first minus second with ``minus``, else their sum
    """

    system: str = ""
    minus: str = ""
    quality: tuple[str, ...] = ()
    key: tuple[str, ...] = ()
    cells: tuple[PaperCell, ...] = ()

    @property
    def name(self) -> str:
        """How results call it."""
        if self.system:
            return f"{self.system} - {self.minus}" if self.minus else self.system
        return f"{' + '.join(self.quality)}: {' '.join(self.key)}"

    @property
    def systems(self) -> tuple[str, ...]:
        return tuple(filter(None, (self.system, self.minus)))

    @property
    def paper(self) -> float | None:
        """The paper's value in the unit that it prints, or None where it prints none."""
        numbers = [cell.number for cell in self.cells]
        if not numbers or None in numbers:
            return None
        return numbers[0] - numbers[1] if self.minus else sum(numbers)


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a system is measured: one test of a suite, or its ``mean``."""

    suite: str
    test: str
    measure: str


@dataclass(frozen=True, kw_only=True)
class ClaimSpec:
    """One sentence and its test.

    kind  difference: the first side is above each of the others; ordering: each is above the next; tie: the first
          differs from each of the others by at most ``margin``; interval: its difference from each of the others, or
          the value itself of a single side, lies within ``bounds``. The worst comparison decides.
    at    a place of the file, for sides that are systems
    unit  of margin, bounds, ``by`` and the paper's numbers: points (a fraction times 100), ms, or a plain number
    by    how much a quality must be above another; a sum of lists, for one, cannot be below its parts
    doubt why the sentence is doubtful, with its number in docs/discrepancies.md where it has one
    """

    id: str
    quote: str
    section: str
    family: str
    kind: Literal["difference", "ordering", "tie", "interval"]
    sides: tuple[Side, ...]
    at: str = ""
    unit: Literal["points", "ms", "number"] = "points"
    margin: float | None = None
    bounds: tuple[float | None, float | None] | None = None
    by: float = 0.0
    doubt: str = ""

    @property
    def signed(self) -> bool:
        """Whether it is about a sign, and so has a p value."""
        return self.kind in ("difference", "ordering")

    @property
    def factor(self) -> float:
        """Measured value -> the paper's unit."""
        return 100.0 if self.unit == "points" else 1.0

    @property
    def limits(self) -> tuple[float | None, float | None]:
        """Bounds of a tie or an interval in the claim's unit; None is open."""
        if self.margin is not None:
            return -self.margin, self.margin
        return self.bounds or (None, None)

    def pairs(self) -> list[tuple[Side, Side | None]]:
        """Comparisons, left minus right; a single side is compared with nothing."""
        if len(self.sides) == 1:
            return [(self.sides[0], None)]
        lefts = self.sides[:-1] if self.kind == "ordering" else self.sides[:1] * (len(self.sides) - 1)
        return list(zip(lefts, self.sides[1:], strict=True))


@dataclass(frozen=True, kw_only=True)
class ClaimsSpec:
    """``reports/claims.yaml``."""

    samples: int
    """Sign patterns of a randomisation test."""
    resamples: int
    """Bootstrap draws of an interval."""
    seed: int
    alpha: float
    families: dict[str, str]
    """Name -> what its claims are about; p values are corrected within a family."""
    places: dict[str, Place]
    claims: tuple[ClaimSpec, ...]

    @classmethod
    def load(cls, root: Path = Path()) -> "ClaimsSpec":
        """Read and check the file.

        Raises:
            ConfigError: one line with the file, the claim, what was found and what is allowed.
        """
        spec = typed.build(cls, read_yaml(root / SPEC), f"{SPEC}:")
        ids = [claim.id for claim in spec.claims]
        for claim in spec.claims:
            where = f"{SPEC}: claims.{claim.id}"
            if ids.count(claim.id) > 1:
                raise ConfigError(f"{where}: stands twice; allowed: once")
            check(claim, spec, where)
        return spec

    def systems(self) -> list[str]:
        """Systems that claims are about, in order of first use."""
        return list(dict.fromkeys(name for side in self._sides() for name in side.systems))

    def inputs(self, layout: Layout) -> list[Path]:
        """Metric files, folders of per-query values and quality files, in order of first use."""
        paths = (path for claim in self.claims for side in claim.sides for path in self._reads(claim, side, layout))
        return list(dict.fromkeys(paths))

    def _sides(self) -> Iterator[Side]:
        for claim in self.claims:
            yield from claim.sides

    def _reads(self, claim: ClaimSpec, side: Side, layout: Layout) -> Iterator[Path]:
        for system in side.systems:
            suite = self.places[claim.at].suite
            yield layout.metrics(system, suite)
            yield layout.runs(system, suite)
        for quality in side.quality:
            yield layout.quality(quality)


def check(claim: ClaimSpec, spec: ClaimsSpec, where: str) -> None:
    """Raise ConfigError for a claim that could not be tested as it stands."""
    if claim.family not in spec.families:
        raise unknown(f"{where}.family", claim.family, spec.families)
    if claim.at and claim.at not in spec.places:
        raise unknown(f"{where}.at", claim.at, spec.places)
    rules = {
        f"quote: allowed: 1 to {QUOTE_WORDS} words": 1 <= len(claim.quote.split()) <= QUOTE_WORDS,
        "sides: allowed: two or more, one for an interval": len(claim.sides) > (claim.kind != "interval"),
        "margin: a tie states it, nothing else does": (claim.margin is not None) == (claim.kind == "tie"),
        "bounds: an interval states them, nothing else does": (claim.bounds is not None) == (claim.kind == "interval"),
        "at: systems need a place, qualities have none": all(
            bool(side.system) == bool(claim.at) for side in claim.sides
        ),
        "sides: allowed: each a system, or qualities with a key": all(map(_whole, claim.sides)),
        "by: allowed: in a difference or ordering of qualities": not claim.by or (claim.signed and not claim.at),
        "doubt: the paper's own numbers say otherwise; say so": bool(claim.doubt) or not _contradicted(claim),
    }
    for rule, holds in rules.items():
        if not holds:
            raise ConfigError(f"{where}.{rule}")


def paper_difference(left: Side, right: Side | None) -> float | None:
    """The paper's number for a comparison, in its unit, or None where it prints none."""
    if right is None:
        return left.paper
    return None if left.paper is None or right.paper is None else round(left.paper - right.paper, 6)


def _whole(side: Side) -> bool:
    if side.system:
        return not side.quality and not side.key
    return bool(side.quality and side.key) and not side.minus


def _contradicted(claim: ClaimSpec) -> bool:
    """Whether some of the paper's own numbers, as printed, do not bear the sentence out."""
    found = [number for pair in claim.pairs() if (number := paper_difference(*pair)) is not None]
    lower, upper = claim.limits
    if claim.signed:
        return any(number <= claim.by for number in found)
    return any((lower is not None and n < lower) or (upper is not None and n > upper) for n in found)
