"""A small world of systems, and claims about them as YAML, in which every verdict is reached."""

from pathlib import Path

from dragon import artifacts
from dragon.config import Params
from dragon.core import MetricTable
from dragon.evaluation.suites import per_query_path
from dragon.reporting.claim_values import measured
from dragon.reporting.claims import ClaimsSpec
from stages import claims as stage

ROOT = Path(__file__).parents[2]
PARAMS = Params.load(ROOT)
TINY = """
samples: 2000
resamples: 400
seed: 1
alpha: 0.05
families: {a: the first, b: the second}
places:
  dev: {suite: in-domain, test: dev, measure: RR@10}
  mean: {suite: zero-shot, test: mean, measure: nDCG@10}
  dl19: {suite: in-domain, test: dl19, measure: nDCG@10}
  lotte: {suite: lotto, test: search, measure: Success@5}
claims:
"""
CELL = '{{table: table2, row: BEIR-13, column: 5, paper: "{}"}}'


def claim(name, *sides, kind="difference", family="a", at="dev", **rest):
    """One claim as YAML; a side is a system's name, or a mapping as YAML."""
    sides = [side if side.startswith("{") else f"{{system: {side}}}" for side in sides]
    more = "".join(f"    {key}: {value}\n" for key, value in rest.items())
    place = f"    at: {at}\n" if at else ""
    return (
        f"  - id: {name}\n    quote: one & two\n    section: '3'\n    family: {family}\n    kind: {kind}\n"
        f"{place}{more}    sides: [{', '.join(sides)}]\n"
    )


def write(*claims):
    Path("reports/claims.yaml").write_text(TINY + "".join(claims), encoding="utf-8")


def evaluated(system, values, seeds=None, queries="q"):
    """Metric and per-query files: ``values`` on dev, and the same on every zero-shot collection."""
    for name, test, measure in (("in-domain", "dev", "RR@10"), ("zero-shot", "mean", "nDCG@10")):
        tests = PARAMS.suite(name).mean_of
        by_query = {measure: {f"{queries}{i}": float(value) for i, value in enumerate(values)}}
        for one in tests:
            artifacts.write_json(per_query_path(PARAMS.layout.runs(system, name) / f"{one}.trec.gz"), by_query)
        mean = {measure: sum(values) / len(values)}
        facts = {"mean_of": list(tests)}
        if seeds:
            facts["seeds"] = {seed: {test: {measure: mean[measure] + off}} for seed, off in seeds.items()}
        table = MetricTable(system, name, dict.fromkeys((*tests, "mean"), mean), facts)
        table.write(PARAMS.layout.metrics(system, name))


def results(*claims):
    write(*claims)
    spec = ClaimsSpec.load()
    return {one.claim.id: one for one in stage.judged(measured(spec, Params.load()), spec)}
