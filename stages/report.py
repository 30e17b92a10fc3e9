"""Write the report, HTML and Markdown, from specs, metrics and checkpoints' facts: `python -m stages.report`."""

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from dragon.config import Params
from dragon.evaluation.significance import PerQuery, compare, read_values
from dragon.evaluation.suites import per_query_path
from dragon.progress import progress
from dragon.reporting.report import Contrast, Pair, ReportSpec, write_report
from stages.entry import run

BUILT = Path("reports/built")


def main() -> None:
    params, spec = Params.load(), ReportSpec.load()
    found = [one for pair in progress(spec.pairs(), "comparing", "pair") for one in _contrasts(pair, params, spec)]
    print("\n".join(f"report: {path}" for path in write_report(params, spec, found, BUILT)))


def _contrasts(pair: Pair, params: Params, spec: ReportSpec) -> Iterator[Contrast]:
    """One comparison per suite on which both systems were evaluated."""
    for suite, measure in spec.measures.items():
        if all(params.layout.metrics(system, suite).exists() for system in (pair.left, pair.right)):
            sides = [_values(params, system, suite, measure) for system in (pair.left, pair.right)]
            result = compare(*sides, spec.samples, spec.seed)
            yield Contrast(pair=pair, suite=suite, measure=measure, **asdict(result))


def _values(params: Params, system: str, suite: str, measure: str) -> list[PerQuery]:
    folder = params.layout.runs(system, suite)
    tests = params.suite(suite).mean_of
    return [read_values(per_query_path(folder / f"{test}.trec.gz"), measure) for test in tests]


if __name__ == "__main__":
    run(main)
