"""Start kind ``checkpoint``: encoders that someone else trained, copied once into this scale's artifacts."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dragon import artifacts, typed
from dragon.core.checkpoint import CONTEXT_ENCODER, QUERY_ENCODER
from dragon.errors import ArtifactError, ConfigError
from dragon.models.bi_encoder import load_bert, save_bert
from dragon.models.hub import Pinned, resolve
from dragon.models.snapshots import WEIGHTS
from dragon.models.starts import STARTS, StartData
from dragon.models.vocabulary import open_tokenizer


@dataclass(frozen=True, kw_only=True)
class Pair:
    """Options of a start: the two sides may be one model."""

    query_encoder: Pinned
    context_encoder: Pinned


@STARTS("checkpoint")
def copy_start(data: StartData, options: dict[str, Any], where: str, part: Path) -> None:
    """Copy both encoders' weights as safetensors, without heads, and the vocabulary beside them.

    Raises:
        ConfigError: an option does not pin a model, or the model is no BERT.
        ArtifactError: weights are missing, or they or the model's tokenizer do not fit the vocabulary.
    """
    pair = typed.build(Pair, options, where)
    vocabulary = open_tokenizer(data.vocabulary).get_vocab()
    size = len(vocabulary)
    for name, pinned in ((QUERY_ENCODER, pair.query_encoder), (CONTEXT_ENCODER, pair.context_encoder)):
        folder = resolve(pinned, ("config.json", WEIGHTS), f"{where}.{name}")
        _require_bert(folder, f"{where}.{name}")
        encoder = load_bert(folder, dropout=0.0, safetensors_only=False)
        if encoder.config.vocab_size < size:
            raise ArtifactError(
                f"{where}.{name}: {pinned.name} has {encoder.config.vocab_size} word embeddings, the vocabulary {size}"
            )
        if (folder / "tokenizer.json").exists() and open_tokenizer(folder).get_vocab() != vocabulary:
            raise ArtifactError(
                f"{where}.{name}: the tokenizer of {pinned.name} is not the scale's vocabulary; allowed: one vocabulary"
                " for all; let `vocabulary` (kind checkpoint) name this model"
            )
        save_bert(encoder, data.vocabulary, part / name)


def _require_bert(folder: Path, where: str) -> None:
    """A RoBERTa's weights have a BERT's names, but its positions begin at 2: it would load and compute nonsense."""
    kind = artifacts.read_json(folder / "config.json").get("model_type")
    if kind != "bert":
        raise ConfigError(f"{where}: found a {kind}, allowed: a BERT, as every start; put it under `baselines`")
