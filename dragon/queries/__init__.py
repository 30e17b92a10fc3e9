"""Query augmentation: what queries are made of a corpus, and how.

A source is one module here that registers a function in ``SOURCES``; modules load when a query set is asked for.
"""

import importlib
import pkgutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from dragon.core import Corpus, Qrels, Queries
from dragon.core.queries import Query
from dragon.errors import ConfigError
from dragon.registry import Registry


@dataclass(frozen=True)
class Augmented:
    """Q queries, in row order."""

    queries: Iterable[Query]
    """Read once: a source may make them while they are written. What is wrong with the whole is raised at its end."""
    report: dict[str, Any]
    """Counts in and out; what was left out is counted here, never silently. Complete after the last query."""
    arrays: dict[str, np.ndarray] = field(default_factory=dict)
    """Facts about every query, saved beside them: ``[Q]`` arrays by name."""


class Generator(Protocol):
    """Writes queries about texts; each is a function of its text and its seed."""

    def __call__(self, texts: Sequence[str], seeds: Sequence[Sequence[tuple[int, int]]]) -> list[list[str]]:
        """For each text as many queries as it has seeds; a seed is two whole numbers from 0, below 2**64."""
        ...


OpenGenerator = Callable[[Mapping[str, Any], str], Generator]
"""Opens a checkpoint that writes queries: (``options.generator``, what opens messages about it)."""


def no_generator(options: Mapping[str, Any], where: str) -> Generator:
    """Raises ConfigError: who asks for queries opens no checkpoints."""
    raise ConfigError(f"{where}: found a checkpoint, allowed: none here; `python -m stages.queries` opens them")


class Source(Protocol):
    """Makes queries; ``where`` opens the messages about ``options``."""

    def __call__(self, options: Mapping[str, Any], inputs: "Inputs", where: str) -> Augmented: ...


@dataclass(frozen=True)
class Inputs:
    """What a source may read: the in-domain passages, the human training pairs, other query sets by name, and the door
    to checkpoints, which the stage opens (no package but ``models`` imports transformers)."""

    corpus: Corpus
    train_queries: Queries
    train_qrels: Qrels
    others: Mapping[str, Queries]
    open_generator: OpenGenerator = no_generator


SOURCES: Registry[Source] = Registry("query set kind")


def augment(
    kind: str,
    options: Mapping[str, Any],
    corpus: Corpus,
    train_queries: Queries,
    train_qrels: Qrels,
    others: Mapping[str, Queries],
    open_generator: OpenGenerator = no_generator,
) -> Augmented:
    """Make the queries of one set; text stays exactly as made.

    Raises:
        ConfigError: an unknown kind, or options that the kind does not accept.
    """
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")
    inputs = Inputs(corpus, train_queries, train_qrels, others, open_generator)
    return SOURCES[kind](options, inputs, f"scales/*.yaml: query_sets ({kind}).options")
