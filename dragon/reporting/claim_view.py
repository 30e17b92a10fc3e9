"""``quality/claims.json`` as texts for the page: the comparison that decides a claim first, then all of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

VERDICTS = ("confirmed", "direction only", "not confirmed", "reversed", "not run")
"""In the order in which they are counted."""
Entry = Mapping[str, Any]


@dataclass(frozen=True)
class ComparisonView:
    """One comparison, left minus right (nothing for a value by itself); numbers as texts in the claim's unit."""

    left: str
    right: str
    paper: str
    ours: str
    interval: str
    p_value: str
    p_holm: str
    ratio: str
    spread: str
    queries: str
    verdict: str
    reason: str


@dataclass(frozen=True)
class ClaimView:
    """One sentence; ``relation`` stands between the sides of a comparison and ``limits`` after them."""

    id: str
    quote: str
    section: str
    family: str
    about: str
    relation: str
    limits: str
    place: str
    cells: str
    unit: str
    doubt: str
    decisive: ComparisonView
    comparisons: tuple[ComparisonView, ...]

    @property
    def verdict(self) -> str:
        return self.decisive.verdict


def views(found: Mapping[str, Any]) -> list[ClaimView]:
    """Every claim of the file, in its order."""
    return [_view(one, found["families"]) for one in found["claims"]]


def counts(found: Mapping[str, Any]) -> dict[str, int]:
    """How many claims have each verdict, in the order of ``VERDICTS``; a verdict that none has is left out."""
    verdicts = [one["verdict"] for one in found["claims"]]
    return {verdict: verdicts.count(verdict) for verdict in VERDICTS if verdict in verdicts}


def _view(one: Entry, families: Mapping[str, str]) -> ClaimView:
    return ClaimView(
        id=one["id"],
        quote=one["quote"],
        section=one["section"],
        family=one["family"],
        about=families[one["family"]],
        relation=_relation(one)[0],
        limits=_relation(one)[1],
        place=" ".join(one["at"].values()) if one["at"] else "",
        cells=_cells(one["cells"]),
        unit=one["unit"],
        doubt=one["doubt"],
        decisive=_comparison(one, one["unit"]),
        comparisons=tuple(_comparison(each, one["unit"]) for each in one["comparisons"]),
    )


def _comparison(one: Entry, unit: str) -> ComparisonView:
    factor = _factor(unit)
    signed = "+.1f" if one["right"] else ".1f"
    ends = [_number(one[key], signed, factor) for key in ("low", "high")]
    return ComparisonView(
        left=one["left"],
        right=one["right"] or "",
        paper=_number(one["paper_difference"], signed, factor),
        ours=_number(one["difference"], signed, factor),
        interval=" to ".join(ends) if all(ends) else "",
        p_value=_p(one["p_value"]),
        p_holm=_p(one["p_holm"]),
        ratio=_number(one["effect_ratio"], ".2f"),
        spread=_number(one["seeds_spread"], ".1f", factor),
        queries="" if one["queries"] is None else f"{one['queries']:,}",
        verdict=one["verdict"],
        reason=one["reason"],
    )


def _relation(one: Entry) -> tuple[str, str]:
    """(between the sides, after them): ``>`` for a sign, ``=`` and ``± 0.5`` for a tie, ``minus`` and bounds else."""
    if one["kind"] in ("difference", "ordering"):
        return ">", ""
    low, high = (None if end is None else _factor(one["unit"]) * end for end in one["bounds"])
    if one["kind"] == "tie":
        return "=", f"± {high:g}"
    ends = [f"at least {low:g}" if low is not None else "", f"at most {high:g}" if high is not None else ""]
    return "minus" if one["right"] else "", " and ".join(filter(None, ends))


def _factor(unit: str) -> float:
    return 100.0 if unit == "points" else 1.0


def _cells(cells: Sequence[Entry]) -> str:
    """``Table 2 BEIR-13; Table 3 (0) ...`` without repetitions."""
    names = (f"{one['table'].replace('table', 'Table ')} {one['row']}" for one in cells)
    return "; ".join(dict.fromkeys(names))


def _number(value: float | None, form: str, factor: float = 1.0) -> str:
    """A number, or nothing; what rounds to nothing is ``+0.0``."""
    decimals = int(form[-2])
    return "" if value is None else format(round(factor * value, decimals) + 0.0, form)


def _p(value: float | None) -> str:
    return "< 0.0001" if value is not None and value < 0.0001 else _number(value, ".4f")
