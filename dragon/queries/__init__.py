"""Query augmentation: what queries are made of a corpus, and how.

A source is one module here that registers a function in ``SOURCES``; modules load when a query set is asked for.
"""

import importlib
import pkgutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from dragon.core import Corpus, Qrels, Queries
from dragon.core.queries import Query
from dragon.registry import Registry


@dataclass(frozen=True)
class Augmented:
    """Q queries, in row order."""

    queries: list[Query]
    report: dict[str, Any]
    """Counts in and out; what was left out is counted here, never silently."""
    arrays: dict[str, np.ndarray] = field(default_factory=dict)
    """Facts about every query, saved beside them: ``[Q]`` arrays by name."""


class Source(Protocol):
    """Makes queries; ``where`` opens the messages about ``options``."""

    def __call__(self, options: Mapping[str, Any], inputs: "Inputs", where: str) -> Augmented: ...


@dataclass(frozen=True)
class Inputs:
    """What a source may read: the in-domain passages, the human training pairs, and other query sets by name."""

    corpus: Corpus
    train_queries: Queries
    train_qrels: Qrels
    others: Mapping[str, Queries]


SOURCES: Registry[Source] = Registry("query set kind")


def augment(
    kind: str,
    options: Mapping[str, Any],
    corpus: Corpus,
    train_queries: Queries,
    train_qrels: Qrels,
    others: Mapping[str, Queries],
) -> Augmented:
    """Make the queries of one set; text stays exactly as made.

    Raises:
        ConfigError: an unknown kind, or options that the kind does not accept.
    """
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")
    return SOURCES[kind](
        options, Inputs(corpus, train_queries, train_qrels, others), f"scales/*.yaml: query_sets ({kind}).options"
    )
