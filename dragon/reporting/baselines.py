"""The page of the retrievers that others trained: their values beside each other, per suite and test."""

from collections.abc import Iterator, Mapping, Sequence

from dragon.config import Params
from dragon.core import MetricTable
from dragon.reporting import markdown
from dragon.reporting.card import escaped

_NOTHING = """Scale `{scale}` has no baselines. To evaluate a checkpoint as students are evaluated, add an entry to
`baselines:` of `scales/{scale}.yaml`, made as a teacher's: `kind`, `encoder`, `stands_for`, `options`. Then
`dvc repro baselines`.
"""
_SAID = "Checkpoints of others, over the same collections and to the same depth as this scale's students; points.\n"


def page(params: Params, tables: Mapping[str, Sequence[MetricTable]], waiting: Mapping[str, str]) -> str:
    """Markdown for GitHub.

    Args:
        params: of the scale.
        tables: suite -> one metric table per baseline, in the order of the scale.
        waiting: baselines that cannot be evaluated yet, and why.
    """
    parts = ["# Baselines\n", *(f"* {escaped(name)}: n/a: {escaped(why)}" for name, why in waiting.items())]
    parts += [""] if waiting else []
    if not any(tables.values()):
        return "\n".join([*parts, *([] if waiting else [_NOTHING.format(scale=params.scale_name)])])
    parts.append(f"Scale `{params.scale_name}`. {_SAID}")
    for suite, found in tables.items():
        parts += [f"## {escaped(params.scale.labels.get(suite, suite))}\n", *_suite(found), ""]
    return "\n".join(parts)


def _suite(found: Sequence[MetricTable]) -> Iterator[str]:
    """One row per test and measure, one column per baseline; what each of them is."""
    places = dict.fromkeys((t, m) for one in found for t, values in one.values.items() for m in values)
    names = [one.system.partition("/")[2] for one in found]
    rows = [[escaped(test), measure, *(_value(one, test, measure) for one in found)] for test, measure in places]
    yield from markdown.table(["Test", "Measure", *map(escaped, names)], rows, texts=2)
    yield ""
    yield from (
        f"* {escaped(name)}: {escaped(one.facts['stands_for'])}" for name, one in zip(names, found, strict=True)
    )


def _value(one: MetricTable, test: str, measure: str) -> str:
    value = one.values.get(test, {}).get(measure)
    return markdown.NONE if value is None else markdown.points(value)
