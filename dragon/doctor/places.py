"""Disk, memory, the store, and the switches of the environment."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import psutil

from dragon.doctor import Finding
from dragon.imports import DATA
from dragon.store import Store

Free = Callable[[Path], int]
"""Bytes free where a folder lies."""
SWITCHES = ("HF_HUB_OFFLINE", DATA, "DRAGON_DOWNLOAD", "IR_DATASETS_HOME", "HF_HOME", "MLFLOW_TRACKING_URI")


def disk(
    needed: Mapping[str, float] | None, free: Free | None = None, places: Mapping[str, Path] | None = None
) -> Iterator[Finding]:
    """Free bytes against what the ``checkout`` and the ``store`` need; on one disk, together. None is not known."""
    places = places or {"checkout": Path.cwd(), "store": Store.default().root}
    together = len({_existing(place).stat().st_dev for place in places.values()}) == 1
    for name, place in places.items():
        bytes_needed = None if needed is None else sum(needed.values()) if together else needed[name]
        try:
            found = (free or _free)(_existing(place))
        except OSError as error:
            yield Finding(f"disk of the {name}", "missing", f"{place}: {error.strerror}", "name a folder that exists")
            continue
        says = f"{found / 1e9:,.1f} GB free at {place}"
        if bytes_needed is None:
            yield Finding(f"disk of the {name}", "note", f"{says}, need not known", "`make plan` says why")
        elif found < bytes_needed:
            advice = "free some, or set DRAGON_STORE to another disk"
            yield Finding(f"disk of the {name}", "missing", f"{says}, {bytes_needed / 1e9:,.1f} GB needed", advice)
        else:
            yield Finding(f"disk of the {name}", "ok", f"{says}, {bytes_needed / 1e9:,.1f} GB needed")


def memory(needed: float | None, available: int | None = None) -> Finding:
    """Memory that is available now against the largest collection's embeddings."""
    found = psutil.virtual_memory().available if available is None else available
    says = f"{found / 1e9:,.1f} GB available"
    if needed is None:
        return Finding("memory", "note", f"{says}, need not known")
    says += f", {needed / 1e9:,.1f} GB for the embeddings of the largest collection"
    if found < needed:
        return Finding("memory", "missing", says, "close other programs, or use a machine with more")
    return Finding("memory", "ok", says)


def store() -> Finding:
    """Where finished iterations are kept, and whether something can be written there."""
    if Store.off():
        return Finding("store", "note", "DRAGON_STORE=off: nothing is kept or reused")
    root = Store.default().root
    try:
        root.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=root):
            pass
    except OSError as error:
        return Finding("store", "missing", f"{root}: {error.strerror}", "set DRAGON_STORE to a folder you may write")
    return Finding("store", "ok", str(root))


def switches() -> Iterator[Finding]:
    """What the environment says; a folder of data that is not there is worth knowing."""
    for name in SWITCHES:
        value = os.environ.get(name)
        if name == DATA and value and not Path(value).expanduser().is_dir():
            yield Finding(name, "note", f"{value} is no folder", f"export {DATA}=/path/to/your/collections")
        else:
            yield Finding(name, "ok", value or "not set")


def _free(place: Path) -> int:
    return shutil.disk_usage(place).free


def _existing(place: Path) -> Path:
    """The folder, or the nearest one above that is there."""
    place = place.resolve()
    return next(one for one in (place, *place.parents) if one.exists())
