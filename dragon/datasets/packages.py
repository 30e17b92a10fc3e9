"""Installed packages as text: their Python files, at the versions that ``requirements.lock`` pins."""

import base64
import hashlib
import importlib.metadata
import re
from collections.abc import Sequence
from importlib.metadata import Distribution, PackagePath
from pathlib import Path

from dragon.errors import ArtifactError

LOCK = Path("requirements.lock")
TEST_FOLDERS = {"test", "tests"}
# Written by a package's build, so they may differ between platforms or builds of one version.
GENERATED = {
    "__config__.py",
    "__version__.py",
    "_distributor_init.py",
    "_version.py",
    "_version_meson.py",
    "version.py",
}


def locked_versions(lock: Path = LOCK) -> dict[str, str]:
    """Normalised package name -> version, from lines ``name==version``; a local suffix (``+cpu``) is left out.

    Raises:
        ArtifactError: the file is missing or pins nothing.
    """
    if not lock.exists():
        raise ArtifactError(f"{lock}: not there; run from the root of the repository")
    pins = re.findall(r"^([\w.-]+)==([^\s;+]+)", lock.read_text(encoding="utf-8"), flags=re.MULTILINE)
    if not pins:
        raise ArtifactError(f"{lock}: pins nothing, allowed: lines of `name==version`")
    return {_normalised(name): version for name, version in pins}


def open_packages(names: Sequence[str], lock: Path = LOCK) -> dict[str, Distribution]:
    """The installed distributions, each at its locked version.

    Raises:
        ArtifactError: one is not pinned, not installed, or installed in another version; all are named at once.
    """
    locked = locked_versions(lock)
    unpinned = [name for name in names if _normalised(name) not in locked]
    if unpinned:
        raise ArtifactError(f"{lock}: does not pin {', '.join(unpinned)}; a collection is read from pinned packages")
    found = {name: _installed(name) for name in names}
    wrong = [
        f"{name} {found[name].version if found[name] else 'is not installed'} (locked: {locked[_normalised(name)]})"
        for name in names
        if found[name] is None or _public(found[name].version) != locked[_normalised(name)]
    ]
    if wrong:
        raise ArtifactError(f"{lock}: found {'; '.join(wrong)}; install the locked versions (`make env`)")
    return found


def python_files(distribution: Distribution) -> list[PackagePath]:
    """The package's own modules in path order, without tests and files that a build generates."""
    files = [file for file in distribution.files or () if file.suffix == ".py" and ".." not in file.parts]
    return sorted((file for file in files if _is_documentation(file)), key=str)


def modified_files(distribution: Distribution) -> list[str]:
    """Files whose contents are not those that the wheel's RECORD names, for an error message."""
    recorded = [file for file in python_files(distribution) if file.hash and file.hash.mode == "sha256"]
    return [str(file) for file in recorded if not _as_recorded(file)]


def _as_recorded(file: PackagePath) -> bool:
    path = Path(file.locate())
    if not path.exists():
        return False
    digest = hashlib.sha256(path.read_bytes()).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=") == file.hash.value


def _is_documentation(file: PackagePath) -> bool:
    in_tests = TEST_FOLDERS.intersection(file.parts) or file.name.startswith("test_") or file.name == "conftest.py"
    return not in_tests and file.name not in GENERATED


def _installed(name: str) -> Distribution | None:
    try:
        return importlib.metadata.distribution(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def _normalised(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _public(version: str) -> str:
    return version.split("+")[0]
