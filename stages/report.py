"""Write the report, one HTML page and its Markdown twin, from what all other stages left: `python -m stages.report`."""

from collections.abc import Iterable

from dragon import tracking
from dragon.config import Params, project_root
from dragon.evaluation.cell_intervals import Statistic, Stratum, intervals
from dragon.evaluation.significance import PerQuery, compare_all, read_values
from dragon.progress import progress
from dragon.reporting.cell_spec import CellSpec
from dragon.reporting.figures.content import Given
from dragon.reporting.figures.spec import FigureSpec
from dragon.reporting.intervals import Source, behind, per_query, shared_tests
from dragon.reporting.known import Interval
from dragon.reporting.page import Computed, context, table_specs
from dragon.reporting.report import Contrast, ReportSpec, write_report
from dragon.store import Store
from stages.entry import run
from stages.given import given

_NUMBERS = ("difference", "low", "high", "p_value", "queries")


def main() -> None:
    params, spec = Params.load(), ReportSpec.load()
    tables = table_specs(spec, params)
    computed = Computed(
        contrasts=_contrasts(params, spec),
        intervals=_intervals([cell for one in tables.values() for cell in one.cells()], params, spec),
        figures=_figures(params, spec),
        runs=tracking.run_ids(),
        events=Store.default().events(since=0),
        root=project_root(),
    )
    print("\n".join(f"report: {path}" for path in write_report(params, context(params, spec, tables, computed))))


def _contrasts(params: Params, spec: ReportSpec) -> list[Contrast]:
    """One comparison per pair and suite whose mean both systems have, over the same tests."""
    measures = spec.main_measures(params.scale)
    found = [
        (pair, suite, tests)
        for pair in spec.pairs()
        for suite in measures
        if (tests := shared_tests(params.layout, pair.left, pair.right, suite, measures[suite]))
    ]
    sides = [
        tuple(_values(params, system, suite, tests, measures[suite]) for system in (pair.left, pair.right))
        for pair, suite, tests in found
    ]
    compared = compare_all(sides, spec.samples, spec.seed, spec.samples)
    return [
        Contrast(pair=pair, suite=suite, measure=measures[suite], **{name: getattr(one, name) for name in _NUMBERS})
        for (pair, suite, _), one in zip(found, compared, strict=True)
    ]


def _values(params: Params, system: str, suite: str, tests: Iterable[str], measure: str) -> list[PerQuery]:
    return [read_values(per_query(params.layout, system, suite, test), measure) for test in tests]


def _intervals(found: list[CellSpec], params: Params, spec: ReportSpec) -> dict[CellSpec, Interval]:
    """All cells that are means over queries, resampled together."""
    wanted = behind(found, params)
    read = _read({source for one in wanted.values() for group in (one.sources, *one.over) for source in group})

    def strata(sources: Iterable[Source]) -> list[Stratum]:
        return [(str(source), read[source]) for source in sources]

    asked = {cell: Statistic(strata(one.sources), [*map(strata, one.over)]) for cell, one in wanted.items()}
    drawn = intervals(asked, spec.samples, spec.seed)
    return {cell: Interval(one.low, one.high, one.queries) for cell, one in drawn.items()}


def _read(sources: Iterable[Source]) -> dict[Source, PerQuery]:
    ordered = sorted(sources, key=lambda source: (source.path, source.measure))
    return {one: read_values(one.path, one.measure) for one in progress(ordered, "per-query values", "measure")}


def _figures(params: Params, spec: ReportSpec) -> dict[str, Given]:
    return {name: given(FigureSpec.load(name, params.scale), params) for name in spec.figures}


if __name__ == "__main__":
    run(main)
