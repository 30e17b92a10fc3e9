"""Stages over runs that somebody else made: values by hand, the files they leave, and what they refuse."""

import json
from types import SimpleNamespace

import pytest

from dragon import artifacts, typed
from dragon.artifacts import Layout
from dragon.core import MetricTable, Run
from dragon.errors import ConfigError
from dragon.imports import Imported
from dragon.settings import Suite
from stages import evaluate_run, imported_quality

LAYOUT = Layout("local")
SUITE = Suite(
    about="",
    tests={"dev": "pool/dev", "dl19": "pool/dl19", "dl20": "pool/dl20"},
    measures=("RR(rel=2)@10", "nDCG@10", "R@1000"),
    mean_of=("dev",),
    datasets={},
)
QRELS = "query-id\tcorpus-id\tscore\nq1\ta\t3\nq1\tfar\t1\nq2\tb\t2\n"
ONE = "".join(f"q1 Q0 {doc} {rank} {9 - rank} x\n" for rank, doc in enumerate(["z", "a", "far", *"opqrstu"], 1))
OTHER = "q1 Q0 a 1 300 x\nq1 Q0 z 2 100 x\nq2 Q0 b 1 200 x\nq2 Q0 y 2 0 x\n" + "".join(
    f"q1 Q0 n{i} {i + 3} {50 - i} x\n" for i in range(8)
)


@pytest.fixture
def params(tmp_path, monkeypatch):
    """Three systems with runs and judgments of documents that are in no collection."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DRAGON_DATA", str(tmp_path / "data"))
    (tmp_path / "data").mkdir()
    for name, content in {"one": ONE, "other": OTHER, "third": OTHER, "official": QRELS}.items():
        (tmp_path / "data" / f"{name}.txt").write_text(content)
    names = ("one", "other", "third")
    found = {name: _entry({"in-domain/dl19": f"{name}.txt"}, {"in-domain/dl19": "official.txt"}) for name in names}

    def suite(name):
        return {"in-domain": SUITE}[name]

    scale = SimpleNamespace(imported=found, suites={"in-domain": SUITE})
    params = SimpleNamespace(scale_name="local", scale=scale, layout=LAYOUT, suite=suite)
    for stage in (evaluate_run, imported_quality):
        monkeypatch.setattr(stage, "Params", SimpleNamespace(load=lambda: params))
    return params


def _entry(runs, qrels=None):
    return typed.build(Imported, {"about": "a real system", "runs": runs, "qrels": qrels or {}}, "local.yaml: imported")


def test_an_imported_run_is_evaluated_like_any_system(params, capsys):
    evaluate_run.main("one", "in-domain")
    table = MetricTable.read(LAYOUT.metrics("imported-one", "in-domain"))
    # q1: grade 3 at rank 2 and 1 at rank 3, of 3 and 1 at best; q2 has no results
    ndcg = (3 / 1.5849625007211562 + 1 / 2) / (3 + 1 / 1.5849625007211562) / 2
    assert table.value("dl19", "nDCG@10") == pytest.approx(ndcg)
    assert table.value("dl19", "RR(rel=2)@10") == 0.25
    assert set(table.values) == {"dl19", "mean"}
    assert set(table.values["dl19"]) == {"nDCG@10", "RR(rel=2)@10"}  # ten results say nothing about R@1000
    assert table.values["mean"] == table.values["dl19"]
    assert table.facts["mean_of"] == ["dl19"]
    assert (table.facts["num_queries"], table.facts["without_results"]) == ({"dl19": 2}, {"dl19": 1})
    assert table.facts["imported"]["dl19"]["path"] == "one.txt"
    assert table.facts["judgments"]["dl19"]["path"] == "official.txt"
    path = LAYOUT.runs("imported-one", "in-domain") / "dl19.trec.gz"
    assert table.facts["runs"]["dl19"] == {"path": str(path), "sha256": artifacts.file_digest(path)}
    assert Run.read(path).results["q1"][:2] == [("z", 8.0), ("a", 7.0)]
    values = json.loads(path.with_name("dl19.per_query.json").read_text())
    assert values["RR(rel=2)@10"] == {"q1": 0.5, "q2": 0.0}
    assert "imported-one in-domain: RR(rel=2)@10 0.2500" in capsys.readouterr().out


def test_without_others_the_suite_s_own_judgments_count(params, tmp_path):
    params.scale.imported["own"] = _entry({"in-domain/dl20": "one.txt"})
    qrels = LAYOUT.dataset("in-domain", "pool") / "qrels" / "dl20.trec"
    qrels.parent.mkdir(parents=True)
    qrels.write_text("q1 0 z 2\n")
    evaluate_run.main("own", "in-domain")
    table = MetricTable.read(LAYOUT.metrics("imported-own", "in-domain"))
    assert table.values["dl20"] == {"RR(rel=2)@10": 1.0, "nDCG@10": 1.0}
    assert table.facts["judgments"]["dl20"]["path"] == str(qrels)


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        (
            _entry({"in-domain/dl21": "one.txt"}),
            r"imported.x.runs: found 'in-domain/dl21'.*did you mean 'in-domain/dl20'",
        ),
        (_entry({"lotte/dl19": "one.txt"}), "imported.x.runs: found lotte/dl19, but no run for in-domain/<test>"),
        (_entry({"in-domain/dl19": "none.txt"}), "runs.in-domain/dl19: found 'none.txt', but there is no file"),
        (_entry({"in-domain/dl19": "one.txt"}, {"in-domain/dl19": "no.txt"}), "qrels.in-domain/dl19: found 'no.txt'"),
        (_entry({"in-domain/dl19": "one.txt"}, {"in-domain/dl2": "one.txt"}), "x.qrels: found 'in-domain/dl2'"),
    ],
)
def test_wrong_entries_are_named(params, entry, message):
    params.scale.imported["x"] = entry
    with pytest.raises(ConfigError, match=message):
        evaluate_run.main("x", "in-domain")
    assert not LAYOUT.metrics("imported-x", "in-domain").exists()


def test_an_unknown_system_is_named(params):
    with pytest.raises(ConfigError, match=r"scales/local.yaml: imported: found 'on', .*did you mean 'one'"):
        evaluate_run.main("on", "in-domain")


def test_fusion_and_unions_of_three(params):
    for name in params.scale.imported:
        evaluate_run.main(name, "in-domain")
    imported_quality.main("in-domain")
    report = artifacts.read_json(LAYOUT.quality("imported"))["in-domain"]
    assert list(report) == ["dl19"]
    found = report["dl19"]
    assert (found["systems"], found["queries"], found["depth"]) == (["one", "other", "third"], 2, 10)
    # q1: z a far and seven more, with a z and eight more: 18; q2: b y
    assert found["threes"]["one + other + third"]["union_at_10"] == 10.0
    # of q1, "one" gives z more than a by 1 of its 9, the others a more than z by 200 of their 229: a is first
    assert found["fusion_of_all"]["RR(rel=2)@10"] == 1.0
    assert found["threes"]["one + other + third"]["nDCG@10"] == found["fusion_of_all"]["nDCG@10"]


def test_systems_judged_differently_are_not_compared(params, tmp_path):
    (tmp_path / "data" / "second.txt").write_text(QRELS)
    params.scale.imported["third"] = _entry({"in-domain/dl19": "third.txt"}, {"in-domain/dl19": "second.txt"})
    for name in params.scale.imported:
        evaluate_run.main(name, "in-domain")
    with pytest.raises(ConfigError, match=r"in-domain/dl19: found judgments \['official.txt', 'second.txt'\]"):
        imported_quality.main("in-domain")
