"""The pilot's stage in a small checkout with two seeds, and what `ahead` computes when the pilot is asked for."""

import json
import shutil
from pathlib import Path

import pytest

from dragon import artifacts
from dragon.config import Params
from dragon.core import MetricTable
from stages import pilot as stage
from stages.targets import wanted

ROOT = Path(__file__).parents[1]
STUDENTS = {
    "single-unicoil", "single-contriever", "single-colbertv2", "fused", "uniform", "progressive", "progressive-cub",
    "progressive-bcu", "progressive-last-only", "top-1", "top-5",
}  # fmt: skip


@pytest.fixture
def params(tmp_path, monkeypatch):
    """Two seeds, and claims that are tested with few draws."""
    for name in ("scales", "reports"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("built"))
    settings = (ROOT / "params.yaml").read_text()
    (tmp_path / "params.yaml").write_text(
        settings.replace("scale: local", "scale: mini").replace("seeds: [42]", "seeds: [42, 43]")
    )
    claims = tmp_path / "reports/claims.yaml"
    claims.write_text(claims.read_text().replace("samples: 100000", "samples: 500").replace("10000", "200"))
    monkeypatch.chdir(tmp_path)
    return Params.load()


def evaluated(params, system, value, other=None):
    """Ten queries per test, from ``value`` - .05 to ``value`` + .04 in turn; ``other`` is the second seed's value."""
    for name in ("in-domain", "zero-shot"):
        suite, by_seed = params.suite(name), {}
        for folder, level in (("", value), ("seed-43", other)):
            if level is not None:
                queries = {f"q{i}": level + (i - 5) / 100 for i in range(10)}
                for test in suite.tests:
                    path = params.layout.runs(system, name) / folder / f"{test}.per_query.json"
                    artifacts.write_json(path, dict.fromkeys(suite.measures, queries))
                mean = dict.fromkeys(suite.measures, sum(queries.values()) / 10)
                by_seed[folder] = dict.fromkeys((*suite.tests, "mean"), mean)
        facts = {"mean_of": list(suite.mean_of), "training_queries": 100}
        facts |= {"seeds": {"43": by_seed["seed-43"]}} if other is not None else {}
        MetricTable(system, name, by_seed[""], facts).write(params.layout.metrics(system, name))


def test_the_page_of_two_seeds(params, capsys):
    evaluated(params, "progressive", 0.405, 0.425)
    evaluated(params, "uniform", 0.305, 0.355)
    evaluated(params, "start-idf", 0.415)
    evaluated(params, "single-colbertv2-60", 0.9, 0.9)  # made for another table: not looked at
    stage.main()
    assert "21 claims: " in capsys.readouterr().out
    page = params.layout.built("pilot.md").read_text()
    assert "Not comparable with the paper: scale mini" in page
    assert "| `progressive` | unicoil → contriever → colbertv2, one more each iteration | **41.0** (40.0-42.0) " in page
    assert "three teachers, all from the start | 32.5 (30.0-35.0) |" in page
    assert "+8.5 (+8.5 to +8.5)<br>**above**; seeds +7.0 to +10.0" in page  # .1 and .07 with every query
    assert "+0.0 (+0.0 to +0.0)<br>undecided; seeds -1.0 to +1.0" in page  # progressive against start-idf
    (finding,) = [line for line in page.splitlines() if "progressive > uniform, PyDocs zero-shot mean nDCG@10" in line]
    assert finding.endswith("| +1.6 (49.3, 47.7) | +8.5 | +8.5 to +8.5 | 0.0020 | 2.1 | confirmed |")
    assert "- `epochs`: single-colbertv2-60 is not among the systems compared here" in page
    assert "n/a: fused not evaluated on in-domain; " in page


def test_the_numbers_behind_the_page(params):
    evaluated(params, "progressive", 0.405, 0.425)
    evaluated(params, "uniform", 0.305, 0.355)
    stage.main()
    found = json.loads(params.layout.built("pilot.json").read_text())
    assert (found["scale"], found["comparable"], found["seeds"]) == ("mini", False, [42, 43])
    (dev,) = [one for one in found["scores"] if (one["system"], one["title"]) == ("uniform", "dev RR@10")]
    assert (dev["mean"], dev["by_seed"]) == (pytest.approx(0.325), pytest.approx({"42": 0.3, "43": 0.35}))
    pairs = [one for one in found["pairs"] if one["right"] == "uniform"]
    assert [one["place"]["title"] for one in pairs] == ["dev RR@10", "see-also RR@10", "PyDocs zero-shot, mean nDCG@10"]
    assert all(one["difference"] == pytest.approx(0.085) and one["verdict"] == "above" for one in pairs)
    assert pairs[2]["queries"] == 10 * len(params.suite("zero-shot").mean_of)
    assert {one["family"] for one in found["findings"]["claims"]} == set(found["findings"]["families"])


def test_the_same_files_give_the_same_bytes(params):
    evaluated(params, "progressive", 0.405, 0.425)
    evaluated(params, "uniform", 0.305, 0.355)
    paths, found = [params.layout.built(name) for name in ("pilot.md", "pilot.json")], []
    for _ in range(2):
        stage.main()
        found.append([path.read_bytes() for path in paths])
    assert found[0] == found[1]


def test_before_anything_was_evaluated(params):
    stage.main()
    page = params.layout.built("pilot.md").read_text()
    assert "21 claims: 21 not run" in page
    assert page.count("| n/a |") > 50


def test_ahead_computes_the_pilots_students_and_no_others(params):
    found = wanted(params, ["pilot"])
    inner = {"uniform.1", "uniform.2", "progressive.2"}
    assert set(found) == STUDENTS | inner | {"start-plain", "start-idf"}
    assert all(suites == ["in-domain", "zero-shot"] for suites in found.values())
