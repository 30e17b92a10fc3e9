"""A system once per training seed: which seeds it was evaluated with, and where the values of each are."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from dragon.config import Params
from dragon.core import MetricTable
from dragon.errors import ArtifactError

PerQuery = Mapping[str, float]
Values = Mapping[str, Mapping[str, float]]
"""Test -> measure -> fraction."""


def trained(system: str, params: Params) -> bool:
    """Whether it is a student, or an iteration of one (``uniform.2``)."""
    return system.split(".")[0] in params.experiments


def values(table: MetricTable, params: Params, seed: int) -> Values | None:
    """What was measured with a seed of ``params.seeds``; what is not trained has the same values with each.

    None when a student was not evaluated with it, as its iterations are with the first seed only.
    """
    if seed == params.seeds[0] or not trained(table.system, params):
        return table.values
    return table.facts.get("seeds", {}).get(str(seed))


def shared(tables: Sequence[MetricTable], params: Params) -> tuple[int, ...]:
    """Seeds that all of the systems were evaluated with, the first included; only that where none is trained."""
    if not any(trained(table.system, params) for table in tables):
        return params.seeds[:1]
    return tuple(seed for seed in params.seeds if all(values(table, params, seed) is not None for table in tables))


def folder(params: Params, system: str, suite: str, seed: int) -> Path:
    """Where the run files and per-query values of a system are, made with one seed."""
    runs = params.layout.runs(system, suite)
    return runs if seed == params.seeds[0] or not trained(system, params) else runs / f"seed-{seed}"


def averaged(found: Sequence[PerQuery]) -> PerQuery:
    """Mean of every query's values over seeds.

    Raises:
        ArtifactError: seeds were evaluated on different queries.
    """
    first, *others = found
    if not others:
        return first
    if any(one.keys() != first.keys() for one in others):
        raise ArtifactError("seeds were evaluated on different queries; run `dvc repro` for their evaluation")
    return {query: sum(one[query] for one in found) / len(found) for query in first}
