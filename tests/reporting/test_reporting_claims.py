"""The claims' file against the tables, and a small world in which every verdict is reached."""

import csv
import io
import json
import shutil
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from dragon import artifacts
from dragon.config import Params
from dragon.core import MetricTable
from dragon.errors import ConfigError
from dragon.evaluation import verdicts
from dragon.evaluation.suites import per_query_path
from dragon.reporting.claim_render import FORMATS, counts, row
from dragon.reporting.claim_results import VERDICTS
from dragon.reporting.claim_values import measured
from dragon.reporting.claims import ClaimsSpec, PaperCell, Side, paper_difference
from dragon.reporting.spec import TableSpec
from dragon.supervision.schedule import iterations
from stages import claims as stage

ROOT = Path(__file__).parents[2]
PARAMS = Params.load(ROOT)
SPEC = ClaimsSpec.load(ROOT)


# ---- the file


def test_there_are_enough_sentences_each_short_and_in_a_family():
    assert len({claim.quote for claim in SPEC.claims}) >= 28
    assert all(len(claim.quote.split()) <= 12 for claim in SPEC.claims)
    assert {claim.family for claim in SPEC.claims} == set(SPEC.families)
    assert {claim.at for claim in SPEC.claims} - {""} == set(SPEC.places)


@cache
def lines_of(table):
    spec = TableSpec.load(table, PARAMS.scale, ROOT)
    return list(zip(spec.rows, spec.grid(), strict=True))


def found_in(cell):
    """The cell of a table spec that a claim's cell points at: the first of the rows that it may mean."""
    under, hits = "", []
    for line, cells in lines_of(cell.table):
        under = line.label if line.span else under
        texts = (line.label, *(one.text for one in cells))
        if not line.span and cell.row in texts and cell.under in ("", under):
            hits.append(cells[cell.column])
    assert hits, cell
    return hits[0]


@pytest.mark.parametrize("claim", SPEC.claims, ids=lambda one: one.id)
def test_the_papers_numbers_are_those_of_the_tables(claim):
    for cell in (cell for side in claim.sides for cell in side.cells):
        assert found_in(cell).paper == cell.paper
        assert cell.number is not None


MOVED = {"uniform-over-single-same-epochs"}  # its student has other epochs than the one that the table shows


@pytest.mark.parametrize("claim", SPEC.claims, ids=lambda one: one.id)
def test_what_is_compared_is_what_the_tables_show_there(claim):
    place = SPEC.places.get(claim.at)
    for side, number, cell in ((one, n, cell) for one in claim.sides for n, cell in enumerate(one.cells)):
        shown = found_in(cell)
        if side.system:
            assert shown.system == side.systems[number] or claim.id in MOVED
            assert (shown.suite, shown.test, shown.measure) == (place.suite, place.test, place.measure)
        elif cell.table == "table6":
            assert shown.quality == side.quality[number]
        else:
            assert (shown.quality, *shown.key) == (side.quality[0], *side.key)


def test_a_wrong_digit_or_column_would_be_noticed():
    cell = PaperCell(table="table2", row="BEIR-13", column=5, paper="49.3")
    assert (found_in(cell).paper, found_in(cell).system) == ("49.3", "progressive")
    assert found_in(replace(cell, column=4)).paper == "47.7"
    teacher = replace(cell, under="effectiveness of teacher", column=2)
    assert found_in(teacher).paper == "49.9"


def test_systems_and_measures_exist():
    students = PARAMS.experiments
    inner = {f"{name}.{unit.number}" for name, one in students.items() for unit in iterations(one)}
    known = {*students, *inner, *(f"teacher-{name}" for name in PARAMS.scale.teachers)}
    assert set(SPEC.systems()) <= known
    for place in SPEC.places.values():
        if place.suite in PARAMS.scale.suites:
            assert place.measure in PARAMS.suite(place.suite).measures


def test_the_papers_contradictions_are_found_and_named():
    """Sentences that the paper's own numbers do not bear out (docs/discrepancies.md); they all say so."""

    def against(claim):
        numbers = [paper_difference(*pair) for pair in claim.pairs()]
        low, high = (0.0001, None) if claim.signed else claim.limits
        known = [number for number in numbers if number is not None]
        return any((low is not None and n < low) or (high is not None and n > high) for n in known)

    contradicted = [claim.id for claim in SPEC.claims if against(claim)]
    assert contradicted == [
        "dragons-forum",
        "three-retrievers-uniform-zero-shot",
        "three-retrievers-progressive-dev",
        "cropping-more-positives",
    ]
    assert all(claim.doubt for claim in SPEC.claims if claim.id in contradicted)


def test_inputs_are_metric_files_run_folders_and_qualities():
    layout = PARAMS.layout
    found = SPEC.inputs(layout)
    assert len(found) == len(set(found))
    for path in (layout.metrics("dragon-s", "lotte"), layout.runs("dragon-s", "lotte"), layout.quality("statistics")):
        assert path in found
    assert layout.metrics("dragon-contriever", "lotte") not in found
    assert "uniform.1" in SPEC.systems()


# ---- a small world


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


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    for name in ("params.yaml", "scales", "reports"):
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, tmp_path / name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


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


@pytest.fixture
def world(checkout):
    """high > low clearly; even differs from middle in both directions; shifted is a hair above middle."""
    base = [i % 7 / 20 for i in range(40)]
    evaluated("low", base)
    evaluated("middle", [v + 0.1 for v in base])
    evaluated("high", [v + 0.3 + i % 3 / 50 for i, v in enumerate(base)])
    evaluated("even", [v + 0.1 + (0.11 if i % 2 else -0.1) for i, v in enumerate(base)])
    evaluated("shifted", [v + 0.1 + i % 2 / 500 for i, v in enumerate(base)])


def test_every_verdict_of_a_difference(world):
    found = results(
        claim("yes", "high", "low"),
        claim("perhaps", "even", "middle"),
        claim("no", "middle", "even"),
        claim("reverse", "low", "high"),
        claim("absent", "low", "missing"),
    )
    assert [one.verdict for one in found.values()] == list(VERDICTS) == list(verdicts.VERDICTS)
    yes = found["yes"].decisive
    assert yes.difference == pytest.approx(0.3 + 39 / 40 / 50)  # i % 3 sums to 39 over 40
    assert yes.low < yes.difference < yes.high
    assert (yes.p_value, yes.queries) == (1 / 2001, 40)
    assert found["absent"].decisive.reason == "missing not evaluated on in-domain"
    assert found["absent"].decisive.difference is None


def test_every_verdict_of_a_tie_and_of_an_interval(world):
    found = results(
        claim("yes", "shifted", "middle", kind="tie", margin=0.5),
        claim("perhaps", "even", "middle", kind="tie", margin=1),
        claim("no", "even", "middle", kind="tie", margin=0.4),
        claim("reverse", "high", "low", kind="tie", margin=5),
        claim("absent", "low", "missing", kind="tie", margin=5),
        claim("over", "high", "low", "middle", kind="interval", bounds="[15, null]"),
        claim("under", "high", "low", kind="interval", bounds="[null, 15]"),
    )
    assert [one.verdict for one in found.values()] == [*VERDICTS, "confirmed", "reversed"]
    assert found["perhaps"].decisive.p_holm is None
    assert found["over"].bounds == (0.15, None)


def test_the_worst_comparison_decides(world):
    found = results(
        claim("order", "high", "even", "low", kind="ordering"),
        claim("wrong", "high", "low", "middle", kind="ordering"),
        claim("many", "high", "low", "middle"),
        claim("gap", "high", "missing", "low", kind="ordering"),
    )
    assert [one.verdict for one in found.values()] == ["confirmed", "reversed", "confirmed", "not run"]
    assert (found["wrong"].decisive.left, found["wrong"].decisive.right) == ("low", "middle")
    assert [(one.left, one.right) for one in found["many"].outcomes] == [("high", "low"), ("high", "middle")]
    assert len(found["gap"].outcomes) == 2


def test_p_values_are_corrected_within_the_family_only(world):
    alone = results(claim("x", "even", "middle"))["x"].decisive
    assert alone.p_holm == alone.p_value
    found = results(
        claim("x", "even", "middle"),
        claim("same", "even", "middle"),
        claim("y", "middle", "even"),
        claim("z", "even", "middle", family="b"),
        claim("tie", "even", "middle", kind="tie", margin=1),
    )
    raw = alone.p_value
    assert found["x"].decisive.p_holm == found["same"].decisive.p_holm == min(1, 2 * raw)
    assert found["z"].decisive.p_holm == raw
    assert (found["tie"].decisive.p_value, found["tie"].decisive.p_holm) == (None, None)


def test_a_mean_over_collections_is_stratified_and_keeps_its_difference(world):
    found = results(claim("mean", "high", "low", at="mean"))["mean"].decisive
    collections = len(PARAMS.suite("zero-shot").mean_of)
    assert found.queries == 40 * collections
    assert found.difference == pytest.approx(0.3 + 39 / 40 / 50)


def test_the_effect_is_compared_with_the_papers(world):
    sides = (f"{{system: high, cells: [{CELL.format('49.3')}]}}", f"{{system: low, cells: [{CELL.format('47.7')}]}}")
    found = results(claim("x", *sides), claim("y", *reversed(sides), doubt="says the reverse"))
    x, y = (found[name].decisive for name in "xy")
    assert x.paper_difference == pytest.approx(0.016)
    assert x.effect_ratio == pytest.approx(x.difference / 0.016)
    assert (y.paper_difference, y.verdict) == (pytest.approx(-0.016), "reversed")
    assert found["x"].plain()["cells"][0]["paper"] == "49.3"


def test_a_gain_over_a_gain(world):
    """(high - low) - (middle - low) is high - middle; the paper's (49.3 - 46.7) - (47.6 - 46.6) is 1.6."""
    cells = [CELL.format(number) for number in ("49.3", "46.7", "47.6", "46.6")]
    sides = [
        f"{{system: high, minus: low, cells: [{cells[0]}, {cells[1]}]}}",
        f"{{system: middle, minus: low, cells: [{cells[2]}, {cells[3]}]}}",
    ]
    found = results(claim("x", *sides), claim("y", "high", "middle"))
    x, y = (found[name].decisive for name in "xy")
    assert (x.difference, x.low, x.high) == pytest.approx((y.difference, y.low, y.high), abs=0.001)
    assert x.paper_difference == pytest.approx(0.016)
    assert x.left == "high - low"


def test_qualities_have_a_sign_but_no_p_value(world):
    for name, median in (("slow", 10.0), ("one", 2.0), ("two", 3.0)):
        artifacts.write_json(PARAMS.layout.quality(name), {"wall": {"median": median}, "gpu": None})
    sum_of = "{quality: [one, two], key: [wall, median]}"
    slow = "{quality: [slow], key: [wall, median]}"
    found = results(
        claim("cheaper", slow, sum_of, at="", unit="ms"),
        claim("much", slow, sum_of, at="", unit="ms", by=5),
        claim("dearer", sum_of, slow, at="", unit="ms"),
        claim("within", slow, kind="interval", at="", unit="ms", bounds="[9, 11]"),
        claim("gpu", "{quality: [slow], key: [gpu]}", sum_of, at="", unit="ms"),
        claim("file", "{quality: [three], key: [gpu]}", sum_of, at="", unit="ms"),
    )
    assert [one.verdict for one in found.values()] == [
        "direction only", "not confirmed", "not confirmed", "direction only", "not run", "not run",
    ]  # fmt: skip
    assert found["cheaper"].decisive.difference == 5
    assert found["cheaper"].decisive.left == "slow: wall median"
    assert [found[name].decisive.reason for name in ("gpu", "file")] == ["no gpu in slow", "three not measured"]


def test_why_something_was_not_run(world):
    evaluated("other", [0.1] * 40, queries="r")
    evaluated("bare", [0.1] * 40)
    shutil.rmtree(PARAMS.layout.runs("bare", "in-domain"))
    found = results(
        claim("test", "high", "low", at="dl19"),
        claim("suite", "high", "low", at="lotte"),
        claim("absolute", "high", kind="interval", bounds="[38, null]"),
        claim("queries", "high", "other"),
        claim("files", "high", "bare"),
    )
    assert [one.decisive.reason for one in found.values()] == [
        "scale mini has no dl19",
        "scale mini has no lotto",
        "an absolute value; only for a scale that is comparable with the paper",
        "high and other were evaluated on different queries",
        "no per-query values of bare on dev",
    ]
    assert {one.verdict for one in found.values()} == {"not run"}


def test_absolute_values_at_a_scale_that_is_comparable(world):
    write(*(claim(f"over-{n}", "high", kind="interval", bounds=f"[{n}, null]") for n in (30, 60)))
    spec, params = ClaimsSpec.load(), Params.load()
    params = replace(params, scale=replace(params.scale, comparable=True))
    found = stage.judged(measured(spec, params), spec)
    assert [one.verdict for one in found] == ["confirmed", "reversed"]
    assert found[0].decisive.difference == pytest.approx(0.3195 + sum(i % 7 for i in range(40)) / 20 / 40)


def test_how_far_seeds_spread(world):
    """progressive: 0, +.01, -.01; uniform: 0, 0, +.01; differences vary by 0, .01, -.02."""
    evaluated("progressive", [0.5] * 10, {"43": 0.01, "44": -0.01})
    evaluated("uniform", [0.4] * 10, {"43": 0.0, "44": 0.01})
    evaluated("fused", [0.4] * 10)
    evaluated("start-plain", [0.2] * 10)
    pairs = [("progressive", "uniform"), ("progressive", "start-plain"), ("progressive", "fused")]
    pairs += [("start-plain", "start-plain")]
    write(*(claim(f"c{i}", *pair) for i, pair in enumerate(pairs)))
    params = Params.load()
    assert [one.spread for one in measured(ClaimsSpec.load(), replace(params, seeds=(42,)))] == [None] * 4
    found = [one.spread for one in measured(ClaimsSpec.load(), replace(params, seeds=(42, 43, 44)))]
    mean = -0.01 / 3
    by_hand = ((mean**2 + (0.01 - mean) ** 2 + (-0.02 - mean) ** 2) / 2) ** 0.5
    assert found == [pytest.approx(by_hand), pytest.approx(0.01), None, None]


# ---- what is written


def test_the_stage_writes_results_and_three_formats(world, capsys):
    write(
        claim("x", "high", "low"),
        claim("y", "high", "missing", family="b", doubt="the paper | says 1_2"),
        claim("z", "high", "low", "middle", kind="ordering", family="b"),
    )
    stage.main()
    out = capsys.readouterr().out
    assert "3 claims: 1 confirmed, 1 reversed, 1 not run" in out
    found = json.loads(PARAMS.layout.quality("claims").read_text())
    assert found["families"] == {"a": "the first", "b": "the second"}
    first = found["claims"][0]
    assert (first["id"], first["verdict"], first["at"]["test"]) == ("x", "confirmed", "dev")
    assert (first["systems"], first["suites"], first["qualities"]) == (["high", "low"], ["in-domain"], [])
    assert len(found["claims"][2]["comparisons"]) == 2
    built = {suffix: PARAMS.layout.built(f"claims.{suffix}").read_text() for suffix in FORMATS}
    assert "| confirmed | “one & two” | 3       | high > low, in-domain dev RR@10 | n/a   | +31.9 |" in built["md"]
    assert "- `y`: missing not evaluated on in-domain" in built["md"]
    assert "Not comparable with the paper" in built["md"]
    assert "``one \\& two'' & 3 & high $>$ low, in-domain dev RR@10 & n/a & +31.9 &" in built["tex"]
    assert "says 1\\_2" in built["tex"]
    lines = list(csv.DictReader(io.StringIO(built["csv"])))
    assert [(line["id"], line["decides"]) for line in lines] == [("x", "1"), ("y", "1"), ("z", "0"), ("z", "1")]
    assert float(lines[0]["difference"]) == first["difference"]


def test_the_same_files_give_the_same_bytes(world):
    write(claim("x", "high", "low"), claim("y", "even", "middle", at="mean"))
    stage.main()
    paths = [PARAMS.layout.quality("claims"), *(PARAMS.layout.built(f"claims.{suffix}") for suffix in FORMATS)]
    first = [path.read_bytes() for path in paths]
    stage.main()
    assert [path.read_bytes() for path in paths] == first


def test_numbers_as_texts(world):
    result = results(claim("x", "high", "low"))["x"]
    one = replace(
        result.decisive,
        paper_difference=0.016, difference=-0.0004, low=-0.012, high=0.0112, p_holm=0.00002, effect_ratio=-0.025,
        seeds_spread=0.0031, queries=6980,
    )  # fmt: skip
    shown = row(replace(result, outcomes=(one,)), {})
    assert shown[4:] == ["+1.6", "+0.0", "-1.2 to +1.1", "< 0.0001", "-0.03", "0.3", "6,980"]
    assert counts([result]) == "1 claims: 1 confirmed"


def test_before_anything_was_evaluated_every_claim_says_why(checkout):
    spec = ClaimsSpec.load()
    found = stage.judged(measured(spec, PARAMS), spec)
    assert {one.verdict for one in found} == {"not run"}
    assert all(one.decisive.reason for one in found)
    for render in FORMATS.values():
        assert render(spec, found, PARAMS)


# ---- mistakes


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (claim("x", "a", "b", family="c"), "claims.x.family: found 'c', allowed: a, b"),
        (claim("x", "a", "b", at="devv"), "claims.x.at: found 'devv', allowed: .* did you mean 'dev'"),
        (claim("x", "a"), "claims.x.sides: allowed: two or more"),
        (claim("x", "a", "b") + claim("x", "a", "b"), "claims.x: stands twice"),
        (claim("x", "a", "b").replace("one & two", " ".join("w" * 13)), "claims.x.quote: allowed: 1 to 12 words"),
        (claim("x", "a", "b", margin=1), "claims.x.margin: a tie states it"),
        (claim("x", "a", "b", kind="tie"), "claims.x.margin: a tie states it"),
        (claim("x", "a", "b", kind="interval"), "claims.x.bounds: an interval states them"),
        (claim("x", "a", "b", by=1), "claims.x.by: allowed: in a difference or ordering of qualities"),
        (claim("x", "a", "b", at=""), "claims.x.at: systems need a place"),
        (claim("x", "a", "{quality: [b], key: [c]}"), "claims.x.at: systems need a place"),
        (claim("x", "{quality: [a]}", "{quality: [b], key: [c]}", at=""), "claims.x.sides: allowed: each a system"),
        (claim("x", "a", "b", unit="pionts"), "claims.*unit: found 'pionts', allowed: points.* did you mean 'points'"),
        (claim("x", "a", "b", magrin=1), "magrin: unknown key.* did you mean 'margin'"),
        (
            claim("x", *(f"{{system: a, cells: [{CELL.format(number)}]}}" for number in ("47.7", "49.3"))),
            "claims.x.doubt: the paper's own numbers say otherwise",
        ),
    ],
)
def test_a_mistake_is_named(checkout, text, message):
    write(text)
    with pytest.raises(ConfigError, match=rf"reports/claims.yaml.*{message}"):
        ClaimsSpec.load()


def test_the_papers_numbers_as_printed():
    numbers = [PaperCell(table="t", row="r", column=0, paper=text).number for text in ("39.9*", "< 1", "- △", "600")]
    assert numbers == [39.9, 1.0, None, 600.0]
    cells = tuple(PaperCell(table="t", row="r", column=0, paper=text) for text in ("< 1", "10", "84"))
    assert Side(quality=("a", "b", "c"), key=("k",), cells=cells).paper == 95
    assert paper_difference(Side(system="a"), Side(system="b", cells=cells)) is None
