"""The stage over runs that somebody else made: values by hand, the files it leaves, and what it refuses."""

import json
from types import SimpleNamespace

import pytest

from dragon import artifacts, typed
from dragon.artifacts import Layout
from dragon.core import Corpus, MetricTable, Passage, Run
from dragon.errors import ConfigError
from dragon.imports import Imported
from dragon.settings import Suite
from stages import folders, imported

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
OFFICIAL = {"in-domain/dl19": "official.txt"}


@pytest.fixture
def params(tmp_path, monkeypatch):
    """Three systems whose runs and judgments hold documents that the collection lacks."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DRAGON_DATA", str(tmp_path / "data"))
    (tmp_path / "data").mkdir()
    for name, content in {"one": ONE, "other": OTHER, "third": OTHER, "official": QRELS}.items():
        (tmp_path / "data" / f"{name}.txt").write_text(content)
    Corpus.write(LAYOUT.dataset("in-domain", "pool") / "corpus", [Passage(doc, "", doc) for doc in "abopqrstuy"])
    found = {name: _entry({"in-domain/dl19": f"{name}.txt"}, OFFICIAL) for name in ("one", "other", "third")}
    scale = SimpleNamespace(imported=found, suites={"in-domain": SUITE})
    params = SimpleNamespace(scale_name="local", scale=scale, layout=LAYOUT, suite=scale.suites.__getitem__)
    for stage in (imported, folders):
        monkeypatch.setattr(stage, "Params", SimpleNamespace(load=lambda: params))
    return params


def _entry(runs, qrels=None):
    return typed.build(Imported, {"about": "a real system", "runs": runs, "qrels": qrels or {}}, "local.yaml: imported")


def test_an_imported_run_is_evaluated_like_any_system(params, capsys):
    imported.main()
    table = MetricTable.read(LAYOUT.metrics("imported/one", "in-domain"))
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
    path = LAYOUT.runs("imported/one", "in-domain") / "dl19.trec.gz"
    assert table.facts["runs"]["dl19"] == {"path": str(path), "sha256": artifacts.file_digest(path)}
    assert Run.read(path).results["q1"][:2] == [("z", 8.0), ("a", 7.0)]
    values = json.loads(path.with_name("dl19.per_query.json").read_text())
    assert values["RR(rel=2)@10"] == {"q1": 0.5, "q2": 0.0}
    assert "imported/one in-domain: RR(rel=2)@10 0.2500" in capsys.readouterr().out


def test_what_is_unknown_is_counted(params, tmp_path):
    (tmp_path / "data" / "one.txt").write_text(ONE + "q9 Q0 nowhere 1 1 x\n")
    imported.main()
    facts = MetricTable.read(LAYOUT.metrics("imported/one", "in-domain")).facts
    # of ten results `a` and `far` are judged; the collection lacks `z` and `far`; q9 is not judged and not looked at
    assert facts["ids"] == {"dl19": {"results": 10, "unjudged": 8, "unjudged_at_10": 8, "outside": 2}}
    assert facts["without_judgments"] == {"dl19": 1}
    facts = MetricTable.read(LAYOUT.metrics("imported/other", "in-domain")).facts
    # q1 has the same ten and q2 two, of which `a` and `b` are judged; the collection lacks `z` and `n0` to `n7`
    assert facts["ids"] == {"dl19": {"results": 12, "unjudged": 10, "unjudged_at_10": 10, "outside": 9}}


def test_without_others_the_suite_s_own_judgments_count(params):
    params.scale.imported["own"] = _entry({"in-domain/dl20": "one.txt"})
    qrels = LAYOUT.dataset("in-domain", "pool") / "qrels" / "dl20.trec"
    qrels.parent.mkdir(parents=True)
    qrels.write_text("q1 0 z 2\n")
    imported.main()
    table = MetricTable.read(LAYOUT.metrics("imported/own", "in-domain"))
    assert table.values["dl20"] == {"RR(rel=2)@10": 1.0, "nDCG@10": 1.0}
    assert table.facts["judgments"]["dl20"]["path"] == str(qrels)


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        (
            _entry({"in-domain/dl21": "one.txt"}),
            r"imported.x.runs: found 'in-domain/dl21'.*did you mean 'in-domain/dl20'",
        ),
        (_entry({"lotte/dl19": "one.txt"}), "imported.x.runs: found 'lotte/dl19', allowed: in-domain/dev"),
        (_entry({}), "imported.x.runs: found nothing, allowed: <suite>/<test>"),
        (_entry({"in-domain/dl19": "none.txt"}), "runs.in-domain/dl19: found 'none.txt', but there is no file"),
        (_entry({"in-domain/dl19": "one.txt"}, {"in-domain/dl19": "no.txt"}), "qrels.in-domain/dl19: found 'no.txt'"),
        (_entry({"in-domain/dl19": "one.txt"}, {"in-domain/dl2": "one.txt"}), "x.qrels: found 'in-domain/dl2'"),
        (
            _entry({"in-domain/dl19": "one.txt"}),
            r"in-domain/dl19: found judgments official.txt \(third\); the suite's own \(x\)",
        ),
    ],
)
def test_wrong_entries_are_named_before_anything_is_written(params, entry, message):
    params.scale.imported["x"] = entry
    with pytest.raises(ConfigError, match=message):
        imported.main()
    assert not LAYOUT.metrics("imported/one", "in-domain").exists()


def test_a_name_that_is_no_folder_s_is_refused(params):
    params.scale.imported["../one"] = params.scale.imported["one"]
    with pytest.raises(ConfigError, match=r"local.yaml: imported: found '../one', allowed: letters, digits"):
        imported.main()


def test_fusion_and_unions_of_three(params):
    imported.main()
    report = artifacts.read_json(LAYOUT.quality("imported"))["in-domain"]
    assert list(report) == ["dl19"]
    found = report["dl19"]
    assert (found["systems"], found["queries"], found["depth"]) == (["one", "other", "third"], 2, 10)
    # q1: z a far and seven more, with a z and eight more: 18; q2: b y
    assert found["threes"]["one + other + third"]["union_at_10"] == 10.0
    # of q1, "one" gives z more than a by 1 of its 9, the others a more than z by 200 of their 229: a is first
    assert found["fusion_of_all"]["RR(rel=2)@10"] == 1.0
    assert found["threes"]["one + other + third"]["nDCG@10"] == found["fusion_of_all"]["nDCG@10"]


def test_one_system_has_nothing_to_be_fused_with(params):
    params.scale.imported = {"one": params.scale.imported["one"]}
    imported.main()
    assert artifacts.read_json(LAYOUT.quality("imported")) == {"in-domain": {}}
    assert "together" not in LAYOUT.built("imported.md").read_text()


def test_two_systems_have_no_three(params):
    del params.scale.imported["third"]
    imported.main()
    assert artifacts.read_json(LAYOUT.quality("imported"))["in-domain"]["dl19"]["threes"] == {}
    assert "union@10:" not in LAYOUT.built("imported.md").read_text()


def test_a_system_that_is_no_longer_named_is_gone(params):
    imported.main()
    del params.scale.imported["third"]
    imported.main()
    for folder in (LAYOUT.root / "metrics" / "imported", LAYOUT.root / "runs" / "imported"):
        assert sorted(path.name for path in folder.iterdir()) == ["one", "other"]


def test_without_imports_the_files_are_there_and_empty(params, capsys):
    params.scale.imported = {}
    imported.main()
    for folder in (LAYOUT.root / "metrics" / "imported", LAYOUT.root / "runs" / "imported"):
        assert list(folder.iterdir()) == []
    assert artifacts.read_json(LAYOUT.quality("imported")) == {}
    assert "Scale `local` imports no systems." in LAYOUT.built("imported.md").read_text()
    assert "imported: scale local imports no systems" in capsys.readouterr().out


def test_dvc_is_shown_every_file_and_every_entry(params, tmp_path, capsys):
    folders.main("imported")
    path = LAYOUT.folders("imported")
    before = artifacts.read_json(path)
    data = tmp_path / "data"
    assert list(before) == ["one", "other", "third"]
    assert before["other"] == {
        "about": "a real system",
        "runs": {"in-domain/dl19": {"path": "other.txt", "sha256": artifacts.file_digest(data / "other.txt")}},
        "qrels": {"in-domain/dl19": {"path": "official.txt", "sha256": artifacts.file_digest(data / "official.txt")}},
    }
    assert capsys.readouterr().out == "imported: one, other, third outside the repository\n"
    (data / "one.txt").write_text(OTHER)
    folders.main("imported")
    after = artifacts.read_json(path)
    assert after["one"]["runs"]["in-domain/dl19"]["sha256"] == before["other"]["runs"]["in-domain/dl19"]["sha256"]
    assert (after["one"]["qrels"], after["other"]) == (before["one"]["qrels"], before["other"])
    (data / "official.txt").write_text(QRELS + "q2\ty\t1\n")
    folders.main("imported")
    assert artifacts.read_json(path)["third"]["qrels"] != after["third"]["qrels"]


def test_a_missing_file_is_named_when_dvc_is_shown_it(params):
    params.scale.imported["x"] = _entry({"in-domain/dl19": "none.txt"})
    with pytest.raises(ConfigError, match=r"imported\.x\.runs\.in-domain/dl19: found 'none.txt'"):
        folders.main("imported")
