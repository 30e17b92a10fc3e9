"""Earlier experiments in a scratch repository that looks as DVC leaves it, and without one."""

import hashlib
import json
import subprocess
from pathlib import Path

import pytest
from report_checkout import PARAMS, ROOT

from dragon.reporting.earlier import cache_folder, earlier
from dragon.reporting.git import experiments, revision, show
from dragon.reporting.lock import Lock

SUITES = ["in-domain", "zero-shot"]
LOCK = """schema: '2.0'
stages:
  train@progressive:
    cmd: python -m stages.train progressive
    deps:
    - path: artifacts/mini/labels/crop/pilot.json
      hash: md5
      md5: aa11
      size: 4
    - path: dragon/training
      hash: md5
      md5: bb22.dir
      size: 9
      nfiles: 2
    params:
      params.yaml:
        experiments.progressive:
          md5: not a digest
    outs:
    - path: artifacts/mini/checkpoints/progressive
      hash: md5
      md5: cc33.dir
      size: 5
  evaluate_student:
    cmd: python -m stages.evaluate student
    outs:
{outs}"""
OUT = "    - path: artifacts/mini/metrics/student/{suite}.json\n      hash: md5\n      md5: {md5}\n      size: 1\n"


def git(root, *arguments, **env):
    names = {f"GIT_{who}_{what}": "x@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    command = ["git", "-C", str(root), *arguments]
    done = subprocess.run(
        command, check=True, capture_output=True, text=True, env={"PATH": "/usr/bin:/bin", **names, **env}
    )
    return done.stdout.strip()


def cached(root, values):
    """Put a metric file into DVC's cache; returns its md5."""
    text = json.dumps({"system": "student", "suite": "x", "values": values, "facts": {}})
    md5 = hashlib.md5(text.encode()).hexdigest()
    path = root / ".dvc" / "cache" / "files" / "md5" / md5[:2] / md5[2:]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return md5


@pytest.fixture
def repository(tmp_path):
    git(tmp_path, "init", "--quiet", "--initial-branch=main")
    (tmp_path / "params.yaml").write_text((ROOT / "params.yaml").read_text())
    (tmp_path / "code").mkdir()
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "--quiet", "-m", "start")
    return tmp_path


def ask(root, name, minute, scale="mini", **settings):
    """What `dvc exp run` keeps: a commit of settings and lock under refs/exps, the branch and files as before."""
    params = (root / "params.yaml").read_text()
    lines = [
        next((f"{k}: {v}" for k, v in {**settings, "scale": scale}.items() if line.startswith(f"{k}:")), line)
        for line in params.splitlines()
    ]
    files = {suite: cached(root, {"dev": {"RR@10": 0.2 + minute / 100}, "mean": {"nDCG@10": 0.3}}) for suite in SUITES}
    (root / "params.yaml").write_text("\n".join(lines) + "\n")
    (root / "dvc.lock").write_text(LOCK.format(outs="".join(OUT.format(suite=s, md5=m) for s, m in files.items())))
    base = git(root, "rev-parse", "HEAD")
    git(root, "add", "params.yaml", "dvc.lock")
    time = f"2026-01-01T10:{minute:02d}:00+00:00"
    git(root, "commit", "--quiet", "-m", "dvc: commit experiment", GIT_COMMITTER_DATE=time)
    commit = git(root, "rev-parse", "HEAD")
    git(root, "update-ref", f"refs/exps/{base[:2]}/{base[2:]}/{name}", commit)
    git(root, "reset", "--quiet", "--hard", base)
    return commit


def test_experiments_are_found_newest_first_with_what_they_changed(repository):
    first = ask(repository, "older-one", 1, trajectory="[colbertv2]")
    ask(
        repository,
        "newer-one",
        2,
        trajectory="[contriever, unicoil]",
        overrides="{positives: 5}",
        supervision="uniform",
    )
    found = earlier(repository, "mini", SUITES, 20)
    assert found.says == ""
    newer, older = found.experiments
    assert (newer.name, newer.time) == ("newer-one", "2026-01-01T10:02:00+00:00")
    expected = {"trajectory": "contriever → unicoil", "overrides.positives": "5", "supervision": "uniform"}
    assert newer.settings == expected
    assert (older.name, older.commit, older.settings) == ("older-one", first, {"trajectory": "colbertv2"})
    assert older.value("in-domain", "dev", "RR@10") == pytest.approx(0.21)
    assert newer.value("in-domain", "dev", "RR@10") == pytest.approx(0.22)
    assert newer.value("in-domain", "dev", "P@1") is None
    assert newer.value("lotte", "dev", "RR@10") is None


def test_other_scales_and_older_ones_are_counted(repository):
    for minute in range(1, 5):
        ask(repository, f"asked-{minute}", minute, scale="paper" if minute == 4 else "mini")
    found = earlier(repository, "mini", SUITES, 3)
    assert [one.name for one in found.experiments] == ["asked-3", "asked-2"]
    assert found.says == "Experiments that are not shown: 1 older, 1 at other scales."


def test_what_the_cache_lacks_has_no_value(repository):
    ask(repository, "asked", 1)
    for path in (repository / ".dvc" / "cache").rglob("*"):
        if path.is_file():
            path.unlink()
    (one,) = earlier(repository, "mini", SUITES, 3).experiments
    assert one.values == {}


def test_experiments_in_progress_are_not_among_them(repository):
    commit = git(repository, "rev-parse", "HEAD")
    for ref in ("refs/exps/exec/EXEC_HEAD", "refs/exps/stash", "refs/exps/celery/stash"):
        git(repository, "update-ref", ref, commit)
    assert experiments(repository) == []
    assert "`dvc exp run` keeps each question" in earlier(repository, "mini", SUITES, 3).says


def test_without_git_there_is_nothing_and_nothing_fails(tmp_path, monkeypatch):
    (tmp_path / "params.yaml").write_text((ROOT / "params.yaml").read_text())
    assert earlier(tmp_path, "mini", SUITES, 3).experiments == ()
    assert (revision(tmp_path).commit, revision(tmp_path).shown) == ("", "no git")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert experiments(tmp_path) == []
    assert show(tmp_path, "HEAD", "params.yaml") == ""


def test_a_revision_says_whether_sources_changed(repository):
    clean = revision(repository)
    assert clean.commit == git(repository, "rev-parse", "HEAD")
    assert clean.shown == clean.commit[:12]
    (repository / "dvc.lock").write_text("made by a run")
    assert revision(repository) == clean
    (repository / "params.yaml").write_text("scale: paper\n")
    assert revision(repository).changed == ("params.yaml",)
    assert revision(repository).shown == f"{clean.commit[:12]} with changes"


def test_the_cache_is_where_dvcs_configuration_says(tmp_path):
    (tmp_path / ".dvc").mkdir()
    assert cache_folder(tmp_path) == tmp_path / ".dvc" / "cache"
    (tmp_path / ".dvc" / "config").write_text("[core]\n    autostage = true\n[cache]\n    dir = ../elsewhere\n")
    assert cache_folder(tmp_path) == tmp_path / "elsewhere"
    (tmp_path / ".dvc" / "config.local").write_text(f"[cache]\n    dir = {tmp_path / 'local'}\n")
    assert cache_folder(tmp_path) == tmp_path / "local"


def test_the_lock_names_the_stage_of_a_file_and_its_data():
    lock = Lock.parse(LOCK.format(outs=OUT.format(suite="in-domain", md5="dd44")))
    stage = lock.producer(Path("artifacts/mini/checkpoints/progressive/query_encoder/model.safetensors"))
    assert stage.name == "train@progressive"
    assert stage.data == {"artifacts/mini/labels/crop/pilot.json": "aa11"}
    assert stage.deps["dragon/training"] == "bb22.dir"
    assert stage.outs == {"artifacts/mini/checkpoints/progressive": "cc33.dir"}
    assert lock.producer(PARAMS.layout.metrics("student", "in-domain")).name == "evaluate_student"
    assert lock.producer(PARAMS.layout.metrics("uniform", "in-domain")) is None
    assert Lock.read(Path("/nonexistent")).stages == {}


def test_the_lock_is_read_as_yaml_reads_it():
    """The file of this repository, every stage, path and digest, against a YAML parser."""
    from ruamel.yaml import YAML

    text = (ROOT / "dvc.lock").read_text()
    expected = YAML(typ="safe").load(text)["stages"]
    found = Lock.parse(text).stages
    for name, stage in expected.items():
        for section in ("deps", "outs"):
            listed = {entry["path"]: entry["md5"] for entry in stage.get(section, ())}
            assert dict(getattr(found[name], section)) == listed if name in found else not listed
