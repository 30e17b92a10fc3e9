"""Python, its packages, torch and CUDA, Faiss, Java. Libraries that could crash are asked in a process of their own."""

import importlib.util
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from dragon.config import Params
from dragon.doctor import Finding
from dragon.errors import UserError
from dragon.teachers import jvm

PYTHON = (3, 11)
LOCK = Path("requirements.lock")
ENVIRONMENT = "`make env` installs requirements.lock"
_FAISS = ("faiss-cpu", "faiss-gpu")
_TORCH = (
    "import torch; gpus = [torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())]; "
    "print(torch.__version__, '| CUDA', torch.version.cuda, '|', ', '.join(gpus) or 'no GPU')"
)
_SEEN = "import faiss; print(faiss.__version__, '|', getattr(faiss, 'get_num_gpus', lambda: 0)(), 'GPUs')"
_SECONDS = 120


def python(found: tuple[int, int] = sys.version_info[:2]) -> Finding:
    """The interpreter's version."""
    shown, needed = (".".join(map(str, one)) for one in (found, PYTHON))
    if found == PYTHON:
        return Finding("Python", "ok", shown)
    return Finding("Python", "missing", f"found {shown}, allowed {needed}", f"make PYTHON=/path/to/python{needed}")


def packages(lock: Path = LOCK) -> Finding:
    """Whether what is installed is what ``requirements.lock`` pins; another build of Faiss is a choice."""
    if not lock.is_file():
        return Finding("packages", "missing", f"{lock} is not there", "run from the root of the repository")
    pinned = dict(line.split("==") for line in lock.read_text(encoding="utf-8").splitlines() if "==" in line)
    found = {name: installed(name) for name in pinned if name not in _FAISS}
    absent = [name for name, one in found.items() if one is None]
    other = [f"{name} {one}" for name, one in found.items() if one and one.split("+")[0] != pinned[name].split("+")[0]]
    if absent:
        return Finding("packages", "missing", f"not installed: {_some(absent)}", ENVIRONMENT)
    if other:
        return Finding("packages", "note", f"not the versions of {lock}: {_some(other)}", "results may differ")
    return Finding("packages", "ok", f"{len(found)} as in {lock}")


def torch() -> Finding:
    """Version, CUDA build and the GPUs that torch sees."""
    return _imported("torch", _TORCH)


def faiss() -> Finding:
    """One of the two builds, never both: they are the same module."""
    found = [f"{name} {installed(name)}" for name in _FAISS if installed(name)]
    if len(found) != 1:
        says = " and ".join(found) or "neither faiss-cpu nor faiss-gpu is installed"
        return Finding("Faiss", "missing", says, "install exactly one of faiss-cpu and faiss-gpu")
    seen = _imported("Faiss", _SEEN)
    return Finding(seen.what, seen.state, f"{found[0]} | {seen.says}", seen.remedy)


def java(params: Params | None) -> Finding:
    """The runtime that Lucene would use; missing only where the scale has a teacher on it."""
    needed = params is None or any(one.kind.startswith("lucene") for one in params.scale.teachers.values())
    state = "missing" if needed else "note"
    try:
        home = jvm.java_home()
    except UserError as error:
        return Finding("Java", state, str(error))
    found = jvm.java_version(home)
    if found < jvm.JAVA_NEEDED:
        return Finding("Java", state, f"{home} is Java {found or 'unknown'}", jvm.JAVA_ADVICE)
    try:
        done = _run([str(home / "bin" / "java"), "-version"])
    except (OSError, subprocess.TimeoutExpired) as error:
        return Finding("Java", state, f"{home}/bin/java does not start ({type(error).__name__})", jvm.JAVA_ADVICE)
    if done.returncode:
        return Finding("Java", state, f"{home}/bin/java exits with {done.returncode}", jvm.JAVA_ADVICE)
    return Finding("Java", "ok", f"Java {found} in {home}")


def machine(params: Params | None) -> Iterator[Finding]:
    """All of them, each on its own."""
    yield python()
    yield packages()
    yield torch()
    yield faiss()
    yield java(params)


def installed(name: str) -> str | None:
    """Version of a package, or None."""
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _imported(what: str, script: str) -> Finding:
    module = re.search(r"import (\w+)", script)
    if module and importlib.util.find_spec(module[1]) is None:
        return Finding(what, "missing", "not installed", ENVIRONMENT)
    try:
        done = _run([sys.executable, "-c", script])
    except (OSError, subprocess.TimeoutExpired) as error:
        return Finding(what, "missing", f"cannot be asked ({type(error).__name__})", ENVIRONMENT)
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        return Finding(what, "missing", f"import fails with {done.returncode}: {last[:160]}", ENVIRONMENT)
    return Finding(what, "ok", done.stdout.strip())


def _run(command: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=False)


def _some(names: list[str]) -> str:
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
