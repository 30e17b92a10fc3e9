"""The page of the systems that somebody else ran: their values, what their files hold, what they are worth together.

Values are fractions with four digits here, as trec_eval prints them: these systems have published numbers to check.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from dragon.config import Params
from dragon.core import MetricTable
from dragon.imports import PREFIX
from dragon.reporting import markdown

FIRST = "nDCG@10"
"""The measure that stands first and orders fusions, wherever it is measured."""
SHOWN = 10
"""Combinations of three that are shown."""
_NONE = "-"
_NOTHING = """Scale `{scale}` imports no systems. To evaluate run files that you already have, add an entry per system
to `imported:` of `scales/{scale}.yaml`: `about` says what it is, `runs` holds `<suite>/<test>: <TREC run file>`, and
`qrels` the judgments where the suite's own are not the ones wanted. Then `dvc repro imported`.
"""
_KEPT = """Run files that others made, evaluated as they stand: a document that this scale's collection lacks keeps
its place. What a system searched stands beside its name; compare it with this scale's own systems only where both
searched the same documents. Equal scores are ordered as trec_eval orders them.
"""


def page(params: Params, tables: Mapping[str, Sequence[MetricTable]], together: Mapping[str, Mapping[str, Any]]) -> str:
    """Markdown for GitHub.

    Args:
        params: the settings in force.
        tables: suite -> metric tables of the imported systems, as `stages.imported` writes them.
        together: suite -> test -> fusions and unions of its systems, see ``quality/imported.json``.
    """
    parts = ["# Imported systems\n"]
    if not any(tables.values()):
        return "\n".join([*parts, _NOTHING.format(scale=params.scale_name)])
    parts.append(f"Scale `{params.scale_name}`. {_KEPT}")
    for suite, found in tables.items():
        if found:
            parts += [f"## {suite}\n", *_suite(found, params.suite(suite).tests)]
            parts += _fusions(found, together.get(suite, {}))
    return "\n".join(parts)


def _suite(tables: Sequence[MetricTable], tests: Iterable[str]) -> Iterator[str]:
    """One row per system, the judgments, and what the judgments and the collection do not know."""
    known = [test for test in tests if any(test in table.facts["runs"] for table in tables)]
    columns = [(test, measure) for test in known for measure in _measures(table.values.get(test) for table in tables)]
    rows = [[_name(table), table.facts["about"], _queries(table), *_values(table, columns)] for table in tables]
    yield _markdown(["system", "what it is", "queries", *map(" ".join, columns)], rows)
    if any(_NONE in row for row in rows):
        yield f"`{_NONE}`: the system has no run for the test, or shorter lists than the measure looks at.\n"
    yield "Judgments:\n"
    for test in known:
        file = next(table.facts["judgments"][test] for table in tables if test in table.facts["judgments"])
        yield f"- {test}: `{file['path']}`, sha256 `{file['sha256'][:12]}`"
    yield "\n### What the judgments and the collection do not know\n"
    heads = ["system", "test", "results", "not judged", "of the first 10", "unknown documents", "unknown queries"]
    yield _markdown([*heads, "queries without results", "run file, sha256"], _ids(tables, known))
    yield (
        "Results are pairs of a judged query and a document. Unknown documents, each counted once, are not in this"
        " scale's collection; unknown queries of the run have no judgments and are left out.\n"
    )


def _ids(tables: Sequence[MetricTable], tests: Iterable[str]) -> Iterator[list[str]]:
    places = [(test, table) for test in tests for table in tables if test in table.facts["runs"]]
    for test, table in places:
        ids, file = table.facts["ids"][test], table.facts["imported"][test]
        counts = [ids["results"], ids["unjudged"], ids["unjudged_at_10"], ids["outside"]]
        counts += [table.facts[key][test] for key in ("without_judgments", "without_results")]
        yield [_name(table), test, *(f"{count:,}" for count in counts), f"`{file['path']}` `{file['sha256'][:12]}`"]


def _fusions(tables: Sequence[MetricTable], together: Mapping[str, Any]) -> Iterator[str]:
    for test, found in together.items():
        measures = _measures([found["fusion_of_all"]])
        threes = sorted(found["threes"].items(), key=lambda one: [-one[1][measure] for measure in measures])
        best_of = f"; of {len(threes)} combinations of three the best {len(threes[:SHOWN])}" if threes else ""
        yield f"### {test}: together\n"
        yield "Fusions in which every system has an equal say (linear, each system's scores on one scale);"
        yield f"{found['queries']} queries, lists of {found['depth']}{best_of}."
        yield "What is best was chosen on these very queries, so its value is an optimistic one.\n"
        rows = [
            _best({_name(table): table.values[test] for table in tables if test in table.facts["runs"]}, measures),
            (f"all {len(found['systems'])}", found["fusion_of_all"]),
            *threes[:SHOWN],
        ]
        shown = [[label, _union(values), *(_value(values, one) for one in measures)] for label, values in rows]
        yield _markdown(["fused", "union@10", *measures], shown)
        if threes:
            mean = sum(values["union_at_10"] for _, values in threes) / len(threes)
            yield f"union@10: distinct passages among three top tens, at most 30; mean over all {len(threes)}:"
            yield f"{mean:.2f}.\n"


def _best(alone: Mapping[str, Mapping[str, float]], measures: Sequence[str]) -> tuple[str, Mapping[str, float]]:
    """The best single system, with its label."""
    name = max(alone, key=lambda one: [alone[one].get(measure, 0.0) for measure in measures])
    return f"{name} alone, the best of {len(alone)}", alone[name]


def _measures(rows: Iterable[Mapping[str, float] | None]) -> list[str]:
    """All measures of the rows, the first one first."""
    names = dict.fromkeys(measure for row in rows for measure in row or ())
    return sorted(names, key=lambda name: name != FIRST)


def _values(table: MetricTable, columns: Iterable[tuple[str, str]]) -> list[str]:
    return [_value(table.values.get(test, {}), measure) for test, measure in columns]


def _value(values: Mapping[str, float], measure: str) -> str:
    return f"{values[measure]:.4f}" if measure in values else _NONE


def _union(values: Mapping[str, float]) -> str:
    return f"{values['union_at_10']:.2f}" if "union_at_10" in values else _NONE


def _queries(table: MetricTable) -> str:
    return ", ".join(f"{test} {count}" for test, count in table.facts["num_queries"].items())


def _name(table: MetricTable) -> str:
    return table.system.removeprefix(PREFIX)


def _markdown(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    return "\n".join(markdown.table(head, list(rows), texts=len(head))) + "\n"
