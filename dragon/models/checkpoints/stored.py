"""Passages that a checkpoint has read: shards in the store, so a kill costs one shard and nothing is read twice."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from dragon import artifacts
from dragon.models.checkpoints.base import CheckpointEncoder
from dragon.models.checkpoints.opening import versions
from dragon.models.checkpoints.token_arrays import READING, TokenArrays
from dragon.progress import progress
from dragon.store import Store

KIND = "passages"
SHARD_SIZE = 2048
"""Passages: under a minute of a small transformer on two CPU cores."""
_CODE = ("models/checkpoints", "models/max_sim.py", "models/term_space.py")
_ELSEWHERE = ("query_prefix", "max_length", "expansions")
"""Options of queries, and what stands in the texts."""
_TOKENS = "tokens"

Encode = Callable[[Sequence[str]], Mapping[str, np.ndarray]]


def read_passages(encoder: CheckpointEncoder, texts: Sequence[str], encode: Encode) -> list[dict[str, np.ndarray]]:
    """What ``encode`` makes of the texts, shard by shard, memory-mapped; the model is opened for missing shards only.

    Args:
        encoder: decides the shards' key with its options for passages, its files, its device, our code and the
            versions of the libraries that compute.
        texts: R passages.
        encode: a shard's texts -> arrays by name.
    """
    return _shards(_key(encoder), texts, encode)


def read_tokens(encoder: CheckpointEncoder, texts: Sequence[str], encode: Encode) -> list[TokenArrays]:
    """The same for all tokens of the texts; ``encode`` gives :data:`TokenArrays`, unless they are there already."""
    return _shards(_tokens_key(encoder), texts, encode)


def keep_tokens(encoder: CheckpointEncoder, texts: Sequence[str], arrays: TokenArrays) -> None:
    """Leave a shard's tokens for :func:`read_tokens` of any encoder with the same reading."""
    _shard(Store.default(), _tokens_key(encoder), texts, lambda _: arrays)


def _shards(key: Mapping[str, Any], texts: Sequence[str], encode: Encode) -> list[dict[str, np.ndarray]]:
    store = Store.default()
    shards = [texts[start : start + SHARD_SIZE] for start in range(0, len(texts), SHARD_SIZE)]
    return [_shard(store, key, shard, encode) for shard in progress(shards, "passages", f"x {SHARD_SIZE}")]


def _shard(store: Store, key: Mapping[str, Any], texts: Sequence[str], encode: Encode) -> dict[str, np.ndarray]:
    def make(folder: Path) -> None:
        for name, array in encode(texts).items():
            np.save(folder / f"{name}.npy", array)

    digest = artifacts.digest({**key, "texts": list(texts)})
    folder, _ = store.obtain(KIND, digest, make, {"kind": "passages", "key": digest, "passages": len(texts)})
    return {path.stem: np.load(path, mmap_mode="r") for path in sorted(folder.glob("*.npy"))}


def _key(encoder: CheckpointEncoder) -> dict[str, Any]:
    options = asdict(encoder.options)
    return _key_of(type(encoder).__name__, encoder, [name for name in options if name not in _ELSEWHERE])


def _tokens_key(encoder: CheckpointEncoder) -> dict[str, Any]:
    """Tokens do not depend on what the encoder makes of them."""
    return _key_of(_TOKENS, encoder, READING)


def _key_of(kind: str, encoder: CheckpointEncoder, names: Sequence[str]) -> dict[str, Any]:
    options = asdict(encoder.options)
    deciding = {name: options[name] for name in names}
    deciding |= {"max_length": options["max_length"]["passage"], "device": encoder.device}
    code = artifacts.source_digest(Path(__file__).parents[2], _CODE)
    return {"encoder": kind, "options": deciding, "files": encoder.files, "versions": versions(), "code": code}
