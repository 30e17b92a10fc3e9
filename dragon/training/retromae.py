"""Kind ``retromae``: masked auto-encoding for retrieval (RetroMAE, arXiv:2205.12035).

The encoder reads a lightly masked passage and gives [CLS]; a decoder of one layer must rebuild the passage from
[CLS] and a heavily masked passage, so [CLS] has to hold the rest. Enhanced decoding (their section 3.3): at every
place the query is [CLS] plus the place's position, and the keys are [CLS] and a random choice of the other pieces.
The decoder is thrown away.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, gelu
from transformers import BertModel

from dragon import typed
from dragon.errors import ConfigError
from dragon.models.starts import STARTS, StartData, initialise
from dragon.models.vocabulary import open_tokenizer
from dragon.training.pretraining import Pretraining, load_init, pretrain


@dataclass(frozen=True, kw_only=True)
class RetroMae(Pretraining):
    """Options of kind ``retromae``."""

    encoder_mask: tuple[float, float]
    """Least and greatest share of pieces that the encoder does not see (paper: 0.15-0.30)."""
    decoder_mask: tuple[float, float]
    """Least and greatest share of pieces that the decoder does not see (paper: 0.5-0.7)."""
    max_length: int
    """Tokens of a passage, special tokens included."""
    heads: int
    """Attention heads of the decoder."""
    initializer_range: float


class Head(nn.Module):
    """BERT's masked language model head without a matrix of its own: states ``[N, H]`` -> logits ``[N, V]``."""

    def __init__(self, hidden: int, vocabulary_size: int) -> None:
        super().__init__()
        self.dense, self.norm = nn.Linear(hidden, hidden), nn.LayerNorm(hidden)
        self.bias = nn.Parameter(torch.zeros(vocabulary_size))

    def forward(self, states_NH: Tensor, words_VH: Tensor) -> Tensor:
        return self.norm(gelu(self.dense(states_NH))) @ words_VH.T + self.bias


class Decoder(nn.Module):
    """One transformer layer of enhanced decoding."""

    def __init__(self, hidden: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.attention = nn.MultiheadAttention(hidden, heads, batch_first=True)
        self.attention_norm, self.output_norm = nn.LayerNorm(hidden), nn.LayerNorm(hidden)
        self.output = nn.Sequential(nn.Linear(hidden, 4 * hidden), nn.GELU(), nn.Linear(4 * hidden, hidden))

    def forward(self, queries_BTH: Tensor, keys_BTH: Tensor, visible_BTT: Tensor) -> Tensor:
        """States ``[B, T, H]``; place ``i`` attends to place ``j`` where ``visible_BTT[b, i, j]``."""
        hidden_from = ~visible_BTT.repeat_interleave(self.heads, dim=0)
        mixed_BTH, _ = self.attention(queries_BTH, keys_BTH, keys_BTH, attn_mask=hidden_from, need_weights=False)
        states_BTH = self.attention_norm(queries_BTH + mixed_BTH)
        return self.output_norm(states_BTH + self.output(states_BTH))


@STARTS("retromae")
def write_retromae_start(data: StartData, options: dict[str, Any], where: str, part: Path) -> None:
    """Train by masked auto-encoding and write the start into ``part``.

    Raises:
        ConfigError: an option is unknown, missing or out of range.
    """
    settings = typed.build(RetroMae, options, where)
    for key in ("encoder_mask", "decoder_mask"):
        least, greatest = getattr(settings, key)
        if not 0 < least <= greatest < 1:
            raise ConfigError(f"{where}.{key}: found {[least, greatest]}, allowed: 0 < least <= greatest < 1")
    model = load_init(data, settings)
    encoder: BertModel = model.query_encoder
    hidden, vocabulary_size = encoder.config.hidden_size, encoder.config.vocab_size
    extra = nn.ModuleDict({"decoder": Decoder(hidden, settings.heads), "head": Head(hidden, vocabulary_size)})
    initialise(extra, settings.initializer_range, settings.seed)
    extra.to(encoder.device)
    mask_id = open_tokenizer(data.vocabulary).token_to_id("[MASK]")

    def loss(rows: np.ndarray, draws: np.random.Generator) -> Tensor:
        ids_BT, attention_BT = (one.to(encoder.device) for one in data.passages.batch(rows, settings.max_length))
        return retromae_loss(encoder, extra, ids_BT, attention_BT, mask_id, settings, draws)

    pretrain([encoder, extra], loss, len(data.passages), settings, "retromae")
    model.save(part)


def retromae_loss(
    encoder: BertModel,
    extra: nn.ModuleDict,
    ids_BT: Tensor,
    attention_BT: Tensor,
    mask_id: int,
    settings: RetroMae,
    draws: np.random.Generator,
) -> Tensor:
    """Cross-entropy of the encoder's masked pieces plus that of all pieces rebuilt by the decoder, a scalar."""
    pieces_BT = _pieces(attention_BT)
    masked_BT = draw_mask(pieces_BT, settings.encoder_mask, draws)
    states_BTH = encoder(ids_BT.masked_fill(masked_BT, mask_id), attention_BT).last_hidden_state
    words_VH = encoder.embeddings.word_embeddings.weight
    encoder_loss = cross_entropy(extra["head"](states_BTH[masked_BT], words_VH), ids_BT[masked_BT])

    cls_B1H = states_BTH[:, :1]
    places_TH = encoder.embeddings.position_embeddings.weight[: ids_BT.shape[1]]
    keys_BTH = torch.cat([cls_B1H, encoder.embeddings.word_embeddings(ids_BT[:, 1:]) + places_TH[1:]], dim=1)
    unseen_BT = draw_mask(pieces_BT, settings.decoder_mask, draws)
    visible_BTT = decoder_visibility(attention_BT, unseen_BT)
    rebuilt_BTH = extra["decoder"](cls_B1H + places_TH, keys_BTH, visible_BTT)
    decoder_loss = cross_entropy(extra["head"](rebuilt_BTH[pieces_BT], words_VH), ids_BT[pieces_BT])
    return encoder_loss + decoder_loss


def draw_mask(pieces_BT: Tensor, share: tuple[float, float], draws: np.random.Generator) -> Tensor:
    """True for a random choice of each row's pieces, bool ``[B, T]``; the share is uniform in ``share``, per row."""
    there_BT = pieces_BT.cpu().numpy()
    count_B = there_BT.sum(1)
    wanted_B = np.maximum(1, np.rint(draws.uniform(*share, size=len(count_B)) * count_B))
    order_BT = np.where(there_BT, draws.random(tuple(pieces_BT.shape)), 2.0).argsort(axis=1).argsort(axis=1)
    return torch.from_numpy(order_BT < wanted_B[:, None]).to(pieces_BT.device) & pieces_BT


def decoder_visibility(attention_BT: Tensor, unseen_BT: Tensor) -> Tensor:
    """Which place sees which, bool ``[B, T, T]``: everyone [CLS] and the pieces left over, nobody itself but [CLS]."""
    seen_BT = attention_BT.bool() & ~unseen_BT
    visible_BTT = seen_BT[:, None, :] & ~torch.eye(seen_BT.shape[1], dtype=torch.bool, device=seen_BT.device)
    visible_BTT[:, :, 0] = True
    return visible_BTT


def _pieces(attention_BT: Tensor) -> Tensor:
    """True where a token is a piece of text: not [CLS], [SEP] or padding; bool ``[B, T]``."""
    pieces_BT = attention_BT.bool().clone()
    pieces_BT[:, 0] = False
    pieces_BT[torch.arange(len(pieces_BT), device=pieces_BT.device), attention_BT.sum(1) - 1] = False
    return pieces_BT
