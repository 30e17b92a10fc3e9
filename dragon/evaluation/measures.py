"""Per-query effectiveness as trec_eval counts it; the only module that imports ir_measures.

ir_measures sends RR@10 to MS MARCO's script (ties by document id ascending) and nDCG@10 to trec_eval (ties by
document id descending). Here every provider sees unique scores made from trec_eval's order, so they agree.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial

import ir_measures
import numpy as np
from ir_measures.measures import Measure
from ir_measures.providers import registry

from dragon.core import Qrels, Run
from dragon.errors import ArtifactError, ConfigError
from dragon.registry import suggestion

EXAMPLES = ("RR@10", "nDCG@10", "R@100", "R@1000", "Success@5", "P@10", "AP", "RR(rel=2)@10", "R(rel=2)@1000")
_PROVIDERS = ("pytrec_eval", "msmarco")


def per_query(run: Run, qrels: Qrels, measures: Sequence[str]) -> dict[str, dict[str, float]]:
    """``{measure: {query_id: value}}``, values in [0, 1], in the order of ``measures`` and of ``qrels``.

    Linear gain for nDCG, relevant from grade 1 unless the measure says ``rel=``. Every judged query has a value;
    without results it is 0. Queries of the run without judgments are left out.

    Raises:
        ConfigError: a name that is not a measure.
        ArtifactError: a document stands twice in one query's results.
    """
    parsed = {name: parse(name) for name in measures}
    grades = {query: dict(docs) for query, docs in qrels.grades.items()}
    ranked = {query: trec_order(hits) for query, hits in run.results.items() if hits and query in grades}
    for query, docs in ranked.items():
        _check_once(query, docs)
    found: dict[tuple[Measure, str], float] = {}
    for group, kept in _groups(parsed.values()):
        scored = {query: kept(docs, grades[query]) for query, docs in ranked.items()}
        found |= {(m.measure, m.query_id): float(m.value) for m in ir_measures.iter_calc(group, grades, scored)}
    return {name: {query: found[measure, query] for query in grades} for name, measure in parsed.items()}


def mean_over(run: Run, qrels: Qrels, measure: str, query_ids: Iterable[str]) -> float:
    """Mean of one measure over those of the queries that have judgments.

    Raises:
        ArtifactError: none of them has.
    """
    judged = {query: qrels.grades[query] for query in query_ids if query in qrels.grades}
    if not judged:
        raise ArtifactError(f"{measure}: none of the queries has judgments; allowed: one or more")
    return mean(per_query(run, Qrels(judged), [measure])[measure].values())


def mean(values: Iterable[float]) -> float:
    """Arithmetic mean, the same to the bit in whatever order the values come."""
    found = list(values)
    return math.fsum(found) / len(found)


def trec_order(hits: Sequence[tuple[str, float]]) -> list[str]:
    """Document ids as trec_eval ranks them: score descending, ties by document id descending.

    trec_eval holds scores in single precision, so scores that differ by less are ties.
    """
    scores = np.asarray([score for _, score in hits], dtype=np.float32)
    if (scores[:-1] > scores[1:]).all():
        return [doc for doc, _ in hits]
    pairs = zip(scores.tolist(), (doc for doc, _ in hits), strict=True)
    return [doc for _, doc in sorted(pairs, reverse=True)]


def parse(name: str) -> Measure:
    """The measure of that name; raises ConfigError when there is none or no provider here computes it."""
    try:
        measure = ir_measures.parse_measure(name)
        known = any(registry[provider].supports(measure) for provider in _PROVIDERS)
    except (NameError, ValueError, TypeError, KeyError, AttributeError):
        known = False
    if not known:
        raise ConfigError(f"measures: found {name!r}, allowed: {', '.join(EXAMPLES)} and other cutoffs{_meant(name)}")
    return measure


def cutoff(name: str) -> int | None:
    """The k of ``nDCG@k``; None for a measure of whole lists."""
    return parse(name).params.get("cutoff")


def _meant(name: str) -> str:
    """The usual slip is in the case of the letters."""
    family, at, cutoff = name.partition("@")
    names = (example.partition("@")[0] for example in EXAMPLES)
    same = next((one for one in names if one.casefold() == family.casefold()), None)
    return f"; did you mean {same + at + cutoff!r}?" if same and same != family else suggestion(name, EXAMPLES)


Kept = Callable[[Sequence[str], Mapping[str, int]], dict[str, float]]
"""(a query's documents in trec_eval's order, its judgments) -> unique scores of those that a measure can see."""


def _groups(measures: Iterable[Measure]) -> Iterator[tuple[list[Measure], Kept]]:
    """Measures with what they need to see of a list: a value does not change, and most of a deep list is left out.

    Recall at k only asks which judged documents are among the first k, so it sees those alone.
    """
    others = []
    for measure in dict.fromkeys(measures):
        if measure.NAME == "R" and "judged_only" not in measure.params:
            yield [measure], partial(_judged, depth=measure["cutoff"])
        else:
            others.append(measure)
    if others:
        yield others, partial(_head, depth=_depth(others))


def _judged(docs: Sequence[str], judged: Mapping[str, int], depth: int) -> dict[str, float]:
    return {doc: float(len(docs) - place) for place, doc in enumerate(docs[:depth]) if doc in judged}


def _head(docs: Sequence[str], judged: Mapping[str, int], depth: int | None) -> dict[str, float]:
    return {doc: float(len(docs) - place) for place, doc in enumerate(docs[:depth])}


def _depth(measures: Iterable[Measure]) -> int | None:
    """The deepest cutoff: what lies below it cannot change a value; None when a measure reads whole lists."""
    cutoffs = [None if "judged_only" in m.params else m.params.get("cutoff") for m in measures]
    return None if None in cutoffs else max(cutoffs, default=None)


def _check_once(query: str, docs: Sequence[str]) -> None:
    if len(set(docs)) != len(docs):
        twice = next(doc for place, doc in enumerate(docs) if doc in docs[:place])
        raise ArtifactError(f"run: query {query}: document {twice!r} stands twice; allowed: once")
