"""What git says about a checkout: its revision, what changed since, and DVC's experiments.

Without git, or outside a repository, everything here is empty and nothing fails.
"""

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

EXPERIMENTS = "refs/exps"
SOURCES = ("dragon", "stages", "params.yaml", "scales", "reports/tables", "reports/figures", "requirements.lock")
"""What results depend on; generated files such as ``dvc.lock`` and ``reports/built`` change with every run."""
_EXPERIMENT = re.compile(rf"{EXPERIMENTS}/[0-9a-f]{{2}}/[0-9a-f]{{38}}/(?P<name>.+)")


@dataclass(frozen=True)
class Revision:
    """``commit`` is empty outside a repository; ``changed`` are source files that differ from it."""

    commit: str
    changed: tuple[str, ...]

    @property
    def shown(self) -> str:
        """``444848a7d24a`` or ``444848a7d24a with changes``."""
        return (self.commit[:12] + (" with changes" if self.changed else "")) or "no git"


@dataclass(frozen=True)
class ExperimentRef:
    """One experiment that DVC kept: its name, the commit that holds it and when it was made (ISO 8601)."""

    name: str
    commit: str
    time: str


def revision(root: Path) -> Revision:
    """The commit of the checkout, and whether its sources have changed since."""
    commit = git(root, "rev-parse", "--verify", "--quiet", "HEAD").strip()
    lines = git(root, "status", "--porcelain", "--", *SOURCES).splitlines() if commit else []
    return Revision(commit, tuple(line[3:] for line in lines))


def experiments(root: Path) -> list[ExperimentRef]:
    """Experiments of all commits, newest first; the queue's and the running ones are not among them."""
    form = "--format=%(refname) %(objectname) %(committerdate:iso-strict)"
    lines = git(root, "for-each-ref", "--sort=-committerdate", form, EXPERIMENTS).splitlines()
    found = [(_EXPERIMENT.fullmatch(ref), commit, time) for ref, commit, time in map(str.split, lines)]
    return [ExperimentRef(match["name"], commit, time) for match, commit, time in found if match]


def show(root: Path, commit: str, path: str) -> str:
    """A file as it is in a commit; empty where it is not."""
    return git(root, "show", f"{commit}:{path}")


def git(root: Path, *arguments: str) -> str:
    """What a git command that only reads prints; empty when it fails or git is missing."""
    try:
        done = subprocess.run(["git", "-C", str(root), *arguments], capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return ""
    return done.stdout.decode("utf-8", errors="replace")
