"""Collections that a scale names and this machine may lack: those that must not be redistributed (kind ``gated``)."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from dragon import artifacts
from dragon.errors import ArtifactError
from dragon.settings import Suite

GATED = "gated"
"""The kind of such a dataset, and what a table prints in brackets."""


def why_absent(dataset: Path) -> str:
    """Why a materialised collection holds nothing, empty for one that is there.

    Raises:
        ArtifactError: it was not materialised.
    """
    return str(artifacts.read_meta(dataset).get("absent", ""))


def absent_tests(suite: Suite, folder: Path) -> dict[str, str]:
    """Test -> why it cannot be evaluated, for those whose collection is absent.

    Args:
        suite: only its datasets of kind ``gated`` are looked at.
        folder: of the suite's materialised collections.

    Raises:
        ArtifactError: such a collection was not materialised.
    """
    reasons = {name: why_absent(folder / name) for name, one in suite.datasets.items() if one.kind == GATED}
    found = {test: reasons.get(place.split("/")[0], "") for test, place in suite.tests.items()}
    return {test: why for test, why in found.items() if why}


def without(tests: Mapping[str, str], absent: Iterable[str]) -> dict[str, str]:
    """The tests that are left, in order."""
    gone = set(absent)
    return {test: place for test, place in tests.items() if test not in gone}


def mean_there(suite: Suite, absent: Mapping[str, str], name: str) -> list[str]:
    """The tests of a suite's mean that are there; raises ArtifactError, naming the suite, where none is."""
    found = [test for test in suite.mean_of if test not in absent]
    if not found:
        raise ArtifactError(f"{name}: none of the collections of its mean is there: {'; '.join(absent.values())}")
    return found
