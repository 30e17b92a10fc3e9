"""What a test says about a sentence: one of five verdicts, and Holm's correction within a family."""

from collections.abc import Hashable, Sequence

import numpy as np

CONFIRMED = "confirmed"
DIRECTION_ONLY = "direction only"
NOT_CONFIRMED = "not confirmed"
REVERSED = "reversed"
NOT_RUN = "not run"
VERDICTS = (CONFIRMED, DIRECTION_ONLY, NOT_CONFIRMED, REVERSED, NOT_RUN)
"""Best first."""


def of_sign(difference: float, p_value: float | None, alpha: float) -> str:
    """Verdict on "the difference is above 0", two-sided ``p_value`` adjusted; without one it can only be a direction.

    Confirmed and reversed are significant; direction only and not confirmed (0 included) are not.
    """
    significant = p_value is not None and p_value < alpha
    if difference > 0:
        return CONFIRMED if significant else DIRECTION_ONLY
    return REVERSED if significant and difference < 0 else NOT_CONFIRMED


def of_bounds(value: float, interval: tuple[float, float] | None, bounds: tuple[float | None, float | None]) -> str:
    """Verdict on "the value lies within the bounds", ends included, None being open; a tie has bounds -m and m.

    Confirmed: the whole interval lies inside; reversed: all of it outside. Else the value itself decides between
    direction only and not confirmed, as it does where there is no interval.
    """
    lower, upper = (-np.inf if bounds[0] is None else bounds[0]), (np.inf if bounds[1] is None else bounds[1])
    if interval is not None and lower <= interval[0] and interval[1] <= upper:
        return CONFIRMED
    if interval is not None and (interval[1] < lower or upper < interval[0]):
        return REVERSED
    return DIRECTION_ONLY if lower <= value <= upper else NOT_CONFIRMED


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm's step-down adjusted p values (Scandinavian Journal of Statistics, 1979), in the order given."""
    given = np.asarray(p_values, dtype=np.float64)
    order = np.argsort(given, kind="stable")
    steps = given[order] * np.arange(len(given), 0, -1)
    adjusted = np.empty(len(given))
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1.0)
    return [float(p) for p in adjusted]


def holm_by_family(
    families: Sequence[str], hypotheses: Sequence[Hashable], p_values: Sequence[float | None]
) -> list[float | None]:
    """Holm's p values within each family; what stands in a family twice is one hypothesis; None stays None."""
    keys = list(zip(families, hypotheses, strict=True))
    raw = {key: p for key, p in zip(keys, p_values, strict=True) if p is not None}
    adjusted: dict[tuple[str, Hashable], float] = {}
    for family in dict.fromkeys(families):
        own = {key: p for key, p in raw.items() if key[0] == family}
        adjusted |= zip(own, holm(list(own.values())), strict=True)
    return [None if p is None else adjusted[key] for key, p in zip(keys, p_values, strict=True)]


def worst(verdicts: Sequence[str], p_values: Sequence[float | None]) -> int:
    """Which of several comparisons decides: the worst verdict, among those the largest p value, then the first."""
    ranked = [
        (VERDICTS.index(verdict), -1.0 if p is None else p) for verdict, p in zip(verdicts, p_values, strict=True)
    ]
    return ranked.index(max(ranked))
