"""A tiny T5 of the real class in the real layout, with a tokenizer of the real kind; every weight is random."""

import numpy as np
import torch
from tokenizers import Tokenizer, decoders, pre_tokenizers, processors
from tokenizers.models import Unigram
from transformers import PreTrainedTokenizerFast, T5Config, T5ForConditionalGeneration

PASSAGES = [
    "berlin had many registered inhabitants",
    "museums galleries theatres",
    "a sparse matrix",
    "the inhabitants of berlin live near many museums and theatres",
    "",
    "compute the sparse matrix near berlin",
]
END = 1


def write_t5(folder, seed=1):
    """Save model and tokenizer; the weights are large enough for the words to differ from passage to passage."""
    words = sorted({word for text in PASSAGES for word in text.split()})
    pieces = ["▁" + word for word in words] + [*"abcdefghijklmnopqrstuvwxyz", "▁"]
    vocab = [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", -9.0)]
    vocab += [(piece, -2.0 if len(piece) > 1 else -8.0) for piece in dict.fromkeys(pieces)]
    tokenizer = Tokenizer(Unigram(vocab, unk_id=2))
    tokenizer.pre_tokenizer, tokenizer.decoder = pre_tokenizers.Metaspace(), decoders.Metaspace()
    tokenizer.post_processor = processors.TemplateProcessing(single="$A </s>", special_tokens=[("</s>", END)])
    special = {"pad_token": "<pad>", "eos_token": "</s>", "unk_token": "<unk>"}
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, **special).save_pretrained(folder)
    sizes = {"d_model": 16, "d_kv": 8, "d_ff": 24, "num_layers": 2, "num_heads": 2}
    model = T5ForConditionalGeneration(T5Config(vocab_size=len(vocab), decoder_start_token_id=0, **sizes))
    draws = np.random.Generator(np.random.Philox(seed))
    for parameter in model.parameters():
        values = draws.standard_normal(tuple(parameter.shape), dtype=np.float32)
        parameter.data = torch.from_numpy(values * (1.0 if parameter.ndim > 1 else 0.3))
    model.save_pretrained(folder)
    return folder
