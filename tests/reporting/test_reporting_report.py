"""The whole report from a few metric files: self-contained, well-formed, and every number leads back."""

import dataclasses
import json
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path

import pytest

from dragon import artifacts
from dragon.config import Params, resolved
from dragon.core import Qrels, Run
from dragon.errors import ConfigError
from dragon.evaluation.suites import evaluate_suite
from dragon.reporting.provenance import flat, systems, units
from dragon.reporting.report import ReportSpec, _points, write_report
from dragon.store import Store
from stages import report as report_stage
from stages import summary as summary_stage
from stages import table as table_stage

ROOT = Path(__file__).parents[2]
PARAMS = Params.load(ROOT)
VOID = {"meta", "br"}
RUN_KEYS = {"progressive": "aaaa1111", "student": "bbbb2222"}


class Page(HTMLParser):
    """Fails on a tag closed in the wrong place, a resource, an id that stands twice, a link that leads nowhere."""

    def __init__(self, html):
        super().__init__()
        self.open, self.ids, self.links, self.resources, self.cells = [], [], [], [], []
        self.feed(html)
        self.close()
        assert self.open == []
        assert self.resources == []
        assert len(self.ids) == len(set(self.ids))
        assert {link.removeprefix("#") for link in self.links} <= set(self.ids)

    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        self.ids += [found["id"]] if "id" in found else []
        self.links += [found["href"]] if tag == "a" else []
        self.resources += [value for key, value in attributes if key == "src" or (key == "href" and tag != "a")]
        self.open += [] if tag in VOID else [tag]
        self.cells += [""] if tag == "td" else []

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "td" in self.open:
            self.cells[-1] += data.strip()


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """A copy of the specs and settings, in which artifacts are made."""
    for name in ("params.yaml", "scales", "reports"):
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, tmp_path / name)
    shutil.rmtree(tmp_path / "reports" / "built", ignore_errors=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def evaluated(system, better=0):
    """Metric, run and per-query files: query i finds its document at rank i + 1 - better."""
    for name, suite in PARAMS.scale.suites.items():
        tests = {}
        for test in suite.tests:
            path = PARAMS.layout.runs(system, name) / f"{test}.trec.gz"
            ranks = {f"q{i}": max(1, i + 1 - better) for i in range(6)}
            run = Run({q: [("gold" if r == rank else f"d{r}", -r) for r in range(1, 8)] for q, rank in ranks.items()})
            run.write(path, system)
            tests[test] = (run, Qrels({query: {"gold": 1} for query in ranks}), path)
        facts = {"evidence": "L3", **({"run_key": RUN_KEYS[system]} if system in RUN_KEYS else {})}
        table = evaluate_suite(system, name, tests, suite.measures, suite.mean_of, facts)
        table.write(PARAMS.layout.metrics(system, name))


def trained(name, *keys):
    experiment = PARAMS.experiment(name)
    facts = [{"number": n, "sources": list(experiment.trajectory[:n]), "key": key} for n, key in enumerate(keys, 1)]
    with artifacts.folder(
        PARAMS.layout.checkpoint(name), {"experiment": resolved(experiment), "iterations": facts}
    ) as part:
        (part / "weights").write_text(name)


@pytest.fixture
def measured(checkout):
    evaluated("progressive", better=2)
    evaluated("uniform", better=1)
    evaluated("start-plain")
    trained("progressive", "k1" * 32, "k2" * 32, "k3" * 32)
    trained("uniform", "u1" * 32, "k2" * 32)


def built(name):
    return Path("reports/built", name).read_text(encoding="utf-8")


def test_the_page_is_well_formed_and_needs_nothing_from_outside(measured):
    report_stage.main()
    page = Page(built("report.html"))
    assert not re.search(r"https?://|@import|url\(", built("report.html"))
    assert all(page.cells)


def test_the_banner_stands_only_where_numbers_cannot_be_compared(measured):
    def words(comparable):
        scale = dataclasses.replace(PARAMS.scale, comparable=comparable)
        paths = write_report(dataclasses.replace(PARAMS, scale=scale), ReportSpec.load(), [], Path("built"))
        return ["not comparable with the paper" in path.read_text().lower() for path in paths]

    assert words(comparable=False) == [True, True]
    assert words(comparable=True) == [False, False]


def test_numbers_of_the_tables_stand_in_both_twins(measured):
    report_stage.main()
    value = json.loads(PARAMS.layout.metrics("progressive", "in-domain").read_text())["values"]["dev"]["RR@10"]
    assert value == pytest.approx((1 + 1 + 1 + 1 / 2 + 1 / 3 + 1 / 4) / 6)
    assert f"{100 * value:.1f} (paper 36.6)" in built("report.md").replace("**", "")
    assert f">{100 * value:.1f}</a>" in built("report.html")
    assert "top-1 not evaluated on in-domain" in built("report.html")
    assert "n/a: top-1 not evaluated on in-domain (paper 33.1)" in built("report.md")


def test_paired_comparisons_are_of_per_query_values(measured):
    report_stage.main()
    line = next(line for line in built("report.md").splitlines() if line.startswith("| progressive - uniform"))
    ours, theirs = (1 + 1 + 1 + 1 / 2 + 1 / 3 + 1 / 4) / 6, (1 + 1 + 1 / 2 + 1 / 3 + 1 / 4 + 1 / 5) / 6
    assert f"| {100 * (ours - theirs):+.1f} |" in line
    assert "| 0.1250 | 6 |" in line  # four queries differ, all in one direction: 2 of 16 sign patterns
    assert "Not evaluated: progressive - start-idf" in built("report.md")


def test_iterations_that_students_share_are_counted_once(measured):
    report_stage.main()
    assert "5 iterations are asked for by the students, 4 of them distinct" in built("report.md")
    assert "| `k2k2k2k2k2k2` | unicoil + contriever | uniform 2, progressive 2 |" in built("report.md")
    assert "<b>5</b> iterations are asked for by the students, <b>4</b> of them distinct" in built("report.html")


def test_every_number_leads_back_to_run_settings_and_digests(measured):
    report_stage.main()
    path = PARAMS.layout.metrics("progressive", "zero-shot")
    run = PARAMS.layout.runs("progressive", "zero-shot") / "sympy.trec.gz"
    for text in (built("report.html"), built("report.md")):
        for expected in (path, artifacts.file_digest(path), run, artifacts.file_digest(run), RUN_KEYS["progressive"]):
            assert str(expected) in text
        assert f"training.batch_size: {PARAMS.training.batch_size}" in text


def test_your_question_is_there_once_its_student_is(measured):
    report_stage.main()
    assert "Your question" not in built("report.html") + built("report.md")
    evaluated("student", better=4)
    trained("student", "s1" * 32)
    report_stage.main()
    for text in (built("report.html"), built("report.md")):
        assert "Your question" in text
        assert PARAMS.experiment("student").labels in text
    assert "| student - progressive | your student against the paper's | PyDocs dev RR@10 |" in built("report.md")
    Page(built("report.html"))


def test_the_same_files_give_the_same_bytes(measured):
    report_stage.main()
    first = built("report.html"), built("report.md")
    report_stage.main()
    assert (built("report.html"), built("report.md")) == first


def test_a_report_before_anything_was_evaluated_says_so(checkout):
    report_stage.main()
    Page(built("report.html"))
    assert "progressive not evaluated on in-domain" in built("report.html")


def test_every_comparison_is_of_systems_that_a_table_shows():
    spec = ReportSpec.load(ROOT)
    shown = {*PARAMS.experiments, *(f"start-{name}" for name in PARAMS.scale.pretrained)}
    assert {name for pair in spec.contrasts for name in (pair.left, pair.right)} <= shown
    assert set(spec.measures) == set(PARAMS.scale.suites)
    assert all(measure in PARAMS.suite(suite).measures for suite, measure in spec.measures.items())


def test_a_mistake_in_the_reports_spec_is_named(checkout):
    path = Path("reports/report.yaml")
    path.write_text(path.read_text().replace("samples:", "sampels:"))
    with pytest.raises(ConfigError, match=r"reports/report.yaml:.*sampels: unknown key.*did you mean 'samples'"):
        ReportSpec.load()


def test_systems_without_metrics_are_left_out(measured):
    found = systems(["progressive", "fused", "progressive", "start-plain"], PARAMS)
    assert [one.name for one in found] == ["progressive", "start-plain"]
    assert [one.asked_by for one in units(found)] == [("progressive 1",), ("progressive 2",), ("progressive 3",)]
    assert found[1].settings == {}


@pytest.mark.parametrize(("value", "text"), [(0.1234, "+12.3"), (-0.002, "-0.2"), (-0.0004, "+0.0"), (0.0, "+0.0")])
def test_differences_are_signed_points(value, text):
    assert _points(value) == text


def test_settings_on_one_level():
    nested = {"trajectory": ("a", "b"), "training": {"negatives": [46, 50], "tied": False}}
    assert flat(nested) == {"trajectory": "a → b", "training.negatives": "46, 50", "training.tied": "False"}


def test_the_table_stage_writes_three_formats(measured, capsys):
    table_stage.main("table3")
    assert "(paper **49.3**)" in built("table3.md")
    assert "\\textbf{49.3}" in built("table3.tex")
    assert built("table3.csv").startswith("group,row,column,ours,paper")
    assert "reports/built/table3" in capsys.readouterr().out


def test_the_summary_counts_what_was_asked_since(measured, capsys):
    store = Store.default()
    store.record({"event": "iteration", "student": "a", "number": 1, "computed": True, "time": 5.0})
    for student, number, computed in (("a", 1, True), ("a", 1, False), ("a", 2, False), ("b", 1, False)):
        store.record({"event": "iteration", "student": student, "number": number, "computed": computed, "time": 10.0})
    store.record({"event": "shard", "time": 11.0})
    table_stage.main("table3")
    report_stage.main()
    summary_stage.main("10")
    out = capsys.readouterr().out
    assert "iterations: asked 3, computed 1, reused 2" in out
    assert "Table 3: Study on trajectory" in out
    assert str(Path("reports/built/report.html").resolve()) in out


def test_the_summary_needs_a_time_and_a_report(checkout):
    with pytest.raises(ConfigError, match="since: found 'now', allowed: seconds since the epoch"):
        summary_stage.main("now")
    with pytest.raises(artifacts.ArtifactError, match=r"table3.md: not there; run `dvc repro`"):
        summary_stage.main("0")
