"""Bytes that a plan leaves on disk, and the largest thing that one evaluation holds in memory."""

from collections.abc import Iterator

from dragon.planning.items import reached
from dragon.planning.needs import MIXTURE, Needs
from dragon.planning.plan import Plan
from dragon.planning.sizes import Texts

ID_AND_SCORE = 8
"""int32 and float32 of one place of a list."""
PIECE, OFFSET = 2, 8
"""uint16 of a token, int64 of a text."""
FLOAT = 4


def disk(plan: Plan, found: Needs) -> dict[str, float]:
    """What is kept, in bytes by kind; run files and DVC's cache (links where the file system has them) come on top."""
    depth = plan.params.scale.label_depth
    lists = sum(plan.sizes.queries(name).number * depth * ID_AND_SCORE for name, _ in found.lists)
    pair = 2 * plan.sizes.student.bytes
    names = {name for row in plan.rows for name in row.item.checkpoints if "." not in name}
    published = {reached(plan.params, name)[-1] for name in names} & set(found.units)
    return {
        "lists": lists,
        "lists, as shards in the store": lists,
        "lists of mixtures, gathered": sum(_gathered(plan, found)) * depth * ID_AND_SCORE,
        "tokens": sum(map(_tokens, _texts(plan))),
        "iterations in the store": len(found.units) * pair,
        "students": len(published) * pair,
    }


def held(plan: Plan) -> float:
    """Bytes of the embeddings of the largest collection: an evaluation holds them, nothing keeps them."""
    collections = [one for suite in plan.sizes.suites.values() for one in suite.values() if not one.gated]
    return max((one.number for one in collections), default=0) * plan.sizes.student.hidden * FLOAT


def _gathered(plan: Plan, found: Needs) -> Iterator[int]:
    """Queries of every list of a mixture that a student reads; by coin, a mixture holds both of each pair."""
    sets = plan.params.scale.query_sets
    for name, _ in sorted({(unit.query_set, name) for unit in found.units for name in unit.lists}):
        if sets[name].kind == MIXTURE:
            yield plan.sizes.queries(name).number * (2 if sets[name].options.get("rule") == "coin" else 1)


def _texts(plan: Plan) -> Iterator[Texts]:
    yield from plan.sizes.query_sets.values()
    for suite in plan.sizes.suites.values():
        yield from (texts for texts in suite.values() if not texts.gated)


def _tokens(texts: Texts) -> float:
    return texts.number * (texts.tokens * PIECE + OFFSET)
