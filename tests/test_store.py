import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from dragon import artifacts
from dragon.store import Store

ROOT = Path(__file__).parents[1]


def write(text):
    return lambda part: (part / "value.txt").write_text(text)


def test_an_entry_is_computed_once(tmp_path):
    store = Store(tmp_path)
    path, computed = store.obtain("iterations", "abc", write("one"), {})
    assert computed
    again, computed = store.obtain("iterations", "abc", write("two"), {})
    assert not computed
    assert (again, (path / "value.txt").read_text()) == (path, "one")


def test_a_damaged_entry_is_named_and_computed_again(tmp_path, capsys):
    store = Store(tmp_path)
    path, _ = store.obtain("iterations", "abc", write("one"), {})
    (path / "value.txt").write_text("one!")
    path, computed = store.obtain("iterations", "abc", write("one"), {})
    assert computed
    assert (path / "value.txt").read_text() == "one"
    assert str(path) in capsys.readouterr().out


def test_a_failed_computation_leaves_nothing(tmp_path):
    def fail(part):
        (part / "half.txt").write_text("half")
        raise RuntimeError("disk full")

    with pytest.raises(RuntimeError):
        Store(tmp_path).obtain("iterations", "abc", fail, {})
    assert [p.name for p in (tmp_path / "iterations").iterdir()] == [".abc.lock"]


def test_off_keeps_nothing_between_processes(monkeypatch):
    script = "from dragon.store import Store; print(Store.default().obtain('k', 'a', lambda p: None, {}))"
    env = {**os.environ, "DRAGON_STORE": "off"}
    out = [
        subprocess.run([sys.executable, "-c", script], cwd=ROOT, env=env, capture_output=True, text=True) for _ in "ab"
    ]
    assert all("True)" in one.stdout for one in out)
    assert not Path(out[0].stdout.split("'")[1]).exists()


def test_ledger_keeps_events_in_order(tmp_path):
    store = Store(tmp_path)
    before = time.time()
    store.record({"event": "iteration", "number": 1})
    store.record({"event": "iteration", "number": 2})
    assert [event["number"] for event in store.events(before)] == [1, 2]
    assert store.events(time.time() + 1) == []


SLOW = """
import sys, time
from pathlib import Path
from dragon.store import Store
def make(part):
    Path(sys.argv[2]).write_text("started")
    time.sleep(float(sys.argv[3]))
    (part / "value.txt").write_text("done")
print(Store(Path(sys.argv[1])).obtain("iterations", "abc", make, {})[1])
"""


def start(tmp_path, name, seconds):
    args = [sys.executable, "-c", SLOW, str(tmp_path / "s"), str(tmp_path / name), str(seconds)]
    return subprocess.Popen(args, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def wait_for(path):
    for _ in range(300):
        if path.exists():
            return
        time.sleep(0.05)
    raise AssertionError(f"{path} never came")


def test_a_second_process_waits_and_reuses(tmp_path):
    first = start(tmp_path, "first", 2)
    wait_for(tmp_path / "first")
    second = start(tmp_path, "second", 0)
    assert first.communicate()[0].strip() == "True"
    assert second.communicate()[0].strip().endswith("False")
    assert not (tmp_path / "second").exists()


def test_a_killed_process_blocks_nobody_and_leaves_no_entry(tmp_path):
    first = start(tmp_path, "first", 60)
    wait_for(tmp_path / "first")
    first.send_signal(signal.SIGKILL)
    first.communicate()
    assert not (tmp_path / "s" / "iterations" / "abc").exists()
    second = start(tmp_path, "second", 0)
    assert second.communicate()[0].strip().endswith("True")
    assert artifacts.read_meta(tmp_path / "s" / "iterations" / "abc")["files"].keys() == {"value.txt"}
