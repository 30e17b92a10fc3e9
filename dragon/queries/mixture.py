"""Half of one query set and half of another (paper 3.1: cropped sentences and generated queries)."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from dragon import artifacts, typed
from dragon.core import RankedLists
from dragon.errors import ArtifactError, ConfigError
from dragon.queries import SOURCES, Augmented, Inputs
from dragon.registry import unknown

ORIGIN_SET, ORIGIN_ROW = "origin_set", "origin_row"


@dataclass(frozen=True, kw_only=True)
class Options:
    """Which two sets, and the seed of the coin."""

    of: tuple[str, str]
    seed: int


@SOURCES("mixture")
def mixture(options: Mapping[str, Any], inputs: Inputs, where: str) -> Augmented:
    """For every row up to the shorter set's length, that row of one set or of the other; exactly half (+-1) of each.

    The arrays ``origin_set`` (int8 ``[Q]``: 0 or 1) and ``origin_row`` (int32 ``[Q]``) say where each query stands
    in its set, so ranked lists are gathered and not computed again.
    """
    settings = typed.build(Options, options, where)
    if settings.seed < 0:
        raise ConfigError(f"{where}.seed: found {settings.seed}, allowed: a whole number from 0")
    if settings.of[0] == settings.of[1]:
        raise ConfigError(f"{where}.of: found {settings.of[0]!r} twice, allowed: two query sets")
    for name in settings.of:
        if name not in inputs.others:
            raise unknown(f"{where}.of", name, inputs.others)
    sets = [inputs.others[name] for name in settings.of]
    rows = min(len(queries) for queries in sets)
    origin_set, origin_row = coins(rows, settings.seed), np.arange(rows, dtype=np.int32)
    queries = [
        query._replace(query_id=f"{settings.of[which]}:{query.query_id}")
        for which, row in zip(origin_set.tolist(), range(rows), strict=True)
        for query in [sets[which][row]]
    ]
    taken = {f"from_{name}": int((origin_set == which).sum()) for which, name in enumerate(settings.of)}
    left_out = {f"rows_of_{name}_beyond": len(found) - rows for name, found in zip(settings.of, sets, strict=True)}
    return Augmented(queries, {**taken, **left_out}, {ORIGIN_SET: origin_set, ORIGIN_ROW: origin_row})


def coins(rows: int, seed: int) -> np.ndarray:
    """int8 ``[rows]`` of zeros and ones, at random places, as many of one as of the other (+-1)."""
    order = np.random.Generator(np.random.Philox(seed)).permutation(rows)
    return (np.argsort(order, kind="stable") % 2).astype(np.int8)


def gather(lists: Sequence[RankedLists], origin_set: np.ndarray, origin_row: np.ndarray) -> RankedLists:
    """The mixture's ranked lists from those of the sets it mixes, all of one depth K and of the same ranks.

    Raises:
        ArtifactError: the lists differ in depth or in the ranks that were kept, or do not cover the rows.
    """
    depths = {ranked.docs_QK.shape[1] for ranked in lists}
    if len(depths) != 1:
        raise ArtifactError(f"gather: the lists are {sorted(depths)} deep; allowed: one depth")
    kept = {ranked.ranks for ranked in lists}
    if len(kept) != 1:
        raise ArtifactError(f"gather: the lists kept different ranks, {sorted(kept)}; allowed: one way of labelling")
    docs_QK = np.empty((len(origin_set), depths.pop()), dtype=np.int32)
    scores_QK = np.empty(docs_QK.shape, dtype=np.float32)
    for which, ranked in enumerate(lists):
        chosen = np.flatnonzero(np.asarray(origin_set) == which)
        rows = np.asarray(origin_row)[chosen]
        if len(rows) and int(rows.max()) >= len(ranked):
            raise ArtifactError(f"gather: row {int(rows.max())} of set {which} has no list; it has {len(ranked)} lists")
        docs_QK[chosen], scores_QK[chosen] = ranked.docs_QK[rows], ranked.scores_QK[rows]
    origins = [hashlib.sha256(np.ascontiguousarray(array)).hexdigest() for array in (origin_set, origin_row)]
    digest = artifacts.digest([[ranked.digest for ranked in lists], origins])
    return RankedLists(docs_QK, scores_QK, digest, ranks=kept.pop())
