"""MLflow with a real sqlite store."""

import dataclasses
import subprocess
import sys
from pathlib import Path

import pytest

from dragon import tracking
from dragon.config import Params
from dragon.tracking import Student, flat, run_key

ROOT = Path(__file__).parents[1]
CURVE = [{"step": i, "loss": 4.0 / i, "learning_rate": 1e-3, "queries_per_second": 900.0} for i in range(1, 31)]


@pytest.fixture
def student(tmp_path, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path / 'mlflow.db'}")
    monkeypatch.setattr(tracking, "project_root", lambda: tmp_path)
    return Student(Params.load(ROOT).experiment("progressive"), "mini")


def runs(tmp_path):
    from mlflow import MlflowClient

    client = MlflowClient(tracking_uri=f"sqlite:///{tmp_path / 'mlflow.db'}")
    return client, client.search_runs([client.get_experiment_by_name("dragon").experiment_id])


VALUES = {"in-domain": {"dev": {"nDCG@10": 0.25}}}


def test_one_run_holds_parameters_curves_and_metrics(student, tmp_path):
    student.log([*CURVE, *CURVE], VALUES, {"iterations": "abc def", "paper.table": "3"})
    student.log([*CURVE, *CURVE], VALUES, {"iterations": "abc def", "paper.table": "3"})  # duplicates nothing
    client, found = runs(tmp_path)
    assert len(found) == 1
    data = found[0].data
    assert data.params["trajectory"] == "unicoil > contriever > colbertv2"
    assert data.params["training.max_length.query"] == "32"
    assert data.metrics["in-domain/dev/nDCG_at_10"] == 0.25
    assert (data.tags["scale"], data.tags["iterations"], data.tags["paper.table"]) == ("mini", "abc def", "3")
    history = client.get_metric_history(found[0].info.run_id, "loss")
    assert [point.step for point in history] == list(range(1, 61))
    assert history[29].value == pytest.approx(4 / 30)
    assert len(client.get_metric_history(found[0].info.run_id, "in-domain/dev/nDCG_at_10")) == 1
    assert found[0].info.status == "FINISHED"


def test_names_that_mlflow_takes(student, tmp_path):
    values = {"RR@10": 0.5, "R(rel=2)@100": 0.25, "RBP(rel=1,p=0.8)@5": 0.125}
    student.log(CURVE, {"in-domain": {"dl19": values}}, {})
    found = runs(tmp_path)[1][0].data.metrics
    names = ("RR_at_10", "R_rel2_at_100", "RBP_rel1_p0.8_at_5")
    assert [found[f"in-domain/dl19/{name}"] for name in names] == [0.5, 0.25, 0.125]


def test_new_values_resume_the_run(student, tmp_path):
    student.log(CURVE, VALUES, {})
    student.log(CURVE, {"in-domain": {"dev": {"nDCG@10": 0.5}}}, {})
    client, found = runs(tmp_path)
    assert [run.data.metrics["in-domain/dev/nDCG_at_10"] for run in found] == [0.5]
    assert len(client.get_metric_history(found[0].info.run_id, "loss")) == 30


def test_other_settings_are_another_run(student, tmp_path):
    student.log(CURVE, {}, {})
    other = dataclasses.replace(student.experiment, trajectory=("contriever", "unicoil", "colbertv2"))
    Student(other, "mini").log(CURVE, {}, {})
    assert len(runs(tmp_path)[1]) == 2
    assert run_key(other, "mini") != run_key(student.experiment, "mini") != run_key(student.experiment, "local")
    found = tracking.run_ids()
    assert set(found) == {run_key(other, "mini"), run_key(student.experiment, "mini")}
    assert set(found.values()) == {run.info.run_id for run in runs(tmp_path)[1]}


def test_run_ids_are_empty_with_tracking_off():
    assert tracking.run_ids() == {}


def test_processes_that_start_together_share_one_experiment(tmp_path):
    script = """
import sys, dataclasses
from pathlib import Path
from dragon import tracking
from dragon.config import Params
tracking.project_root = lambda: Path(sys.argv[1])
experiment = dataclasses.replace(Params.load().experiment("progressive"), name=sys.argv[2])
tracking.Student(experiment, "mini").log([], {"in-domain": {"dev": {"RR@10": 0.5}}}, {})
"""
    import os

    env = {
        **os.environ,
        "MLFLOW_TRACKING_URI": f"sqlite:///{tmp_path / 'mlflow.db'}",
        "DRAGON_STORE": str(tmp_path / "store"),
    }
    args = [sys.executable, "-c", script, str(tmp_path)]
    together = [
        subprocess.Popen(
            [*args, f"s{i}"], cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        for i in range(3)
    ]
    said = [process.communicate()[0] for process in together]
    assert said == ["", "", ""]
    assert sorted(run.info.run_name for run in runs(tmp_path)[1]) == ["s0", "s1", "s2"]


def test_a_failing_tracker_is_one_line_and_stops_nothing(student, monkeypatch, capsys):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "sqlite:////proc/nowhere/mlflow.db")
    student.log([], {"in-domain": {"dev": {"RR@10": 0.5}}}, {})
    said = capsys.readouterr()
    assert (said.out + said.err).count("mlflow: not logged") == 1


def test_off_imports_no_mlflow():
    script = """
import os, sys
os.environ["MLFLOW_TRACKING_URI"] = "off"
from dragon.config import Params
from dragon.tracking import Student
Student(Params.load().experiment("uniform"), "mini").log([], {}, {})
print("mlflow" in sys.modules)
"""
    out = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "False"


def test_settings_are_flat():
    assert flat({"a": {"b": 1}, "trajectory": ("x", "y")}) == {"a.b": "1", "trajectory": "x > y"}
