"""The graph end to end at test size, in a clone of its own: `make test-graph`."""

import json
from pathlib import Path

import pytest
from graph_clone import Clone, copied, stages_run
from ruamel.yaml import YAML

from dragon import artifacts

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[1]
SMALL = {
    "suites/in-domain/datasets/pydocs/options": {
        "packages": ["networkx"],
        "passages": 400,
        "queries": {"dev": 80, "train": 120},
        "see_also_min": 5,
        "expect": None,
    },
    "suites/zero-shot/tests": {"sqlalchemy": "sqlalchemy/test", "pandas": "pandas/test"},
    "suites/zero-shot/mean_of": ["sqlalchemy", "pandas"],
    "suites/zero-shot/datasets/sqlalchemy/options": {"passages": 150, "queries": {"test": 40}, "expect": None},
    "suites/zero-shot/datasets/pandas/options": {"passages": 150, "queries": {"test": 40}, "expect": None},
    "vocabulary/options": {"size": 1000},
    "pretrained/contrastive/options": {"steps": 5, "batch_size": 16},
    "pretrained/retromae/options": {"steps": 5, "batch_size": 16},
    "teachers/contriever/options/encoder": {"dimensions": 64},
    "teachers/gtr-xxl/options/encoder": {"dimensions": 96},
    "teachers/colbertv2/options/encoder": {"dimensions": 32},
    "teachers/cross-encoder/options/encoder/lsa": {"dimensions": 64},
    "teachers/cross-encoder/options/encoder/char_lsa": {"dimensions": 96},
    "teachers/cross-encoder/options/encoder/terms": {"dimensions": 32},
    "suites/lotte/tests": {
        "search-sqlalchemy": "sqlalchemy/test",
        "search-pandas": "pandas/test",
        "search-pooled": "pooled/test",
    },
    "suites/lotte/mean_of": ["search-pooled"],
    "suites/lotte/datasets/sqlalchemy/options": {"expect": None},
    "suites/lotte/datasets/pandas/options": {"expect": None},
    "suites/lotte/datasets/pooled/options": {"of": ["zero-shot/sqlalchemy", "zero-shot/pandas"], "expect": None},
    "query_sizes": {"small": 60, "medium": 300},
    "latency": {"queries": 20, "batch": 10, "rounds": 2, "warmup": 1},
    "training": {"epochs": 0.2, "batch_size": 16},
    "fusion": {"weights": [0.5, 1.0]},
}
TO_DROP = ("networkx", "sympy", "matplotlib", "mlflow")
TABLES = (*(f"table{number}" for number in range(1, 12)), "controls", "teachers", "question", "claims")
FIGURES = tuple(f"figure{number}" for number in range(1, 5))


def test_size(mini):
    """The mini scale with everything cut down: the same names, the same shapes."""
    for place, changes in SMALL.items():
        target = mini
        for key in place.split("/"):
            target = target[key]
        if place.endswith("tests"):
            target.clear()
        target.update(changes) if isinstance(changes, dict) else target.__setitem__(slice(None), changes)
    for name in TO_DROP:
        del mini["suites"]["zero-shot"]["datasets"][name]
        del mini["suites"]["lotte"]["datasets"][name]
    return mini


test_size.__test__ = False


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    folder = copied(tmp_path_factory.mktemp("graph") / "repo")
    yaml = YAML(typ="safe")
    scale = test_size(yaml.load(folder / "scales" / "mini.yaml"))
    yaml.dump(scale, folder / "scales" / "test.yaml")
    params = (folder / "params.yaml").read_text()
    (folder / "params.yaml").write_text(params.replace("scale: mini", "scale: test"))
    clone = Clone(folder)
    clone.commit("clone")
    clone.first = clone.run("dvc", "repro")
    clone.commit("reproduced")
    return clone


def test_every_table_figure_and_the_report_are_there(clone):
    built = clone.folder / "reports/built/test"
    for table in TABLES:
        for suffix in ("md", "csv", "tex"):
            assert (built / f"{table}.{suffix}").stat().st_size > 200
    for figure in FIGURES:
        assert (built / f"{figure}.svg").read_text().rstrip().endswith("</svg>")
        assert (built / f"{figure}.png").read_bytes()[:4] == b"\x89PNG"
    for table in ("table2", "table3", "table5", "table7", "table8", "table9"):
        assert "n/a" not in (built / f"{table}.md").read_text()
    assert "Not comparable" in (built / "table3.md").read_text()
    page = (clone.folder / "reports/built/index.html").read_text()
    assert all(f'id="{name}"' in page for name in (*TABLES, *FIGURES))
    assert "imports no systems" in (built / "imported.md").read_text()
    assert "not comparable" in (built / "pilot.md").read_text().lower()


def test_a_claim_is_left_out_only_for_what_the_scale_lacks(clone):
    claims = json.loads((clone.folder / "artifacts/test/quality/claims.json").read_text())["claims"]
    reasons = [one["reason"] for one in claims if one["verdict"] == "not run"]
    assert len(claims) >= 25
    assert len(reasons) < 12
    assert all("scale test" in reason or "absolute value" in reason for reason in reasons), reasons


def test_a_single_table_runs_what_it_needs_and_no_more(clone):
    """`dvc repro --dry` lists the stages; nothing is made again for a table whose spec alone has changed."""
    spec = clone.folder / "reports/tables/table6.yaml"
    before = spec.read_text()
    spec.write_text(before + "\n# a remark\n")
    ran = stages_run(clone.run("dvc", "repro", "table6"))
    spec.write_text(before)
    clone.run("dvc", "repro", "table6")
    assert ran == {"folders", "table6"}


def test_prefixes_were_computed_once(clone):
    events = [e for e in clone.ledger() if e["event"] == "iteration"]
    asked, computed = len({(e["student"], e["number"]) for e in events}), sum(e["computed"] for e in events)
    assert computed == len({e["key"] for e in events}) < asked
    summary = clone.run("python", "-m", "stages.summary", "0")
    assert f"asked {asked}, computed {computed}, reused {asked - computed}" in summary
    assert "uniCOIL" in summary and "index.html" in summary


def test_nothing_changed_runs_nothing(clone):
    """`folders` looks at what lies outside the repository each time, and finds it as it was."""
    assert stages_run(clone.run("dvc", "repro")) == {"folders"}


@pytest.mark.parametrize("form", [["--temp"], []])
def test_a_new_question_reuses_iterations_and_leaves_the_tables_alone(clone, form):
    before, tables = len(clone.ledger()), artifacts.file_digests(clone.folder / "reports" / "built")
    out = clone.run("dvc", "exp", "run", *form, "-S", "trajectory=[contriever,unicoil,colbertv2]")
    ran = stages_run(out)
    assert ran <= {"config", "folders", "student", "evaluate_student", "question", "figure2", "track", "report"}
    events = clone.ledger()[before:]
    # the second time DVC itself may restore the student that the first made
    mine = [e["computed"] for e in events if e["event"] == "iteration" and e["student"] == "student"]
    assert mine == [False] * 3 * ("student" in ran)
    assert "student" in ran or not form
    if form:
        assert artifacts.file_digests(clone.folder / "reports" / "built") == tables
    shown = clone.run("dvc", "exp", "show", "--csv", "--no-pager")
    assert "contriever" in shown


def test_the_new_question_is_in_the_report_and_in_mlflow(clone):
    from mlflow import MlflowClient

    assert "contriever" in (clone.folder / "reports/built/test/report.md").read_text().split("Your question")[-1]
    client = MlflowClient(tracking_uri=f"sqlite:///{clone.folder / 'mlflow.db'}")
    runs = client.search_runs([client.get_experiment_by_name("dragon").experiment_id])
    names = [run.info.run_name for run in runs]
    assert len(names) == len(set(names))
    mine = next(r for r in runs if r.info.run_name == "student: contriever > unicoil > colbertv2")
    assert mine.data.params["trajectory"] == "contriever > unicoil > colbertv2"
    assert {"loss", "learning_rate", "queries_per_second"} <= set(mine.data.metrics)
    assert "zero-shot/mean/nDCG_at_10" in mine.data.metrics


def test_more_seeds_stand_beside_the_first(clone):
    clone.run("git", "checkout", "--", "params.yaml")
    metrics = clone.folder / "artifacts/test/metrics/top-1/in-domain.json"
    first = json.loads(metrics.read_text())
    params = clone.folder / "params.yaml"
    params.write_text(params.read_text().replace("seeds: [42]", "seeds: [42, 43]"))
    out = clone.run("dvc", "repro", "evaluate@top-1")
    both = json.loads(metrics.read_text())
    assert both["values"] == first["values"]
    assert set(both["facts"]["seeds"]) == {"43"}
    assert both["facts"]["seeds"]["43"] != first["values"]
    assert (clone.folder / "artifacts/test/runs/top-1/in-domain/seed-43/dev.trec.gz").exists()
    assert "top-1: ready" in out and "uniform: ready" not in out  # ahead sees what was asked for
    clone.run("git", "checkout", "--", "params.yaml")
    clone.run("dvc", "repro", "evaluate@top-1")


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("[contriver]", "found 'contriver', allowed: unicoil"),
        ("[]", "found an empty list"),
        ("[unicoil,unicoil]", "found 'unicoil' twice"),
        ("unicoil", "found 'unicoil', allowed: a list of teachers"),
    ],
)
def test_a_wrong_trajectory_is_one_line_and_computes_nothing(clone, value, message):
    # as the README says after a run in the workspace: DVC has rewritten the file, and cannot put `[]` into that
    clone.run("git", "checkout", "--", "params.yaml")
    before = len(clone.ledger())
    out = clone.run("dvc", "exp", "run", "--temp", "-S", f"trajectory={value}", ok=False)
    assert sum("error: params.yaml: trajectory" in line and message in line for line in out.splitlines()) == 1
    assert "Traceback" not in out
    assert "Running stage 'student'" not in out
    assert len(clone.ledger()) == before


def test_forced_without_the_store_every_byte_is_the_same(clone):
    before = clone.digests("single-unicoil")
    clone.run(
        "dvc",
        "repro",
        "--force",
        "--single-item",
        "train@single-unicoil",
        "evaluate@single-unicoil",
        DRAGON_STORE="off",
    )
    assert clone.digests("single-unicoil") == before
    assert any("model.safetensors" in name for files in before.values() for name in files)
