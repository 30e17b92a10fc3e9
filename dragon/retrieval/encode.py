"""Texts -> vectors, every row once, in row order."""

from collections.abc import Callable, Iterator

import numpy as np
import torch
from torch import Tensor

from dragon.models.bi_encoder import BiEncoder
from dragon.models.tokens import Tokens
from dragon.progress import progress

Embed = Callable[[Tensor, Tensor], Tensor]


def encode(embed: Embed, tokens: Tokens, max_length: int, batch_size: int, threads: int, desc: str) -> np.ndarray:
    """Encode R texts in batches of equal length.

    A batch never mixes lengths, so nothing is padded and a text's vector does not depend on its neighbours but for
    the rounding of a matrix product of another size; texts that are equal get equal vectors within a batch.

    Args:
        embed: ``(input_ids, attention_mask)`` int64 ``[B, T]`` -> ``[B, H]``.
        tokens: R texts.
        max_length: tokens, special tokens included.
        batch_size: texts, at most.
        threads: CPU threads of torch.
        desc: of the progress bar.

    Returns:
        float32 ``[R, H]``; ``[0, 0]`` when there are no texts.
    """
    torch.set_num_threads(threads)
    vectors_RH = np.empty((0, 0), dtype=np.float32)
    batches = list(_batches(tokens, max_length, batch_size))
    with torch.inference_mode():
        for rows in progress(batches, desc, "batch"):
            vectors_BH = embed(*tokens.batch(rows, max_length)).float().cpu().numpy()
            if not vectors_RH.size:
                vectors_RH = np.empty((len(tokens), vectors_BH.shape[1]), dtype=np.float32)
            vectors_RH[rows] = vectors_BH
    return vectors_RH


def encode_corpus(model: BiEncoder, tokens: Tokens, max_length: int, batch_size: int, threads: int) -> np.ndarray:
    """Passages through the context encoder, without dropout, float32 ``[D, H]``."""
    model.eval()
    return encode(model.encode_passages, tokens, max_length, batch_size, threads, "passages")


def encode_queries(model: BiEncoder, tokens: Tokens, max_length: int, batch_size: int, threads: int) -> np.ndarray:
    """Queries through the query encoder, without dropout, float32 ``[Q, H]``."""
    model.eval()
    return encode(model.encode_queries, tokens, max_length, batch_size, threads, "queries")


def _batches(tokens: Tokens, max_length: int, batch_size: int) -> Iterator[np.ndarray]:
    """Rows of one length each, longest first, so that memory runs out at once or not at all."""
    lengths_R = tokens.lengths(np.arange(len(tokens)), max_length)
    order = np.argsort(-lengths_R, kind="stable")
    ends = np.flatnonzero(np.diff(lengths_R[order])) + 1
    for group in np.split(order, ends):
        yield from (group[i : i + batch_size] for i in range(0, len(group), batch_size))
