"""The student: two BERT encoders, [CLS] or mean pooling, dot product (paper 4.3). The door to transformers."""

import shutil
from pathlib import Path
from pickle import UnpicklingError
from typing import Literal

import torch
from torch import Tensor, nn
from transformers import BertConfig, BertModel
from transformers.utils import logging

from dragon.core.checkpoint import CONTEXT_ENCODER, QUERY_ENCODER, Checkpoint
from dragon.errors import ArtifactError
from dragon.models.cls_state import applies_to, cls_state
from dragon.models.vocabulary import TOKENIZER_FILES

logging.disable_progress_bar()

Pooling = Literal["cls", "mean"]
_HEADS = ("pooler.", "cls.")
"""Weights of a pre-trained BERT that a bi-encoder has no use for."""


class BiEncoder(nn.Module):
    """``query_encoder`` and ``context_encoder``; the same module twice when tied.

    ``tokenizer`` is the folder whose tokenizer files :meth:`save` copies beside each encoder.
    """

    def __init__(self, query: BertModel, context: BertModel, pooling: Pooling, tokenizer: Path) -> None:
        super().__init__()
        self.query_encoder, self.context_encoder = query, context
        self.pooling, self.tokenizer = pooling, tokenizer

    @classmethod
    def load(cls, checkpoint: Checkpoint, tied: bool, pooling: Pooling, dropout: float) -> "BiEncoder":
        """Load both encoders in fp32, onto :func:`device`; with ``tied``, the query encoder serves both sides.

        Raises:
            ArtifactError: weights are missing, do not fit the configuration, or are not safetensors.
        """
        query = load_bert(checkpoint.query_encoder, dropout)
        context = query if tied else load_bert(checkpoint.context_encoder, dropout)
        return cls(query, context, pooling, checkpoint.query_encoder).to(device())

    @property
    def tied(self) -> bool:
        return self.query_encoder is self.context_encoder

    @property
    def hidden(self) -> int:
        """H, the dimensions of an embedding."""
        return self.query_encoder.config.hidden_size

    def encode_queries(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """int64 ``[B, T]`` twice -> float32 ``[B, H]``."""
        return embed(self.query_encoder, self.pooling, input_ids, attention_mask)

    def encode_passages(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """int64 ``[B, T]`` twice -> float32 ``[B, H]``."""
        return embed(self.context_encoder, self.pooling, input_ids, attention_mask)

    def save(self, part_folder: Path) -> None:
        """Write both encoders with their tokenizer; AutoModel and AutoTokenizer open either folder."""
        for name, encoder in ((QUERY_ENCODER, self.query_encoder), (CONTEXT_ENCODER, self.context_encoder)):
            save_bert(encoder, self.tokenizer, part_folder / name)


def device() -> str:
    """Where students train and encode: a GPU if torch sees one; an empty ``CUDA_VISIBLE_DEVICES`` keeps the CPU."""
    return "cuda" if torch.cuda.is_available() else "cpu"


def embed(encoder: BertModel, pooling: Pooling, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
    """Embeddings of B texts on the encoder's device, float32 ``[B, H]``."""
    ids, mask = input_ids.to(encoder.device), attention_mask.to(encoder.device)
    if pooling == "cls" and applies_to(encoder):
        return cls_state(encoder, ids, mask).float()
    states_BTH = encoder(input_ids=ids, attention_mask=mask).last_hidden_state
    if pooling == "cls":
        return states_BTH[:, 0].float()
    weights_BT1 = mask[:, :, None].float()
    return (states_BTH.float() * weights_BT1).sum(1) / weights_BT1.sum(1)


def new_bert(config: dict[str, object]) -> BertModel:
    """A BERT without pooling layer from :class:`transformers.BertConfig` arguments; weights are the caller's to set."""
    return BertModel(BertConfig(**config), add_pooling_layer=False)


def load_bert(folder: Path, dropout: float, safetensors_only: bool = True) -> BertModel:
    """One encoder in evaluation mode, fp32. A weight that the files do not give is an error, never random."""
    settings = {"hidden_dropout_prob": dropout, "attention_probs_dropout_prob": dropout, "dtype": torch.float32}
    options = {
        "add_pooling_layer": False,
        "local_files_only": True,
        "use_safetensors": True if safetensors_only else None,
        "weights_only": True,  # an old weights file is data, never code
        "ignore_mismatched_sizes": True,  # listed in the loading report instead of raised without a name
    }
    try:
        model, info = BertModel.from_pretrained(folder, output_loading_info=True, **options, **settings)
    except (OSError, RuntimeError, ValueError, UnpicklingError) as error:
        raise ArtifactError(f"{folder}: {_line(error)}; allowed: a BERT in safetensors; run `dvc repro`") from None
    strange = [name for name in info["unexpected_keys"] if not name.startswith(_HEADS)]
    wrong = sorted({*info["missing_keys"], *(str(key[0]) for key in info["mismatched_keys"]), *strange})
    if wrong:
        raise ArtifactError(f"{folder}: weights missing, unknown or of another shape: {', '.join(wrong[:5])}")
    return model.eval()


def save_bert(encoder: BertModel, tokenizer: Path, folder: Path) -> None:
    """Write ``config.json``, ``model.safetensors`` and copies of the tokenizer's files."""
    encoder.save_pretrained(folder)
    for name in TOKENIZER_FILES:
        if (tokenizer / name).exists():
            shutil.copyfile(tokenizer / name, folder / name)
    (folder / "model.safetensors").chmod(0o644)  # written for its owner alone


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:200]
