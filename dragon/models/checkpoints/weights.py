"""Weights of a checkpoint: all there, nothing left over, on the device that the entry names."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch
import transformers
from transformers.utils import logging

from dragon.errors import ArtifactError, ConfigError, UserError

logging.disable_progress_bar()


@dataclass(frozen=True)
class Task:
    """A kind of model, and the weights (by a part of their name) that it does not need or has no use for."""

    model: str
    optional: tuple[str, ...]
    unused: tuple[str, ...]


ENCODER = Task(
    "AutoModel",
    optional=("pooler.",),
    unused=("pooler.", "cls.", "lm_head.", "vocab_transform.", "vocab_layer_norm.", "vocab_projector.", "decoder."),
)
"""Token states. A head of pre-training is of no use; any other head (a projection, a classifier) is not ignored."""
MASKED_LM = Task("AutoModelForMaskedLM", optional=(), unused=("pooler.", "seq_relationship."))
CLASSIFIER = Task("AutoModelForSequenceClassification", optional=(), unused=())


def check_weights(folder: Path, task: Task) -> None:
    """Load a transformer's weights once, to see that they are those of its kind.

    Raises:
        ArtifactError: a weight is missing, unknown or of another shape (it is named), or the files cannot be read.
    """
    with readable(folder):
        config = transformers.AutoConfig.from_pretrained(folder, **local())
        half = task is ENCODER and type(config) in transformers.MODEL_FOR_TEXT_ENCODING_MAPPING  # T5 without decoder
        model = "AutoModelForTextEncoding" if half else task.model
        options = {"output_loading_info": True, "ignore_mismatched_sizes": True, "weights_only": True, **local()}
        _, info = getattr(transformers, model).from_pretrained(folder, config=config, **options)
    wrong = {
        "missing": [name for name in info["missing_keys"] if not _among(name, task.optional)],
        "unknown": [name for name in info["unexpected_keys"] if not _among(name, task.unused)],
        "of another shape": [str(key[0]) for key in info["mismatched_keys"]],
    }
    if any(wrong.values()):
        found = "; ".join(f"{what}: {', '.join(sorted(names)[:5])}" for what, names in wrong.items() if names)
        raise ArtifactError(f"{folder}: weights {found}; allowed: a complete {config.model_type} for {model}")


def local() -> dict[str, Any]:
    """No network, and no code from the folder."""
    return {"local_files_only": True, "trust_remote_code": False}


def in_type(dtype: str) -> dict[str, Any]:
    """Keywords that load weights in ``float32`` or ``bfloat16``."""
    return {"dtype": getattr(torch, dtype), "weights_only": True}


def place(device: str, where: str) -> str:
    """``cpu`` or ``cuda``; ``auto`` takes a GPU where one works.

    Raises:
        ConfigError: ``cuda`` without a GPU.
    """
    there = torch.cuda.is_available()
    if device == "cuda" and not there:
        raise ConfigError(f"{where}: found 'cuda', but torch sees no GPU; allowed here: auto, cpu")
    return "cuda" if device != "cpu" and there else "cpu"


@contextmanager
def readable(folder: Path) -> Iterator[None]:
    """What the libraries say about a folder that they cannot read, in one line."""
    try:
        yield
    except UserError:
        raise
    except (OSError, RuntimeError, ValueError, KeyError, AttributeError, ImportError, UnpicklingError) as error:
        said = " ".join(str(error).split())[:200]
        raise ArtifactError(f"{folder}: cannot be loaded ({type(error).__name__}: {said})") from None


def longest(model: torch.nn.Module) -> int | None:
    """Most tokens that a model reads, special tokens included; None where its positions are not a table."""
    for name, module in model.named_modules():
        if name.endswith("position_embeddings") and isinstance(module, torch.nn.Embedding):
            skipped = 0 if module.padding_idx is None else module.padding_idx + 1  # RoBERTa counts from there
            return module.num_embeddings - skipped
    return None


def embedding_count(model: torch.nn.Module) -> int:
    """Entries of the vocabulary that the first transformer of a model has embeddings for."""
    transformer = next(module for module in model.modules() if isinstance(module, transformers.PreTrainedModel))
    return transformer.get_input_embeddings().num_embeddings


def _among(name: str, parts: tuple[str, ...]) -> bool:
    return any(f".{part}" in f".{name}" for part in parts)
