"""What a student begins from. Kind ``svd``: a BERT whose word embeddings are singular vectors of the corpus.

A small BERT from random weights learns nothing in the minutes that a CPU scale has. Here the embeddings are the
directions of latent semantic analysis and the first attention layer starts as a mean over tokens, so that [CLS] is a
normalised bag of words: a working retriever, in which labels can teach what words weigh. A standard ``BertModel``.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from threadpoolctl import threadpool_limits
from torch import nn
from transformers import BertModel

from dragon import artifacts, typed
from dragon.config import Source
from dragon.core import Checkpoint
from dragon.core.checkpoint import CONTEXT_ENCODER, QUERY_ENCODER
from dragon.errors import ConfigError
from dragon.models.bi_encoder import new_bert, save_bert
from dragon.models.svd import token_directions
from dragon.models.tokens import Tokens
from dragon.models.vocabulary import SPECIAL, open_tokenizer
from dragon.registry import Registry

SINK = 2
"""Dimensions that hold no meaning: they give every embedding length 1 (:func:`_with_sink`)."""


@dataclass(frozen=True)
class StartData:
    """What starts are made of: in-domain text, and other starts by name."""

    vocabulary: Path
    passages: Tokens
    checkpoint: Callable[[str], Checkpoint]


Make = Callable[[StartData, dict[str, Any], str, Path], None]
STARTS: Registry[Make] = Registry("pretrained kind")


def write_start(source: Source, data: StartData, where: str, folder: Path) -> Checkpoint:
    """Make the start that ``source`` describes, write its checkpoint folder atomically and open it.

    Raises:
        ConfigError: an unknown kind or option; ``where`` opens the message, e.g. ``scales/mini.yaml: pretrained.idf``.
    """
    make = STARTS[source.kind]
    with artifacts.folder(folder, {"kind": "checkpoint", "source": source.kind, "options": source.options}) as part:
        make(data, source.options, f"{where}.options", part)
    return Checkpoint.open(folder)


@dataclass(frozen=True, kw_only=True)
class Svd:
    """Options of kind ``svd``."""

    seed: int
    hidden: int
    layers: int
    heads: int
    intermediate: int
    max_positions: int
    passage_tokens: int
    """The decomposition reads this many pieces of each passage."""
    idf_exponent: float
    """Length of a word embedding is ``(idf / max idf) ** idf_exponent``: 0 leaves term weights to the labels."""
    attention_gain: float
    """Scale of the first attention output: large values drown [CLS]'s own embedding, which normalises the mean."""
    output_gain: float
    """Weight of the last LayerNorm: the temperature of dot products."""
    position_gain: float
    """Scale of position embeddings, relative to BERT's initialisation."""
    residual_gain: float
    """Scale of the feed-forward outputs (and later attention outputs), relative to BERT's initialisation."""
    initializer_range: float


@STARTS("svd")
def write_svd_start(data: StartData, options: dict[str, Any], where: str, part: Path) -> None:
    """Write the start into ``part``; both encoders hold the same weights.

    Raises:
        ConfigError: an option is unknown, missing or out of range.
    """
    settings = typed.build(Svd, options, where)
    tokenizer = open_tokenizer(data.vocabulary)
    size = tokenizer.get_vocab_size()
    _check(settings, min(size, len(data.passages)), where)
    special = [tokenizer.token_to_id(token) for token in SPECIAL]
    with threadpool_limits(1):  # sums in one order: the same bytes whatever the machine's number of cores
        directions_VH, idf_V = token_directions(
            data.passages, size, settings.hidden - SINK, settings.passage_tokens, settings.seed
        )
    weights_V = (idf_V / idf_V.max()) ** settings.idf_exponent
    weights_V[special] = 0
    model = _new_model(settings, size)
    _shape_model(model, settings, _with_sink(directions_VH * weights_V[:, None]))
    for name in (QUERY_ENCODER, CONTEXT_ENCODER):
        save_bert(model, data.vocabulary, part / name)


def _check(settings: Svd, rank: int, where: str) -> None:
    """``rank``: the most dimensions that the corpus and the vocabulary can give, plus one."""
    if settings.hidden % settings.heads:
        raise ConfigError(f"{where}.heads: found {settings.heads}, allowed: a divisor of hidden ({settings.hidden})")
    if not SINK < settings.hidden < rank + SINK:
        raise ConfigError(f"{where}.hidden: found {settings.hidden}, allowed: {SINK + 1} to {rank + SINK - 1}")


def _with_sink(words_VH: np.ndarray) -> np.ndarray:
    """Append ``+s, -s`` so that every row has length 1 and mean 0 there: LayerNorm then keeps relative lengths."""
    words_VH = 0.99 * words_VH
    sink_V = np.sqrt((1 - (words_VH**2).sum(axis=1)) / SINK)
    return np.concatenate([words_VH, sink_V[:, None], -sink_V[:, None]], axis=1).astype(np.float32)


def _new_model(settings: Svd, vocabulary_size: int) -> BertModel:
    """BERT's own initialisation, drawn from a counter-based generator instead of torch's global one."""
    model = new_bert(
        {
            "vocab_size": vocabulary_size,
            "hidden_size": settings.hidden,
            "num_hidden_layers": settings.layers,
            "num_attention_heads": settings.heads,
            "intermediate_size": settings.intermediate,
            "max_position_embeddings": settings.max_positions,
        }
    )
    initialise(model, settings.initializer_range, settings.seed)
    return model


def initialise(module: nn.Module, standard_deviation: float, seed: int) -> None:
    """Set matrices to normal numbers, LayerNorm weights to 1 and biases to 0; a function of ``seed`` alone."""
    draws = np.random.Generator(np.random.Philox(seed))
    for name, parameter in module.named_parameters():
        if parameter.ndim > 1:
            values = draws.standard_normal(tuple(parameter.shape), dtype=np.float32) * np.float32(standard_deviation)
            parameter.data = torch.from_numpy(values)
        else:
            parameter.data.fill_(0.0 if name.endswith("bias") else 1.0)


@torch.no_grad()
def _shape_model(model: BertModel, settings: Svd, words_VH: np.ndarray) -> None:
    """Turn a freshly initialised BERT into a normalised bag of words with [CLS] pooling."""
    embeddings, layers = model.embeddings, model.encoder.layer
    embeddings.word_embeddings.weight.copy_(torch.from_numpy(words_VH))
    embeddings.position_embeddings.weight.mul_(settings.position_gain)
    embeddings.token_type_embeddings.weight.zero_()
    for layer in layers:
        layer.attention.output.dense.weight.mul_(settings.residual_gain)
        layer.output.dense.weight.mul_(settings.residual_gain)
    identity = torch.eye(settings.hidden)
    identity[-SINK:] = 0
    layers[0].attention.self.value.weight.copy_(identity)
    layers[0].attention.output.dense.weight.add_(settings.attention_gain * identity)
    layers[-1].output.LayerNorm.weight.fill_(settings.output_gain)
    layers[-1].output.LayerNorm.weight[-SINK:] = 0
