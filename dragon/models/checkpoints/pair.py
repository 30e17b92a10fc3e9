"""Encoder ``st-dense-pair``: two encoders, one of queries and one of passages, such as the authors' DRAGON+.

Encoder ``dragon-ckpt`` is the same for a ``.ckpt`` of the authors' code: it is converted once, into the store.
Each side is an ``st-dense`` encoder of its own, so BERT, RoBERTa and DistilBERT are all one to it.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from dragon import artifacts, typed
from dragon.core.checkpoint import CONTEXT_ENCODER, QUERY_ENCODER
from dragon.imports import user_file
from dragon.models.checkpoints.dense import DenseCheckpoint
from dragon.models.encoder import ENCODERS, FitData
from dragon.models.hub import Pinned
from dragon.models.lightning import MODEL_FILES, Lightning, read_encoders
from dragon.settings import MaxLength
from dragon.store import Store

CONVERTED = "converted"
_CODE = ("models/lightning.py",)


@dataclass(frozen=True, kw_only=True)
class PairOptions:
    """What both sides share; the options of :class:`DenseCheckpoint` but for the path."""

    batch_size: int
    dtype: Literal["float32", "bfloat16"]
    device: Literal["auto", "cpu", "cuda"]
    max_length: MaxLength
    query_prefix: str | None
    passage_prefix: str | None
    threads: int
    pooling: Literal["cls", "mean", "from-model"]
    similarity: Literal["dot", "cosine"]


@dataclass(frozen=True, kw_only=True)
class PathOptions(PairOptions):
    """``options.encoder`` of kind ``st-dense-pair``: a path for each side, as :attr:`CheckpointOptions.path`."""

    query_encoder: str
    context_encoder: str


@dataclass(frozen=True, kw_only=True)
class CkptOptions(PairOptions):
    """``options.encoder`` of kind ``dragon-ckpt``, see :class:`dragon.models.lightning.Lightning`."""

    path: str
    model: Pinned


@ENCODERS("st-dense-pair")
@dataclass(frozen=True)
class DensePair:
    """Two encoders whose vectors are compared."""

    queries: DenseCheckpoint
    passages: DenseCheckpoint

    @classmethod
    def fit(cls, data: FitData, options: dict[str, Any]) -> "DensePair":
        """Find both folders and check their weights; ``data`` is not read. Raises as :meth:`DenseCheckpoint.fit`."""
        settings = typed.build(PathOptions, options, "options.encoder")
        return cls.of(settings, settings.query_encoder, settings.context_encoder)

    @classmethod
    def of(cls, options: PairOptions, query_encoder: str, context_encoder: str) -> "DensePair":
        """The same from two paths."""
        shared = {name: asdict(options)[name] for name in PairOptions.__dataclass_fields__}
        return cls(*(DenseCheckpoint.fit(None, {**shared, "path": path}) for path in (query_encoder, context_encoder)))

    def save(self, folder: Path) -> None:
        """Write which folders they are. No weights."""
        for name, side in ((QUERY_ENCODER, self.queries), (CONTEXT_ENCODER, self.passages)):
            (folder / name).mkdir()
            side.save(folder / name)

    @classmethod
    def load(cls, folder: Path) -> "DensePair":
        """Find both again; raises as :meth:`DenseCheckpoint.load`."""
        return cls(*(DenseCheckpoint.load(folder / name) for name in (QUERY_ENCODER, CONTEXT_ENCODER)))

    def encode_queries(self, texts: Sequence[str]) -> np.ndarray:
        """Vectors of R texts, float32 ``[R, H]``."""
        return self.queries.encode_queries(texts)

    def encode_passages(self, texts: Sequence[str]) -> np.ndarray:
        """Vectors of R texts, float32 ``[R, H]``; kept in the store."""
        return self.passages.encode_passages(texts)


@ENCODERS("dragon-ckpt")
class LightningPair(DensePair):
    """The two encoders of a ``.ckpt``."""

    @classmethod
    def fit(cls, data: FitData, options: dict[str, Any]) -> "LightningPair":
        """Convert the file, unless the store has it; raises as :func:`dragon.models.lightning.read_encoders`."""
        where = "options.encoder"
        settings = typed.build(CkptOptions, options, where)
        folder = converted(Lightning(path=settings.path, model=settings.model), where)
        return cls.of(settings, str(folder / QUERY_ENCODER), str(folder / CONTEXT_ENCODER))


def converted(options: Lightning, where: str) -> Path:
    """A folder of the store with ``query_encoder/`` and ``context_encoder/``, made from the file if nobody has yet."""
    digest = artifacts.file_digest(user_file(options.path, f"{where}.path"))
    code = artifacts.source_digest(Path(__file__).parents[2], _CODE)
    key = artifacts.digest({"file": digest, "model": asdict(options.model), "code": code})

    def make(part: Path) -> None:
        model, encoders = read_encoders(options, where)
        for name, encoder in encoders.items():
            encoder.save_pretrained(part / name)
            for file in (model / one for one in MODEL_FILES if one != "config.json" and (model / one).is_file()):
                (part / name / file.name).write_bytes(file.read_bytes())

    meta = {"kind": "checkpoint", "key": key, "source": "dragon-ckpt", "file": digest}
    return Store.default().obtain(CONVERTED, key, make, meta)[0]
