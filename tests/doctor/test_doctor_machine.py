"""Each line of the doctor against something that is really broken."""

import os
import stat
import subprocess
import sys

import pytest
from doctor_scale import PARAMS

from dragon.doctor import Finding, can_run
from dragon.doctor import machine as of_machine
from dragon.doctor import places as of_places
from dragon.teachers import jvm
from stages.doctor import findings


def java(folder, version, script="#!/bin/sh\nexit 0\n"):
    """A Java home of that version whose `java` is a script."""
    (folder / "bin").mkdir(parents=True)
    (folder / "release").write_text(f'JAVA_VERSION="{version}"\n')
    (folder / "bin/java").write_text(script)
    (folder / "bin/java").chmod(0o755)
    return str(folder)


def test_the_machine_that_runs_the_tests_has_what_mini_needs():
    assert [one.line for one in of_machine.machine(PARAMS) if one.state == "missing"] == []


def test_another_python_says_which_and_how():
    found = of_machine.python((3, 12))
    assert found.state == "missing" and "found 3.12, allowed 3.11" in found.line and "make PYTHON=" in found.line


def test_packages_are_held_against_the_lock(tmp_path):
    lock = tmp_path / "requirements.lock"
    assert of_machine.packages(lock).state == "missing"
    lock.write_text("numpy==0.0.1\nfaiss-cpu==0\n")
    assert of_machine.packages(lock).state == "note"
    lock.write_text("a-package-nobody-has==1\n")
    assert "not installed: a-package-nobody-has" in of_machine.packages(lock).line


def test_a_java_that_is_recent_and_starts_is_fine(tmp_path, monkeypatch):
    monkeypatch.setenv("JAVA_HOME", java(tmp_path / "jdk", "21.0.1"))
    assert of_machine.java(PARAMS).state == "ok"


def test_without_java_lucene_cannot_run(tmp_path, monkeypatch):
    monkeypatch.setenv("JAVA_HOME", java(tmp_path / "jdk", "11.0.2"))
    monkeypatch.setattr(jvm.importlib.util, "find_spec", lambda name: None)
    found = of_machine.java(PARAMS)
    assert found.state == "missing" and "is Java 11" in found.says
    without = type(PARAMS.scale)(**{**vars(PARAMS.scale), "teachers": {}})
    assert of_machine.java(type(PARAMS)(**{**vars(PARAMS), "scale": without})).state == "note"


@pytest.mark.parametrize("script", ["#!/bin/sh\nexit 3\n", "#!/no/such/interpreter\n"])
def test_a_java_that_does_not_start_is_named(tmp_path, monkeypatch, script):
    monkeypatch.setenv("JAVA_HOME", java(tmp_path / "jdk", "21", script))
    found = of_machine.java(PARAMS)
    assert found.state == "missing" and "jdk/bin/java" in found.says


def test_a_library_that_crashes_takes_no_other_line_with_it():
    found = of_machine._imported("x", "import os; os.abort()")
    assert found.state == "missing" and "import fails with -6" in found.says
    assert of_machine._imported("x", "import no_such_module_here").says == "not installed"


def test_two_builds_of_faiss_or_none_are_refused(monkeypatch):
    monkeypatch.setattr(of_machine, "installed", lambda name: "1.0")
    assert of_machine.faiss().says == "faiss-cpu 1.0 and faiss-gpu 1.0"
    monkeypatch.setattr(of_machine, "installed", lambda name: None)
    assert of_machine.faiss().state == "missing"


def test_low_disk_is_missing_and_unknown_need_is_a_note(tmp_path):
    needed, here = {"checkout": 6e9, "store": 4e9}, {"checkout": tmp_path, "store": tmp_path / "not/yet"}
    little = {"checkout": 1e9, "store": 1e9}
    low, enough, unknown = (
        [one.state for one in of_places.disk(need, lambda place: 9e9, here)] for need in (needed, little, None)
    )
    assert (low, enough, unknown) == (["missing"] * 2, ["ok"] * 2, ["note"] * 2)
    assert "10.0 GB needed" in next(of_places.disk(needed, lambda place: 9e9, here)).line


def test_a_disk_that_cannot_be_asked_is_named(tmp_path):
    def broken(place):
        raise OSError(5, "Input/output error")

    found = list(of_places.disk({"checkout": 1.0, "store": 1.0}, broken, {"checkout": tmp_path, "store": tmp_path}))
    assert all(one.state == "missing" and "Input/output error" in one.says for one in found)


def test_memory_is_held_against_the_largest_collection():
    assert of_places.memory(2e9, 1_000_000_000).state == "missing"
    assert of_places.memory(1e9, 2_000_000_000).state == "ok"
    assert of_places.memory(None, 1).state == "note"


def test_a_store_in_a_file_or_a_read_only_folder_cannot_be_used(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("DRAGON_STORE", str(tmp_path / "file/store"))
    assert of_places.store().state == "missing" and "DRAGON_STORE" in of_places.store().remedy
    monkeypatch.setenv("DRAGON_STORE", "off")
    assert of_places.store().state == "note"
    monkeypatch.setenv("DRAGON_STORE", str(tmp_path / "store"))
    assert of_places.store() == Finding("store", "ok", str(tmp_path / "store"))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_store_is_missing(tmp_path, monkeypatch):
    (tmp_path / "store").mkdir()
    (tmp_path / "store").chmod(stat.S_IRUSR | stat.S_IXUSR)
    monkeypatch.setenv("DRAGON_STORE", str(tmp_path / "store"))
    assert of_places.store().state == "missing"


def test_a_folder_of_data_that_is_not_there_is_noted(tmp_path, monkeypatch):
    monkeypatch.setenv("DRAGON_DATA", str(tmp_path / "gone"))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    found = {one.what: one for one in of_places.switches()}
    assert found["DRAGON_DATA"].state == "note" and found["HF_HUB_OFFLINE"].says == "1"


def test_the_exit_status_says_whether_the_scale_can_run(tmp_path):
    assert can_run([Finding("a", "note", "b"), Finding("a", "ok", "b")])
    assert not can_run([Finding("a", "missing", "b")])
    environment = {**os.environ, "DRAGON_STORE": str(tmp_path / "store"), "DRAGON_DATA": str(tmp_path)}
    command = [sys.executable, "-m", "stages.doctor"]
    local = subprocess.run([*command, "local"], env=environment, capture_output=True, text=True)
    assert local.returncode == 1 and "missing zero-shot/nfcorpus" in local.stdout


def test_settings_that_cannot_be_read_leave_the_other_lines():
    found = findings("smal")
    wrong, python = next(found), next(found)
    assert (wrong.what, wrong.state) == ("settings", "missing") and "allowed: local" in wrong.says
    assert (python.what, python.state) == ("Python", "ok")
