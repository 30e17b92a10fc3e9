"""The whole report from a few metric files: self-contained, well-formed, and every number leads back."""

import dataclasses
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from report_checkout import IN_PASSAGE, IN_QUERY, PARAMS, ROOT, RUN_KEYS

from dragon import artifacts
from dragon.config import PLAYGROUND, resolved
from dragon.errors import ArtifactError, ConfigError
from dragon.reporting.page import Computed, context, table_specs
from dragon.reporting.report import ReportSpec, write_report
from dragon.store import Store
from stages import report as report_stage

VOID = {"meta", "br"}


class Page(HTMLParser):
    """Fails on a tag closed in the wrong place, a resource, an id that stands twice, a link that leads nowhere."""

    def __init__(self, html):
        super().__init__()
        self.open, self.ids, self.links, self.resources, self.cells, self.tags = [], [], [], [], [], []
        self.feed(html)
        self.close()
        assert self.open == []
        assert self.resources == []
        assert len(self.ids) == len(set(self.ids))
        assert {link.removeprefix("#") for link in self.links} <= set(self.ids)

    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        self.tags.append(tag)
        self.ids += [found["id"]] if "id" in found else []
        self.links += [found["href"]] if "href" in found else []
        self.resources += [value for key, value in attributes if key in ("src", "srcset", "data", "action")]
        self.open += [] if tag in VOID else [tag]
        self.cells += [""] if tag == "td" else []

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "td" in self.open:
            self.cells[-1] += data.strip()


@pytest.fixture
def finished(finished_checkout, monkeypatch):
    """The finished checkout to read, as the working folder."""
    monkeypatch.chdir(finished_checkout)
    return finished_checkout


def built(name):
    return (PARAMS.layout.built(name)).read_text(encoding="utf-8")


def test_the_page_is_well_formed_and_needs_nothing_from_outside(finished):
    page = Page(built("index.html"))
    assert not re.search(r"https?:|@import|url\((?!#)", built("index.html"))
    assert "default-src 'none'" in built("index.html")
    assert page.tags.count("svg") == len(ReportSpec.load().figures) - 1  # Figure 4 is a table


def test_every_table_and_figure_of_the_spec_is_there(finished):
    spec, page = ReportSpec.load(), Page(built("index.html"))
    assert {*spec.tables, *spec.figures, "claims", "what-was-run", "beside"} <= set(page.ids)
    assert [name for name in spec.paper if name.startswith("table")] == [f"table{i}" for i in range(1, 12)]
    assert list(spec.figures) == [f"figure{i}" for i in range(1, 5)]


def test_the_page_of_the_scale_in_force_lies_above_its_folder(finished):
    assert Path("reports/built/index.html").read_text() == built("index.html")


def test_claims_come_first_with_their_verdicts(finished):
    html, found = built("index.html"), artifacts.read_json(PARAMS.layout.quality("claims"))["claims"]
    assert html.index('id="claims"') < html.index('id="what-was-run"') < html.index('id="tables"')
    assert all(f'id="claim-{one["id"]}"' in html for one in found)
    for verdict in {one["verdict"] for one in found}:
        count = sum(one["verdict"] == verdict for one in found)
        assert f"{verdict} <b>{count}</b>" in html
        assert f"**{count}** {verdict}" in built("report.md")


def test_texts_from_collections_are_escaped(finished):
    html = built("index.html")
    for text in (IN_PASSAGE, IN_QUERY):
        assert text not in html + built("report.md")
        assert html.count(text.replace("<", "&lt;").replace(">", "&gt;").replace("'", "&#39;"))
    assert Page(html).tags.count("script") == 1


def test_the_banner_stands_only_where_numbers_cannot_be_compared(report_checkout):
    def words(comparable):
        params = dataclasses.replace(PARAMS, scale=dataclasses.replace(PARAMS.scale, comparable=comparable))
        spec = ReportSpec.load()
        paths = write_report(params, context(params, spec, table_specs(spec, params), Computed()))
        return [bool(re.search('class="banner"|^> \\*\\*Scale mini - not', path.read_text(), re.M)) for path in paths]

    assert words(comparable=False) == [True, True, True]
    assert words(comparable=True) == [False, False, False]


def test_numbers_of_the_tables_stand_in_both_twins(finished):
    value = json.loads(PARAMS.layout.metrics("progressive", "in-domain").read_text())["values"]["dev"]["RR@10"]
    assert value == pytest.approx((1 + 1 + 1 + 1 / 2 + 1 / 3 + 1 / 4) / 6)
    assert f"{100 * value:.1f} (paper 36.6)" in built("report.md").replace("**", "")
    assert f">{100 * value:.1f}</a>" in built("index.html")
    assert "top-1 not evaluated on in-domain" in built("index.html")
    assert "n/a: top-1 not evaluated on in-domain (paper 33.1)" in built("report.md")


def test_a_cell_says_difference_interval_and_verdict(finished):
    value = 100 * (1 + 1 + 1 + 1 / 2 + 1 / 3 + 1 / 4) / 6
    row = re.search(
        r'<tr><th scope="row">\(0\) uniCOIL.*?</tr>',
        built("index.html")[built("index.html").index("Numbers in full", built("index.html").index('id="table3"')) :],
        re.S,
    )[0]
    assert f"<td>{value:.1f}</td><td>{value - 36.6:+.1f}</td>" in row
    low, high = map(float, re.search(r"<td>([\d.]+) to ([\d.]+)</td>", row).groups())
    assert 25 <= low < value < high <= 100
    assert "not comparable" in row
    assert '<a href="#trace-progressive-in-domain-dev">' in row


def test_paired_comparisons_are_of_per_query_values(finished):
    line = next(line for line in built("report.md").splitlines() if line.startswith("| progressive - uniform"))
    ours, theirs = (1 + 1 + 1 + 1 / 2 + 1 / 3 + 1 / 4) / 6, (1 + 1 + 1 / 2 + 1 / 3 + 1 / 4 + 1 / 5) / 6
    assert f"| {100 * (ours - theirs):+.1f} |" in line
    assert "| 0.1250 | 6 |" in line  # four queries differ, all in one direction: 2 of 16 sign patterns
    assert "Not evaluated: progressive - start-idf" in built("report.md")


def test_iterations_that_students_share_are_counted_once(finished):
    assert "6 iterations are asked for by the students, 5 of them distinct" in built("report.md")
    assert re.search(r"\| `k2k2k2k2k2k2` \| unicoil \+ contriever \| uniform 2, progressive 2 \|", built("report.md"))
    assert "<b>6</b> asked for by the students, <b>5</b> distinct, <b>0</b> computed" in built("index.html")


def test_every_number_leads_back_to_run_settings_and_digests(finished):
    path = PARAMS.layout.metrics("progressive", "zero-shot")
    run = PARAMS.layout.runs("progressive", "zero-shot") / "sympy.trec.gz"
    params = artifacts.digest(json.loads(json.dumps(resolved(PARAMS.experiment("progressive")))))[:12]
    for text in (built("index.html"), built("report.md")):
        for expected in (path, artifacts.file_digest(path), run, artifacts.file_digest(run), RUN_KEYS["progressive"]):
            assert str(expected) in text
        assert params in text
        assert f"training.batch_size: {PARAMS.training.batch_size}" in text


def test_stages_data_and_mlflow_runs_are_named(report_checkout, monkeypatch):
    metrics, checkpoint = PARAMS.layout.metrics("progressive", "in-domain"), PARAMS.layout.checkpoint("progressive")
    lock = ["schema: '2.0'", "stages:"]
    lock += ["  evaluate@progressive:", "    cmd: python", "    deps:", f"    - path: {checkpoint}", "      hash: md5"]
    lock += ["      md5: 0123abcd.dir", "    outs:", f"    - path: {metrics}", "      hash: md5", "      md5: 4567"]
    Path("dvc.lock").write_text("\n".join(lock) + "\n")
    monkeypatch.setattr(report_stage.tracking, "run_ids", lambda: {RUN_KEYS["progressive"]: "f00dcafe"})
    report_stage.main()
    entry = built("index.html")[built("index.html").index('id="trace-progressive"') :]
    entry = entry[: entry.index("</details>")]
    assert "<dt>evaluated by</dt><dd><code>evaluate@progressive</code>" in entry
    assert f'<code>{checkpoint}</code> md5 <code class="hash">0123abcd.dir</code>' in entry
    assert "<dt>MLflow run</dt><dd><code>f00dcafe</code>" in entry


def test_your_question_stands_beside_table_three(finished):
    html = built("index.html")
    assert html.index('id="table3"') < html.index('id="beside"') < html.index('id="table4"')
    assert PARAMS.experiment(PLAYGROUND).labels in html
    assert "| student - progressive | your student against the paper's | PyDocs dev RR@10 |" in built("report.md")


def test_your_question_is_there_once_its_student_is(report_checkout):
    for suite in PARAMS.scale.suites:
        PARAMS.layout.metrics(PLAYGROUND, suite).unlink()
    report_stage.main()
    assert 'id="your-question"' not in built("index.html")
    assert "## Your question" not in built("report.md")
    Page(built("index.html"))


def test_the_same_files_give_the_same_bytes(finished_checkout, report_checkout):
    for name in ("index.html", "report.md"):
        PARAMS.layout.built(name).unlink()
    report_stage.main()
    for name in ("index.html", "report.md"):
        assert built(name) == (finished_checkout / PARAMS.layout.built(name)).read_text(encoding="utf-8")


def test_a_figure_that_was_not_drawn_names_its_stage(report_checkout):
    PARAMS.layout.built("figure2.svg").unlink()
    with pytest.raises(ArtifactError, match=r"figure2.svg: not there; run `dvc repro figure2`"):
        report_stage.main()


def test_a_report_before_claims_were_tested_says_so(report_checkout):
    PARAMS.layout.quality("claims").unlink()
    report_stage.main()
    Page(built("index.html"))
    assert "No claim has been tested" in built("index.html")


def test_what_was_run_names_machine_seeds_and_times(report_checkout):
    event = {"event": "stage", "module": "stages.train", "names": ["progressive"], "checkout": str(report_checkout)}
    Store.default().record({**event, "seconds": 125.0})
    Store.default().record(
        {"event": "iteration", "student": "x", "number": 1, "key": "k1" * 32, "computed": True, "seconds": 4.0}
    )
    report_stage.main()
    html = built("index.html")
    assert '<th scope="row"><code>train</code></th><td>1</td><td>2 min 05 s</td>' in html
    assert (
        "<b>1</b> computed by this machine&#39;s store in 4.0 s" in html
        or "<b>1</b> computed by this machine's store in 4.0 s" in html
    )
    assert "<dt>python</dt>" in html and "<dt>seeds</dt>" in html


def test_every_comparison_is_of_systems_that_a_table_shows():
    spec = ReportSpec.load(ROOT)
    shown = {*PARAMS.experiments, *(f"start-{name}" for name in PARAMS.scale.pretrained)}
    assert {name for pair in spec.contrasts for name in (pair.left, pair.right)} <= shown
    assert set(spec.measures) <= set(PARAMS.scale.suites)
    assert all(set(names) <= set(PARAMS.suite(suite).measures) for suite, names in spec.measures.items())


def test_a_mistake_in_the_reports_spec_is_named(report_checkout):
    path = Path("reports/report.yaml")
    path.write_text(path.read_text().replace("samples:", "sampels:"))
    with pytest.raises(ConfigError, match=r"reports/report.yaml:.*sampels: unknown key.*did you mean 'samples'"):
        ReportSpec.load()
