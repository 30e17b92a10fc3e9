"""A checkout of its own for tests that run the graph: what a clone would hold, uncommitted changes included."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from dragon import artifacts

ROOT = Path(__file__).parents[1]


def stages_run(out):
    """Names of the stages that DVC says it runs."""
    return {line.split("'")[1] for line in out.splitlines() if line.startswith("Running stage")}


class Clone:
    """A checkout with its own DVC cache, store and MLflow database."""

    def __init__(self, folder):
        self.folder = folder
        self.env = {**os.environ, "DRAGON_STORE": str(folder.parent / "store"), "DVC_NO_ANALYTICS": "1"}
        self.env["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        self.env.pop("MLFLOW_TRACKING_URI", None)

    def run(self, *command, ok=True, **env):
        done = subprocess.run(
            command,
            cwd=self.folder,
            env={**self.env, **env},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert (done.returncode == 0) == ok, done.stdout[-4000:]
        return done.stdout

    def commit(self, message):
        """Everything, in a Git repository that is made if there is none."""
        if not (self.folder / ".git").exists():
            self.run("git", "init", "-q")
            self.run("git", "config", "user.email", "test@example.org")
            self.run("git", "config", "user.name", "test")
        self.run("git", "add", "-A")
        self.run("git", "commit", "-qm", message)

    def ledger(self):
        path = self.folder.parent / "store" / "ledger.jsonl"
        return [json.loads(line) for line in path.read_text().splitlines()]

    def digests(self, *names):
        """sha256 of weights, runs and metrics of a student."""
        places = [
            self.folder / "artifacts/test" / kind / name
            for kind in ("checkpoints", "runs", "metrics")
            for name in names
        ]
        return {str(p): artifacts.file_digests(p) for p in places}


def copied(folder):
    """The files that a clone would have, without the lock and what was rendered."""
    names = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    for name in names:
        if (ROOT / name).is_file() and name != "dvc.lock" and not name.startswith("reports/built/"):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    return folder
