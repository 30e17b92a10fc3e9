"""Checkpoints of the authors' code (``.ckpt`` of PyTorch Lightning) -> two encoders in Hugging Face layout.

The weights are ``query_encoder.transformer.*`` and ``context_encoder.transformer.*`` of ``state_dict``; beside them lie
the optimiser's state and settings, which are objects of omegaconf. torch reads the file as data: of all classes only
those that such settings are made of may stand in it, and a file that names another one is refused, not run. What the
file does not hold, the architecture and the vocabulary, comes from the model that training started from.
"""

import collections
import typing
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch
from torch import Tensor
from torch.serialization import get_unsafe_globals_in_checkpoint, safe_globals
from transformers import AutoConfig, AutoModel, PreTrainedModel

from dragon import typed
from dragon.core.checkpoint import CONTEXT_ENCODER, QUERY_ENCODER
from dragon.errors import ArtifactError, ConfigError
from dragon.imports import user_file
from dragon.models.bi_encoder import save_bert
from dragon.models.checkpoints.weights import local, readable
from dragon.models.hub import Pinned, resolve
from dragon.models.starts import STARTS, StartData
from dragon.models.vocabulary import TOKENIZER_FILES, open_tokenizer

SIDES = (QUERY_ENCODER, CONTEXT_ENCODER)
MODEL_FILES = ("config.json", *TOKENIZER_FILES, "vocab.json", "merges.txt", "special_tokens_map.json")
"""What is taken from the model that training started from: BERT's files and RoBERTa's."""
_TRANSFORMER = "transformer."
_NOT_NEEDED = ("pooler.", "embeddings.position_ids", "embeddings.token_type_ids")
"""Of older versions of transformers: a head, and buffers that are made anew."""


@dataclass(frozen=True, kw_only=True)
class Lightning:
    """A checkpoint file, and the model whose architecture and vocabulary it has."""

    path: str
    """The ``.ckpt``, see :func:`dragon.imports.user_file`."""
    model: Pinned
    """Only its configuration and its tokenizer are read (``bert-base-uncased``, ``roberta-base``)."""


@STARTS("dragon-ckpt")
def convert_start(data: StartData, options: dict[str, Any], where: str, part: Path) -> None:
    """A student's start from such a file, with the scale's vocabulary beside both encoders.

    Raises:
        ConfigError: an option is wrong, the file is not there, or it holds no BERT.
        ArtifactError: the file is no such checkpoint, or the model's vocabulary is not the scale's.
    """
    settings = typed.build(Lightning, options, where)
    folder, encoders = read_encoders(settings, where)
    if encoders[QUERY_ENCODER].config.model_type != "bert":
        kind = encoders[QUERY_ENCODER].config.model_type
        raise ConfigError(f"{where}.model: found a {kind}, allowed: a BERT, as every start; put it under `baselines`")
    if open_tokenizer(folder).get_vocab() != open_tokenizer(data.vocabulary).get_vocab():
        raise ArtifactError(f"{where}.model: the tokenizer of {settings.model.name} is not the scale's vocabulary")
    for name, encoder in encoders.items():
        save_bert(encoder, data.vocabulary, part / name)


def read_encoders(options: Lightning, where: str) -> tuple[Path, dict[str, PreTrainedModel]]:
    """The folder of the model that training started from, and both encoders in fp32, by the names of their folders.

    Raises:
        ConfigError: the file is not there, or the model is not pinned.
        ArtifactError: the file is no such checkpoint, or lacks weights of the model's architecture.
    """
    path = user_file(options.path, f"{where}.path")
    folder, weights = resolve(options.model, MODEL_FILES, f"{where}.model"), state_dict(path)
    return folder, {side: _encoder(folder, _side(weights, side, path), f"{path}: {side}") for side in SIDES}


def state_dict(path: Path) -> Mapping[str, Tensor]:
    """The weights of a ``.ckpt``, memory-mapped where the file allows it.

    Raises:
        ArtifactError: the file is damaged, holds no ``state_dict`` of tensors, or names a class that data need not.
    """
    try:
        with safe_globals(_settings_classes()):
            found = torch.load(path, map_location="cpu", weights_only=True, mmap=zipfile.is_zipfile(path))
    except UnpicklingError:
        raise ArtifactError(f"{path}: {_strange(path)}; allowed: tensors, and settings of omegaconf") from None
    except (OSError, RuntimeError, EOFError, ValueError) as error:
        raise ArtifactError(f"{path}: cannot be read ({' '.join(str(error).split())[:120]})") from None
    weights = found.get("state_dict") if isinstance(found, dict) else None
    if not isinstance(weights, dict) or not all(isinstance(one, Tensor) for one in weights.values()):
        raise ArtifactError(f"{path}: no state_dict of tensors; allowed: a checkpoint of PyTorch Lightning")
    return weights


def _settings_classes() -> list[Any]:
    """All that settings of omegaconf are made of; none of them does anything when it is read."""
    from omegaconf import DictConfig, ListConfig
    from omegaconf.base import ContainerMetadata, Metadata
    from omegaconf.nodes import AnyNode

    plain = [(typing.Any, "typing.Any"), collections.defaultdict, dict, list, int]
    return [DictConfig, ListConfig, ContainerMetadata, Metadata, AnyNode, *plain]


def _strange(path: Path) -> str:
    """Which classes or functions of a file were not allowed."""
    try:
        with safe_globals(_settings_classes()):
            names = sorted(get_unsafe_globals_in_checkpoint(path))
    except (RuntimeError, ValueError, UnpicklingError, OSError):
        names = []
    return f"names {', '.join(names[:5])}, which could run code" if names else "not a file of weights"


def _side(weights: Mapping[str, Tensor], side: str, path: Path) -> dict[str, Tensor]:
    strange = sorted(name for name in weights if not name.startswith(tuple(f"{s}.{_TRANSFORMER}" for s in SIDES)))
    if strange:
        raise ArtifactError(
            f"{path}: found {', '.join(strange[:3])}, allowed: query_encoder.transformer.* and"
            " context_encoder.transformer.* (no projection)"
        )
    prefix = f"{side}.{_TRANSFORMER}"
    return {name.removeprefix(prefix): one.float() for name, one in weights.items() if name.startswith(prefix)}


def _encoder(folder: Path, weights: dict[str, Tensor], where: str) -> PreTrainedModel:
    """A model of the folder's configuration, all of whose weights are those given."""
    with readable(folder):
        config = AutoConfig.from_pretrained(folder, **local())
        model = AutoModel.from_config(config, add_pooling_layer=False, trust_remote_code=False).float()
    own = model.state_dict()
    wrong = [name for name in weights if name in own and weights[name].shape != own[name].shape]
    wrong += [name for name in own if name not in weights and not name.startswith(_NOT_NEEDED)]
    wrong += [name for name in weights if name not in own and not name.startswith(_NOT_NEEDED)]
    if wrong:
        raise ArtifactError(
            f"{where}: weights missing, unknown or of another shape: {', '.join(sorted(wrong)[:5])}; allowed: those of"
            f" {folder.name}, a {config.model_type}"
        )
    model.load_state_dict({name: weights[name] for name in own if name in weights})
    return model.eval()
