"""Evaluate runs that somebody else made (`imported:` of the scale): `python -m stages.evaluate_run bm25 in-domain`."""

from pathlib import Path

from dragon import artifacts
from dragon.config import Params
from dragon.core import MetricTable, Qrels, Run
from dragon.datasets.beir_lines import Lines
from dragon.datasets.beir_qrels import read_qrels
from dragon.errors import ConfigError
from dragon.evaluation.measures import cutoff
from dragon.evaluation.suites import Test, evaluate_suite
from dragon.imports import PREFIX, Imported, user_file
from dragon.registry import unknown
from stages.entry import run
from stages.scoring import line


def main(name: str, *suites: str) -> None:
    params = Params.load()
    where = f"scales/{params.scale_name}.yaml: imported"
    if name not in params.scale.imported:
        raise unknown(where, name, params.scale.imported)
    for suite in suites:
        table = _score(params, name, suite, f"{where}.{name}")
        table.write(params.layout.metrics(table.system, suite))
        print(line(table))


def _score(params: Params, name: str, suite_name: str, where: str) -> MetricTable:
    """Values of the tests that have a run; their mean is over the suite's, or over all of them if it names none."""
    entry, suite, tests = params.scale.imported[name], params.suite(suite_name), {}
    facts = {"about": entry.about, "imported": {}, "judgments": {}}
    for test in _named(entry, suite_name, suite.tests, where):
        key, (dataset, split) = f"{suite_name}/{test}", suite.tests[test].split("/")
        own = str(params.layout.dataset(suite_name, dataset) / "qrels" / f"{split}.trec")
        named = {
            "imported": (entry.runs[key], f"{where}.runs"),
            "judgments": (entry.qrels.get(key, own), f"{where}.qrels"),
        }
        files = {what: user_file(path, f"{at}.{key}") for what, (path, at) in named.items()}
        for what, (path, _) in named.items():
            facts[what][test] = {"path": path, "sha256": artifacts.file_digest(files[what])}
        target = params.layout.runs(PREFIX + name, suite_name) / f"{test}.trec.gz"
        tests[test] = _test(files["imported"], files["judgments"], target)
    depth = min(max(map(len, found.results.values())) for found, _, _ in tests.values())
    measures = [measure for measure in suite.measures if (cutoff(measure) or 0) <= depth]
    mean_of = [test for test in suite.mean_of if test in tests] or list(tests)
    return evaluate_suite(PREFIX + name, suite_name, tests, measures, mean_of, facts)


def _named(entry: Imported, suite: str, tests: dict[str, str], where: str) -> list[str]:
    """The suite's tests that the entry has runs of."""
    for part in ("runs", "qrels"):
        for key in getattr(entry, part):
            if key.startswith(f"{suite}/") and key.removeprefix(f"{suite}/") not in tests:
                raise unknown(f"{where}.{part}", key, [f"{suite}/{test}" for test in tests])
    found = [test for test in tests if f"{suite}/{test}" in entry.runs]
    if not found:
        raise ConfigError(f"{where}.runs: found {', '.join(entry.runs) or 'nothing'}, but no run for {suite}/<test>")
    return found


def _test(given: Path, judged: Path, target: Path) -> Test:
    found = Run.read(given)
    found.write(target, "imported")
    return found, Qrels(read_qrels(Lines(judged)).grades), target


if __name__ == "__main__":
    run(main)
