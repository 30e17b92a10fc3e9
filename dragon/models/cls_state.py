"""A BERT's [CLS] state, when nothing else of its last layer is wanted.

Only [CLS] asks in the last layer's attention, so keys and values of single tokens need not exist: the key matrix is
applied to the query and the value matrix to the mixture instead, which is the same sum in another order. What is left
per token is two dot products a head. Feed-forward and output matrices see one token of a text. A one-layer student
trains several times as fast; a twelve-layer one saves most of its last layer.
"""

import torch
from torch import Tensor
from torch.nn.functional import dropout
from transformers import BertModel


def applies_to(model: BertModel) -> bool:
    """Whether the model is an encoder whose inner layers take boolean masks (attention through torch's own kernel)."""
    return not model.config.is_decoder and model.config._attn_implementation == "sdpa"


def cls_state(model: BertModel, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
    """``last_hidden_state[:, 0]`` of the model, float ``[B, H]``; ids and mask int64 ``[B, T]``."""
    states_BTH, mask_BT = model.embeddings(input_ids=input_ids), attention_mask.bool()
    *inner, last = model.encoder.layer
    for layer in inner:
        states_BTH = layer(states_BTH, mask_BT[:, None, None, :])
    cls_B1H = states_BTH[:, :1]
    mixed_B1H = _attended(last.attention.self, states_BTH, mask_BT)[:, None]
    return last.feed_forward_chunk(last.attention.output(mixed_B1H, cls_B1H))[:, 0]


def _attended(attention: torch.nn.Module, states_BTH: Tensor, mask_BT: Tensor) -> Tensor:
    """What the first token's attention gives, heads side by side, ``[B, H]``.

    A key's bias adds the same to all scores of a text, which the softmax does not see.
    """
    heads, size = attention.num_attention_heads, attention.attention_head_size
    key_NSH, value_NSH = (one.weight.unflatten(0, (heads, size)) for one in (attention.key, attention.value))
    asked_BNS = attention.query(states_BTH[:, 0]).unflatten(-1, (heads, size)) * attention.scaling
    scores_BNT = torch.einsum("bns,nsh->bnh", asked_BNS, key_NSH) @ states_BTH.transpose(1, 2)
    shares_BNT = scores_BNT.masked_fill(~mask_BT[:, None], -torch.inf).softmax(dim=-1)
    shares_BNT = dropout(shares_BNT, attention.dropout.p, attention.training)
    found_BNS = torch.einsum("bnh,nsh->bns", shares_BNT @ states_BTH, value_NSH)
    bias_NS = attention.value.bias.unflatten(0, (heads, size))
    return (found_BNS + shares_BNT.sum(dim=-1, keepdim=True) * bias_NS).flatten(1)
