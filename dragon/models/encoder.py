"""What an encoder of a teacher is: a representation that an engine searches with.

At scale ``mini`` it is fitted on in-domain text; at other scales it is a checkpoint that is only loaded.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from dragon.core import Corpus, Qrels, Queries
from dragon.registry import Registry


@dataclass(frozen=True)
class FitData:
    """In-domain text that an encoder may be fitted on: nothing else is ever shown to it."""

    corpus: Corpus
    train_queries: Queries
    train_qrels: Qrels


class Encoder(Protocol):
    """A representation that an engine searches with; fitted once, saved, loaded by every later stage.

    ``options`` is the entry's ``options.encoder``; an encoder checks it strictly and raises ConfigError.
    """

    @classmethod
    def fit(cls, data: FitData, options: dict[str, Any]) -> "Encoder": ...

    def save(self, folder: Path) -> None: ...

    @classmethod
    def load(cls, folder: Path) -> "Encoder": ...


ENCODERS: Registry[type[Encoder]] = Registry("encoder")
