"""What it ran on and how long it took: the machine, and the stages and iterations that the store's ledger names."""

import os
import platform
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from dragon.config import project_root

PACKAGES = ("torch", "transformers", "faiss-cpu", "faiss-gpu", "pyserini", "numpy", "scipy", "dvc")
Event = Mapping[str, Any]


@dataclass(frozen=True)
class StageTime:
    """One kind of stage: how many there are in the ledger, their latest wall times together, and the longest."""

    module: str
    stages: int
    seconds: float
    longest: str
    longest_seconds: float


@dataclass(frozen=True)
class Iterations:
    """Iterations that students asked for, how many are distinct, and how many this store computed, in seconds."""

    asked: int
    distinct: int
    computed: int
    seconds: float


def machine() -> dict[str, str]:
    """Names and values to print; torch is not imported for its version."""
    found = {
        "processor": _processor(),
        "cores": f"{len(os.sched_getaffinity(0)) if hasattr(os, 'sched_getaffinity') else os.cpu_count()}",
        "memory": _memory(),
        "GPU": _gpus(Path("/proc/driver/nvidia/gpus")),
        "operating system": _system(),
        "python": platform.python_version(),
    }
    return found | {name: version for name in PACKAGES if (version := _version(name))}


def stage_times(events: Iterable[Event], root: Path, scale: str) -> list[StageTime]:
    """The latest run of every stage of a checkout and scale, by kind of stage, the longest kind first."""
    latest: dict[tuple[str, tuple[str, ...]], float] = {}
    for event in events:
        if event.get("event") == "stage" and _here(event, root, scale):
            latest[event["module"], tuple(event.get("names", ()))] = float(event["seconds"])
    kinds: dict[str, dict[str, float]] = {}
    for (module, names), seconds in latest.items():
        kinds.setdefault(module.removeprefix("stages."), {})[" ".join(names)] = seconds
    times = [_kind(module, stages) for module, stages in kinds.items()]
    return sorted(times, key=lambda one: (-one.seconds, one.module))


def iterations(keys: Sequence[str], events: Iterable[Event]) -> Iterations:
    """``keys`` has one entry for each iteration that a student asked for; equal keys are one iteration."""
    seconds = {
        event["key"]: float(event.get("seconds", 0.0))
        for event in events
        if event.get("event") == "iteration" and event.get("computed") and event.get("key") in set(keys)
    }
    return Iterations(len(keys), len(set(keys)), len(seconds), sum(seconds.values()))


def _here(event: Event, root: Path, scale: str) -> bool:
    """Checkouts share a store; DVC's temporary copies of one count as that one."""
    where = project_root(Path(event["checkout"])) if "checkout" in event else root
    return where == root and event.get("scale", scale) == scale


def _kind(module: str, stages: Mapping[str, float]) -> StageTime:
    longest = max(stages, key=lambda name: (stages[name], name))
    return StageTime(module, len(stages), sum(stages.values()), longest, stages[longest])


def _processor() -> str:
    path = Path("/proc/cpuinfo")
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    models = (line.partition(":")[2].strip() for line in lines if line.startswith(("model name", "Model")))
    return next(models, "") or platform.processor() or platform.machine()


def _system() -> str:
    kernel = f"{platform.system()} {'.'.join(platform.release().split('.')[:2])} {platform.machine()}"
    try:
        return f"{platform.freedesktop_os_release()['PRETTY_NAME']}, {kernel}"
    except OSError:
        return kernel


def _memory() -> str:
    try:
        total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):  # not on every system
        return "unknown"
    return f"{total / 2**30:.1f} GiB"


def _gpus(folder: Path) -> str:
    files = sorted(folder.glob("*/information")) if folder.exists() else []
    lines = [line for file in files for line in file.read_text(encoding="utf-8").splitlines()]
    return ", ".join(line.partition(":")[2].strip() for line in lines if line.startswith("Model")) or "none"


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return ""
