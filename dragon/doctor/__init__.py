"""What this machine has and what a scale lacks: one line each, and nothing that fails takes another line with it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Finding:
    """One line. ``note`` is worth knowing and stops nothing; without what is ``missing`` the scale cannot run.

    remedy  what to do; empty where nothing is to be done
    """

    what: str
    state: Literal["ok", "note", "missing"]
    says: str
    remedy: str = ""

    @property
    def line(self) -> str:
        return f"{self.state:<8}{self.what}: {self.says}{'; ' + self.remedy if self.remedy else ''}"


def can_run(found: Iterable[Finding]) -> bool:
    """Whether nothing is missing."""
    return all(one.state != "missing" for one in found)
