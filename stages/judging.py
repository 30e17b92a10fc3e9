"""Statistics and verdicts of the paper's sentences: of every comparison first, then of the claim, its worst one's."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from itertools import groupby

from dragon.evaluation import verdicts
from dragon.evaluation.significance import compare_all
from dragon.reporting.claim_results import Outcome, Result
from dragon.reporting.claim_values import Measured
from dragon.reporting.claims import ClaimsSpec


def judged(pairs: Sequence[Measured], spec: ClaimsSpec) -> list[Result]:
    """Every claim with its comparisons, p values corrected (Holm) within each family."""
    found = iter(compare_all([p.per_query for p in pairs if p.per_query], spec.samples, spec.seed, spec.resamples))
    tested = [Outcome.of(pair, asdict(next(found)) if pair.per_query else {}) for pair in pairs]
    families = [pair.claim.family for pair in pairs]
    same = [(pair.claim.at, one.left, one.right) for pair, one in zip(pairs, tested, strict=True)]
    adjusted = verdicts.holm_by_family(families, same, [one.p_value for one in tested])
    tested = [replace(one, p_holm=p) for one, p in zip(tested, adjusted, strict=True)]
    outcomes = [replace(o, verdict=_verdict(p, o, spec.alpha)) for p, o in zip(pairs, tested, strict=True)]
    results = []
    for claim, group in groupby(zip(pairs, outcomes, strict=True), key=lambda one: one[0].claim):
        own = tuple(outcome for _, outcome in group)
        decides = verdicts.worst([one.verdict for one in own], [one.p_holm for one in own])
        results.append(Result(claim=claim, place=spec.places.get(claim.at), outcomes=own, decides=decides))
    return results


def _verdict(pair: Measured, one: Outcome, alpha: float) -> str:
    if one.difference is None:
        return verdicts.NOT_RUN
    if pair.claim.signed:
        return verdicts.of_sign(one.difference - pair.claim.by / pair.claim.factor, one.p_holm, alpha)
    interval = None if one.low is None else (one.low, one.high)
    low, high = (None if end is None else end / pair.claim.factor for end in pair.claim.limits)
    return verdicts.of_bounds(one.difference, interval, (low, high))
