"""What a scale would download: files of its collections, archives of its queries, models of the hub."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dragon.config import Params
from dragon.datasets import registered
from dragon.datasets.rows import Collections
from dragon.datasets.subset import taken_from
from dragon.models.catalogue import models
from dragon.models.snapshots import HUB

BYTES_PER_PARAMETER = 4
"""Of weights as they are published, most of them fp32; an estimate where only the number of parameters is stated."""


@dataclass(frozen=True)
class Download:
    """``bytes`` is None where nobody has said how large it is."""

    name: str
    bytes: int | None
    about: str


def downloads(params: Params, root: Path = Path()) -> list[Download]:
    """Each thing once, in the order of the scale's file; an archive that many collections share is one."""
    found = [*_collections(params, root), *_archives(params), *_models(params, root)]
    return list({one.name: one for one in found}.values())


def _collections(params: Params, root: Path) -> Iterator[Download]:
    sources = [taken_from(one) for suite in params.scale.suites.values() for one in suite.datasets.values()]
    named = [one.options["collection"] for one in sources if one.kind == registered.KIND]
    registry = Collections.load(root) if named else None
    for name in named:
        for file in registry.row(name, "collection").files.values():
            yield Download(registry.files[file].cache, registry.files[file].bytes, "collection")


def _archives(params: Params) -> Iterator[Download]:
    """Published queries; nothing fetches them for the user."""
    for source in params.scale.query_sets.values():
        if "archive" in source.options:
            yield Download(
                source.options["archive"], source.options.get("bytes"), "queries, to be put below DRAGON_DATA"
            )


def _models(params: Params, root: Path) -> Iterator[Download]:
    scale = params.scale
    entries = [scale.vocabulary.options, *(one.options for one in scale.pretrained.values())]
    entries += [one.options.get("encoder", {}) for one in scale.teachers.values()]
    names = [name for entry in entries for name in _named(entry)]
    known = {row.id: row.parameters for row in models(root).values()} if names else {}
    for name in names:
        parameters = known.get(name)
        size = BYTES_PER_PARAMETER * parameters if parameters else None
        yield Download(name, size, f"model, {BYTES_PER_PARAMETER} bytes a parameter" if size else "model")


def _named(tree: Any) -> Iterator[str]:
    """Hub ids: ``path: hub:...``, and ``name`` beside a ``revision``."""
    if isinstance(tree, Mapping):
        path = tree.get("path")
        if isinstance(path, str) and path.startswith(HUB):
            yield path.removeprefix(HUB).split("@")[0]
        name = tree.get("name")
        if isinstance(name, str) and "revision" in tree and "/" in name and not Path(name).exists():
            yield name
        for below in tree.values():
            yield from _named(below)
