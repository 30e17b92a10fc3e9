"""Kind ``gated``: the four sets of BEIR that may not be redistributed, as BEIR folders that the user brings.

They are never fetched. A folder that is not there is no error: the collection is recorded as absent, its tests are
``n/a (gated)``, and an average says how many of its collections it is over.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dragon import typed
from dragon.artifacts import Layout
from dragon.core.absent import GATED
from dragon.datasets import SOURCES, Absent, Collection
from dragon.datasets.beir_fingerprint import sha256_of
from dragon.datasets.folder import separator_of, user_folder
from dragon.datasets.layouts import beir_folder
from dragon.datasets.registered import check_splits, collection_of
from dragon.datasets.rows import Collections, Row
from dragon.errors import ConfigError
from dragon.imports import DATA


@dataclass(frozen=True, kw_only=True)
class Options:
    """Which row, and where the user's folder lies."""

    collection: str
    """A name in ``registry/collections.yaml`` of a row that is gated."""
    folder: str
    """``corpus.jsonl``, ``queries.jsonl`` and ``qrels/<split>.tsv``; below ``DRAGON_DATA``, or absolute."""
    splits: tuple[str, ...]
    title_separator: str | None = None
    """What students read between a title and its text, see ``Passage.joined``; null is a space."""


@SOURCES(GATED)
def gated(options: Mapping[str, Any], where: str, layout: Layout) -> Collection | Absent:
    """The collection in the user's folder, or why it is absent.

    Raises:
        ConfigError: an option is wrong.
        ArtifactError: the folder is there but malformed, or counts are not the registry's.
    """
    settings, row = _checked_options(options, where)
    root = user_folder(settings.folder)
    if root is None:
        asked = f"put it there, or `export {DATA}=...`" if not Path(settings.folder).is_absolute() else "put it there"
        return Absent(f"{GATED}: {row.licence}; no BEIR folder {settings.folder}; {asked}")
    facts = {"collection": settings.collection, "folder": settings.folder, **separator_of(settings.title_separator)}
    return collection_of(beir_folder(root, settings.splits), row, facts, where)


def fingerprint(options: Mapping[str, Any], where: str) -> dict[str, str]:
    """sha256 of each file of the user's folder; nothing while there is none, so that DVC notices when it comes.

    Raises:
        ConfigError: an option is wrong.
        ArtifactError: a file of the folder is missing.
    """
    settings, _ = _checked_options(options, where)
    root = user_folder(settings.folder)
    files = ("corpus.jsonl", "queries.jsonl", *(f"qrels/{split}.tsv" for split in settings.splits))
    return {} if root is None else {file: sha256_of(root / file) for file in files}


def _checked_options(options: Mapping[str, Any], where: str) -> tuple[Options, Row]:
    settings = typed.build(Options, options, where)
    row = Collections.load().row(settings.collection, f"{where}.collection")
    if not row.gated:
        raise ConfigError(f"{where}.collection: {settings.collection} is public; use kind registered")
    check_splits(settings.splits, row, where)
    return settings, row
