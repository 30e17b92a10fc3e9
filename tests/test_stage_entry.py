"""How a stage ends when something is wrong: one line, status 2, no traceback."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def stage(*words, cwd=ROOT):
    return subprocess.run(
        [sys.executable, "-m", *words], cwd=cwd, capture_output=True, text=True, env={"PYTHONPATH": str(ROOT)}
    )


def test_a_missing_name_prints_the_usage():
    done = stage("stages.train")
    assert done.returncode == 1
    assert done.stderr.strip() == "usage: python -m stages.train <student>"


def test_a_name_that_repeats_has_dots():
    assert stage("stages.evaluate").stderr.strip() == "usage: python -m stages.evaluate <system> <suites> ..."


def test_an_optional_name_is_bracketed():
    assert stage("stages.rank").stderr.strip() == "usage: python -m stages.rank <teacher> <query_set> [shards]"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("stages.train", "progresive"), "experiments: found 'progresive'"),
        (("stages.table", "table33"), "found 'table33', allowed: controls, question, table1"),
        (("stages.labels", "crop/pilt"), "pools: found 'pilt'"),
        (("stages.evaluate", "uniform.9", "in-domain"), "uniform: iteration: found '9', allowed: 1, 2, 3"),
        (("stages.evaluate", "start-plane", "in-domain"), "pretrained: found 'plane', allowed: plain"),
        (("stages.pretrained", "plane"), "found 'plane'"),
    ],
)
def test_a_misspelt_name_is_one_line(words, message):
    done = stage(*words)
    assert done.returncode == 2
    assert message in done.stderr
    assert done.stderr.startswith("error: ") and len(done.stderr.strip().splitlines()) == 1


def test_outside_the_repository(tmp_path):
    done = stage("stages.train", "progressive", cwd=tmp_path)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "run from the root of the repository" in done.stderr


def test_missing_inputs_name_the_folder(tmp_path):
    for name in ("params.yaml", "scales"):
        (tmp_path / name).symlink_to(ROOT / name)
    done = stage("stages.labels", "crop/pilot", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.strip() == (
        "error: artifacts/mini/rankings/crop/unicoil: not there; run `dvc repro` for the stage that makes it"
    )
