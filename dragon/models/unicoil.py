"""BERT with a linear layer over its token states, as uniCOIL and ColBERT store it; every weight is found by its name.

``from_pretrained`` would draw a head that it does not find at random and say nothing (transformers 5; a fault that
Pyserini had to mend for uniCOIL), so the files are read here and compared name by name.
"""

from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import nn
from transformers import BertConfig, BertModel

from dragon.errors import ArtifactError

_WRAPPERS = ("coil_encoder.",)
"""What uniCOIL's own training script puts before every name."""
_UNUSED = ("pooler.", "cls.", "position_ids")
_OLD_NAMES = {"LayerNorm.gamma": "LayerNorm.weight", "LayerNorm.beta": "LayerNorm.bias"}


class HeadedBert(nn.Module):
    """``bert`` and a linear layer over its last states.

    Args:
        config: of the encoder.
        head: name of the layer: ``tok_proj`` (uniCOIL, Lin and Ma 2021), ``linear`` (ColBERT).
        size: its outputs.
        bias: whether it has one.
    """

    def __init__(self, config: BertConfig, head: str, size: int, bias: bool) -> None:
        super().__init__()
        self.bert = BertModel(config, add_pooling_layer=False)
        self.add_module(head, nn.Linear(config.hidden_size, size, bias=bias))
        self._head = head

    def forward(self, ids_BT: torch.Tensor) -> torch.Tensor:
        """Outputs of the layer for every token of B texts of one length, ``[B, T, size]``."""
        states_BTH = self.bert(input_ids=ids_BT, attention_mask=torch.ones_like(ids_BT)).last_hidden_state
        return getattr(self, self._head)(states_BTH)


def read_weights(folder: Path) -> dict[str, torch.Tensor]:
    """Weights of a folder by name, without what no encoder needs; older files are read as data, never as code.

    Raises:
        ArtifactError: there is no single file of weights.
    """
    new, old = folder / "model.safetensors", folder / "pytorch_model.bin"
    if not new.is_file() and not old.is_file():
        raise ArtifactError(f"{folder}: no weights; allowed: model.safetensors or pytorch_model.bin, in one file")
    found = load_file(new) if new.is_file() else torch.load(old, map_location="cpu", weights_only=True)
    named = {_name(name): value for name, value in found.items()}
    return {name: value for name, value in named.items() if not any(part in name for part in _UNUSED)}


def check_headed(folder: Path, head: str, size: int | None, bias: bool) -> dict[str, torch.Tensor]:
    """Weights of a :class:`HeadedBert`, all there and nothing left over; ``size`` null takes the head's own.

    Raises:
        ArtifactError: a weight is missing, unknown or of another shape; it is named.
    """
    weights = read_weights(folder)
    with torch.device("meta"):
        outputs = size or len(weights.get(f"{head}.weight", [0]))
        wanted = HeadedBert(BertConfig.from_pretrained(folder, local_files_only=True), head, outputs, bias).state_dict()
    shapes = {name: value.shape for name, value in wanted.items() if "position_ids" not in name}
    wrong = {
        "missing": [name for name in shapes if name not in weights],
        "unknown": [name for name in weights if name not in shapes],
        "of another shape": [name for name in shapes if name in weights and weights[name].shape != shapes[name]],
    }
    if any(wrong.values()):
        found = "; ".join(f"{what}: {', '.join(sorted(names)[:5])}" for what, names in wrong.items() if names)
        raise ArtifactError(f"{folder}: weights {found}; allowed: a complete BERT with {head} ({outputs} outputs)")
    return weights


def load_headed(folder: Path, head: str, size: int, bias: bool) -> HeadedBert:
    """The model in evaluation mode; raises ArtifactError as :func:`check_headed` does."""
    weights: dict[str, Any] = check_headed(folder, head, size, bias)
    model = HeadedBert(BertConfig.from_pretrained(folder, local_files_only=True), head, size, bias)
    model.load_state_dict(weights, strict=False)  # the names were compared; buffers are not in the files
    return model.eval()


def _name(name: str) -> str:
    for wrapper in _WRAPPERS:
        name = name.removeprefix(wrapper)
    for old, new in _OLD_NAMES.items():
        name = name.replace(old, new)
    return name
