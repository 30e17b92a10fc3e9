"""What a measurement ran on, in words: the machine, and the library behind an engine."""

import os
import platform
import re
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from dragon.teachers import jvm

_LIBRARIES = {
    "dense": ("faiss-cpu", "faiss-gpu", "numpy"),
    "late-interaction": ("numpy", "scipy"),
    "cross-encoder": ("numpy", "scipy"),
    "import": ("numpy",),
}
_ON_JAVA = ("lucene", "lucene-bm25")


def hardware(gpu: bool, cpuinfo: Path = Path("/proc/cpuinfo")) -> str:
    """CPU model and the cores that this process may use; with ``gpu`` the current GPU too (imports torch)."""
    text = cpuinfo.read_text(encoding="utf-8", errors="replace") if cpuinfo.is_file() else ""
    found = re.search(r"^model name\s*:\s*(.+)$", text, flags=re.MULTILINE)
    model = found.group(1).strip() if found else platform.processor() or platform.machine()
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    described = f"{model}, {cores} core{'s' if cores != 1 else ''}"
    return f"{described}; {_gpu_name()}" if gpu else described


def engine(kind: str) -> str:
    """The library that an engine searches with, and its version: ``Anserini 1.7.1 on Java 21``."""
    if kind in _ON_JAVA:
        jar = re.search(r"anserini-(.+)-fatjar", jvm.anserini_jar().name)
        return f"Anserini {jar.group(1) if jar else 'unknown'} on Java {jvm.java_version(jvm.java_home())}"
    named = ((name, _version(name)) for name in _LIBRARIES[kind])
    return ", ".join(f"{name} {found}" for name, found in named if found)


def _gpu_name() -> str:
    import torch

    return torch.cuda.get_device_name()


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
