"""A student in the layout that other libraries open: a copy of its two encoders with a few small files beside them.

``AutoModel`` opens either encoder, ``SentenceTransformer`` either of them or the pair (the folder itself), Pyserini's
auto encoder either. Every loader cuts texts at the lengths that the student was trained and evaluated with: they stand
in the tokenizers. The student's own folder stays as it is, so nothing that depends on its files moves.
"""

import shutil
from pathlib import Path
from typing import Any, Literal

from dragon import artifacts
from dragon.core import Checkpoint
from dragon.core.checkpoint import CONTEXT_ENCODER, QUERY_ENCODER
from dragon.errors import ConfigError
from dragon.settings import MaxLength

POOLING_FOLDER = "1_Pooling"
_LIBRARY = "sentence_transformers.models."
"""Where every version of sentence-transformers since 2.0 finds its modules."""


def export(checkpoint: Checkpoint, pooling: Literal["cls", "mean"], lengths: MaxLength, part: Path) -> None:
    """Write a student's folder into ``part``.

    Args:
        checkpoint: whose encoders are copied, byte for byte but for the tokenizers' length.
        pooling: how a text's vector is made of its token states.
        lengths: tokens that each side reads, special tokens included.
        part: an empty folder.

    Raises:
        ConfigError: a side has fewer positions than its length.
    """
    sides = {QUERY_ENCODER: lengths.query, CONTEXT_ENCODER: lengths.passage}
    for name, length in sides.items():
        shutil.copytree(checkpoint.folder / name, part / name)
        _beside_encoder(part / name, pooling, length)
    _write(part / "modules.json", [_module(0, "", "Router")])
    _write(part / "router_config.json", _router())
    _write(part / "config_sentence_transformers.json", _settings())


def _beside_encoder(folder: Path, pooling: str, length: int) -> None:
    config, tokenizer = folder / "config.json", folder / "tokenizer_config.json"
    model = artifacts.read_json(config)
    if length > model["max_position_embeddings"]:
        most = model["max_position_embeddings"]
        raise ConfigError(f"training.max_length: found {length}, allowed: up to {most}, which {config} reads")
    _write(tokenizer, {**artifacts.read_json(tokenizer), "model_max_length": length})
    _write(folder / "modules.json", [_module(0, "", "Transformer"), _module(1, POOLING_FOLDER, "Pooling")])
    _write(folder / "sentence_bert_config.json", {"max_seq_length": length, "do_lower_case": False})
    modes = {f"pooling_mode_{name}": key == pooling for key, name in (("cls", "cls_token"), ("mean", "mean_tokens"))}
    _write(folder / POOLING_FOLDER / "config.json", {"word_embedding_dimension": model["hidden_size"], **modes})
    _write(folder / "config_sentence_transformers.json", _settings())


def _router() -> dict[str, Any]:
    """The pair: no task, no encoding, since a query that the passages' encoder reads finds nothing."""
    routes = {"query": QUERY_ENCODER, "document": CONTEXT_ENCODER}
    kinds = {"": "Transformer", f"/{POOLING_FOLDER}": "Pooling"}
    return {
        "types": {f"{name}{at}": f"{_LIBRARY}{kind}" for name in routes.values() for at, kind in kinds.items()},
        "structure": {route: [f"{name}{at}" for at in kinds] for route, name in routes.items()},
        "parameters": {"default_route": None, "allow_empty_key": False},
    }


def _module(number: int, path: str, kind: str) -> dict[str, Any]:
    return {"idx": number, "name": str(number), "path": path, "type": f"{_LIBRARY}{kind}"}


def _settings() -> dict[str, Any]:
    """Vectors are compared by their dot product, and no text is prefixed."""
    return {"prompts": {"query": "", "document": ""}, "default_prompt_name": None, "similarity_fn_name": "dot"}


def _write(path: Path, value: Any) -> None:
    artifacts.write_json(path, value)
