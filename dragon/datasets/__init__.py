"""Test collections: a source makes passages, topics and judgments; ``materialise`` writes them.

A source is one module here that registers a function ``(options, where, layout) -> Collection`` in ``SOURCES``;
the layout leads to collections that are there already, for a source that is made of others.
Modules load when a collection is asked for; a package that only one source needs is imported inside it.
"""

import importlib
import pkgutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dragon import artifacts
from dragon.artifacts import Layout
from dragon.core import Corpus, Passage, Qrels, Queries
from dragon.core.queries import Query
from dragon.registry import Registry


@dataclass(frozen=True)
class Collection:
    """One test collection before it is written: D passages, and queries with judgments for every split."""

    passages: Iterable[Passage]
    queries: Mapping[str, list[Query]]
    qrels: Mapping[str, Qrels]
    facts: dict[str, Any] = field(default_factory=dict)
    """What was counted, dropped and merged on the way; goes into ``meta.json``. A source that streams its passages
    completes them when the last one has been taken."""


@dataclass(frozen=True)
class Absent:
    """A collection that only the user can bring, and has not."""

    why: str


SOURCES: Registry[Callable[[Mapping[str, Any], str, Layout], Collection | Absent]] = Registry("dataset kind")


def materialise(kind: str, name: str, options: Mapping[str, Any], folder: Path, layout: Layout) -> dict[str, Any]:
    """Make a collection and write ``corpus/``, ``queries/<split>/`` and ``qrels/<split>.trec``, all or nothing.

    Returns the facts that ``meta.json`` records; of a collection that is absent they are all, and say why.

    Raises:
        ConfigError: an unknown kind, or options that the kind does not accept.
        ArtifactError: what the source reads is missing or not what is expected.
    """
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")
    where = f"scales/{layout.scale}.yaml: suites.*.datasets.{name}.options"
    collection = SOURCES[kind](options, where, layout)
    facts = {"kind": "dataset", "source": kind, "name": name}
    with artifacts.folder(folder, facts) as part:
        if isinstance(collection, Absent):
            facts["absent"] = collection.why
            return facts
        Corpus.write(part / "corpus", collection.passages)
        facts |= collection.facts
        for split, queries in collection.queries.items():
            Queries.write(part / "queries" / split, queries)
            collection.qrels[split].write(part / "qrels" / f"{split}.trec")
    return facts
