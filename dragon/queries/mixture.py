"""Two query sets mixed (paper 3.1: cropped sentences and generated queries).

Paper and code differ in the rule (dossier 1c). "Mix half of" each (3.4) is a fixed set: every row is a query of one
set or of the other. The official code throws a coin for every row and epoch: its pool are all queries of both sets,
its epoch is as long as one set. ``half`` is the first, ``coin`` the second.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from dragon import artifacts, typed
from dragon.core import Queries, RankedLists
from dragon.core.queries import Query
from dragon.errors import ArtifactError, ConfigError
from dragon.queries import SOURCES, Augmented, Inputs
from dragon.registry import unknown

MIXTURE = "mixture"
ORIGIN_SET, ORIGIN_ROW = "origin_set", "origin_row"
_ALTERNATIVES = "alternatives"


@dataclass(frozen=True, kw_only=True)
class Options:
    """Which two sets, and how."""

    of: tuple[str, str]
    rule: Literal["half", "coin"]
    """``half``: exactly half (+-1) of each, for ever. ``coin``: both; training takes one of the two at every visit."""
    seed: int
    """Of the halves; a coin depends on the seed of training."""


@SOURCES(MIXTURE)
def mixture(options: Mapping[str, Any], inputs: Inputs, where: str) -> Augmented:
    """``half``: for every row up to the shorter set's length R, that row of one set or of the other.

    ``coin``: R rows of the one set, then R of the other; row ``i`` and row ``R + i`` are alternatives of one visit.

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
    coin = settings.rule == "coin"
    origin_set = np.repeat(np.array([0, 1], dtype=np.int8), rows) if coin else coins(rows, settings.seed)
    origin_row = np.arange(len(origin_set), dtype=np.int32) % max(rows, 1)
    taken = {f"from_{name}": int((origin_set == which).sum()) for which, name in enumerate(settings.of)}
    left_out = {f"rows_of_{name}_beyond": len(found) - rows for name, found in zip(settings.of, sets, strict=True)}
    report = {**taken, **left_out, **({_ALTERNATIVES: len(sets)} if coin else {})}
    queries = _queries(settings.of, sets, origin_set, origin_row)
    return Augmented(queries, report, {ORIGIN_SET: origin_set, ORIGIN_ROW: origin_row})


def alternatives(folder: Path) -> int:
    """How many rows of a query set stand for one visit of training: 2 for a mixture by coin, else 1."""
    return int(artifacts.read_meta(folder).get("report", {}).get(_ALTERNATIVES, 1))


def _queries(
    names: Sequence[str], sets: Sequence[Queries], origin_set: np.ndarray, origin_row: np.ndarray
) -> Iterator[Query]:
    for which, row in zip(origin_set.tolist(), origin_row.tolist(), strict=True):
        query = sets[which][row]
        yield query._replace(query_id=f"{names[which]}:{query.query_id}")


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
