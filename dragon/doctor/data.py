"""What a scale is made from and whether it is here: collections, checkpoints, files. Nothing is opened or fetched."""

import os
import re
from collections.abc import Iterator, Mapping
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

from dragon.config import Params, Source, read_yaml
from dragon.datasets.subset import taken_from
from dragon.doctor import Finding
from dragon.errors import UserError
from dragon.imports import DATA, user_file
from dragon.models.checkpoints.opening import PACKAGE, find, locate
from dragon.teachers.baselines import ENCODER_PATHS, unpinned

COLLECTIONS, MODELS = Path("registry/collections.yaml"), Path("registry/models.yaml")
HUB = "hub:"
_FILES = ("archive", "file")
"""Options of a query set that name a file of the user."""


def data(params: Params) -> Iterator[Finding]:
    """Everything that the scale names outside the repository, each on its own."""
    for suite, entry in params.scale.suites.items():
        for name, source in entry.datasets.items():
            yield from _collection(f"{suite}/{name}", taken_from(source))
    for name, source in params.scale.query_sets.items():
        yield from _named_files(f"queries {name}", source.options, f"query_sets.{name}.options")
    sources = {"vocabulary": params.scale.vocabulary, **params.scale.pretrained}
    for name, source in sources.items():
        yield from _model(name, source.options)
    for name, teacher in params.scale.teachers.items():
        yield from _teacher(name, teacher.options)
    for name, baseline in params.scale.baselines.items():
        why, encoder = unpinned(baseline), baseline.options.get("encoder", {})
        yield from [Finding(f"baseline {name}", "note", f"n/a: {why}")] if why else _sides(f"baseline {name}", encoder)
    for name, system in params.scale.imported.items():
        for _, test, file in system.named():
            yield _tried(f"imported {name}", lambda file=file, test=test: user_file(file, test))


def _collection(name: str, source: Source) -> Iterator[Finding]:
    options = source.options
    if source.kind == "pydocs":
        yield from (_package(name, package) for package in options["packages"])
    elif source.kind == "gated":
        here = find(options["folder"]) is not None
        says = options["folder"] if here else f"gated and not here ({options['folder']}); its cells will be n/a"
        yield Finding(name, "ok" if here else "note", says)
    elif "folder" in options:
        folder = find(options["folder"])
        advice = f"put it below {DATA}, or change the option"
        yield _there(name, str(folder or options["folder"]), folder is not None, advice)
    elif "collection" in options:
        yield from _registered(name, options["collection"])


def _registered(name: str, collection: str) -> Iterator[Finding]:
    """Files of a row of the registry in ir_datasets' cache; they may be fetched where that is allowed."""
    registry = read_yaml(COLLECTIONS)
    if collection not in registry["collections"]:
        yield Finding(name, "missing", f"{COLLECTIONS} has no collection {collection!r}", "correct the scale's file")
        return
    home = Path(os.environ.get("IR_DATASETS_HOME") or Path.home() / ".ir_datasets").expanduser()
    allowed = os.environ.get("DRAGON_DOWNLOAD") == "1"
    named = registry["collections"][collection].get("files", {}).values()
    for file in (registry["files"][one] for one in dict.fromkeys(named)):
        path = home / file["cache"]
        if path.exists() or (home / "downloads" / file["md5"]).exists():
            yield Finding(name, "ok", str(path))
        elif allowed:
            yield Finding(name, "note", f"{path} will be fetched{_size(file.get('bytes'))}")
        else:
            advice = "`export DRAGON_DOWNLOAD=1` allows to fetch it, or put it there"
            yield Finding(name, "missing", f"{path} is not there{_size(file.get('bytes'))}", advice)


def _teacher(name: str, options: Mapping[str, Any]) -> Iterator[Finding]:
    """Its checkpoint, and the files and folders that its encoder and its engine name."""
    encoder, engine = (options.get(part) or {} for part in ("encoder", "engine"))
    yield from _model(name, encoder)
    for part in ("expansions", "files", "runs"):
        for key, file in (encoder.get(part) or {}).items():
            yield _tried(f"{part} of {name}", lambda file=file, key=key: user_file(file, key))
    for key, path in (engine.get("prebuilt") or {}).items():
        folder = find(path)
        advice = f"put the index there, or below {DATA}"
        yield _there(f"index of {name} for {key}", str(folder or path), folder is not None, advice)


def _model(name: str, options: Mapping[str, Any]) -> Iterator[Finding]:
    """A checkpoint that an entry names: ``path`` of an encoder, or ``name`` and ``revision``."""
    path, revision = options.get("path") or options.get("name"), options.get("revision")
    if not isinstance(path, str):
        return
    if path.startswith(HUB):
        hub_id, _, pinned = path.removeprefix(HUB).partition("@")
        yield _hub(name, hub_id, pinned or revision)
    elif path.startswith(PACKAGE) or revision is None or find(path) is not None:
        yield _tried(f"model of {name}", lambda: locate(path, "its folder"))
    else:
        yield _hub(name, path, revision)


def _sides(name: str, encoder: Mapping[str, Any]) -> Iterator[Finding]:
    """Every checkpoint that a baseline's encoder names."""
    for key in ENCODER_PATHS:
        yield from _model(name, {"path": encoder.get(key)})
    yield from _model(name, encoder.get("model") or {})


def _hub(name: str, hub_id: str, revision: str | None) -> Finding:
    """A pinned commit in the hub's local cache."""
    from huggingface_hub import try_to_load_from_cache  # here: most scales name no model of the hub

    what, revision = f"model of {name}", revision or _stated(hub_id)
    if not re.fullmatch(r"[0-9a-f]{40}", revision or ""):
        advice = f"pin its commit in {MODELS}, or behind @"
        return Finding(what, "missing", f"{hub_id}: no commit is pinned (found {revision!r})", advice)
    cached = [try_to_load_from_cache(hub_id, file, revision=revision) for file in ("config.json", "modules.json")]
    shown = f"{hub_id}@{revision[:8]}"
    if any(isinstance(path, str) for path in cached):
        return Finding(what, "ok", f"{shown} is in the hub's cache")
    if os.environ.get("HF_HUB_OFFLINE") == "0":
        return Finding(what, "note", f"{shown} will be fetched")
    return Finding(
        what, "missing", f"{shown} is not in the hub's cache", "`export HF_HUB_OFFLINE=0` allows to fetch it"
    )


def _stated(hub_id: str) -> str | None:
    """The commit that the registry of models states."""
    if not MODELS.is_file():
        return None
    rows = [row for row in read_yaml(MODELS).values() if isinstance(row, Mapping) and row.get("id") == hub_id]
    return rows[0].get("revision") if rows else None


def _named_files(what: str, options: Mapping[str, Any], where: str) -> Iterator[Finding]:
    for key in _FILES:
        if isinstance(options.get(key), str):
            yield _tried(what, lambda key=key: user_file(options[key], f"{where}.{key}"))


def _package(name: str, package: str) -> Finding:
    try:
        found = distribution(package)
    except PackageNotFoundError:
        return Finding(name, "missing", f"package {package} is not installed", "`make env` installs it")
    return Finding(name, "ok", f"{package} {found.version}")


def _tried(what: str, ask: Any) -> Finding:
    try:
        return Finding(what, "ok", str(ask()))
    except UserError as error:
        return Finding(what, "missing", str(error))


def _there(what: str, says: str, here: bool, remedy: str) -> Finding:
    return Finding(what, "ok", says) if here else Finding(what, "missing", f"{says} is not there", remedy)


def _size(size: int | None) -> str:
    return f" ({size / 1e9:,.3g} GB)" if size else ""
