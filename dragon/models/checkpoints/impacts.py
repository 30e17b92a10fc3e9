"""What sparse checkpoints share: impacts by term, batches of one length, and passages that are kept in the store."""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np
import torch

from dragon.core import Corpus
from dragon.models.checkpoints.base import CheckpointEncoder
from dragon.models.checkpoints.lengths import equal_lengths
from dragon.models.checkpoints.stored import read_passages
from dragon.models.checkpoints.weights import embedding_count
from dragon.progress import progress

Impacts = dict[str, int]


class ImpactCheckpoint(CheckpointEncoder):
    """Terms are entries of the vocabulary; an impact is ``round(scale * weight)``, and 0 is left out."""

    def token_counts(self, texts: Sequence[str], side: str) -> np.ndarray:
        """Tokens of each text as the model reads it, int64 ``[R]``."""
        raise NotImplementedError

    def weights(self, texts: Sequence[str], side: str) -> list[dict[int, float]]:
        """Weight by id of the vocabulary for B texts of one length."""
        raise NotImplementedError

    def documents(self, texts: Sequence[str]) -> list[Impacts]:
        """Impacts of D passages."""
        return list(self._stored(texts))

    def documents_of(self, corpus: Corpus) -> Iterator[Impacts]:
        """Impacts of a collection's passages, one after the other: a large one's do not fit into memory."""
        yield from self._stored(self.passages(corpus))

    def passages(self, corpus: Corpus) -> Sequence[str]:
        """What the model reads of each passage."""
        return corpus.full_texts()

    def queries(self, texts: Sequence[str]) -> list[Impacts]:
        """Impacts of Q queries."""
        return list(self._unpacked(self._packed(texts, "query")))

    def _stored(self, texts: Sequence[str]) -> Iterator[Impacts]:
        for shard in read_passages(self, texts, lambda part: self._packed(part, "passage")):
            yield from self._unpacked(shard)

    def _packed(self, texts: Sequence[str], side: str) -> dict[str, np.ndarray]:
        """``terms`` and ``impacts`` int32 ``[P]`` and ``lengths`` int64 ``[R]`` of R texts, end to end."""
        torch.set_num_threads(self.options.threads)
        found: list[dict[int, int]] = [{}] * len(texts)
        batches = list(equal_lengths(self.token_counts(texts, side), self.options.batch_size))
        for rows in progress(batches, f"{side} impacts", "batch"):
            for row, weights in zip(rows, self.weights([texts[row] for row in rows], side), strict=True):
                found[row] = _whole(weights, self.options.scale)
        terms = [term for one in found for term in one]
        impacts = [impact for one in found for impact in one.values()]
        lengths = np.fromiter(map(len, found), dtype=np.int64, count=len(found))
        return {"terms": np.asarray(terms, np.int32), "impacts": np.asarray(impacts, np.int32), "lengths": lengths}

    def _unpacked(self, packed: Mapping[str, np.ndarray]) -> Iterator[Impacts]:
        terms, impacts = packed["terms"].tolist(), packed["impacts"].tolist()
        ends = np.cumsum(packed["lengths"]).tolist()
        for start, end in zip([0, *ends], ends, strict=False):
            yield {self._terms[terms[i]]: impacts[i] for i in range(start, end)}

    @cached_property
    def _terms(self) -> list[str]:
        """The vocabulary's entries by id; one with white space, which Lucene would cut, is named by its id."""
        tokenizer: Any = self.model.tokenizer
        pieces = tokenizer.convert_ids_to_tokens(list(range(embedding_count(self.model))))
        return [f"<{row}>" if piece is None or re.search(r"\s", piece) else piece for row, piece in enumerate(pieces)]


def _whole(weights: Mapping[int, float], scale: float) -> dict[int, int]:
    whole = {term: int(np.rint(scale * weights[term])) for term in sorted(weights)}
    return {term: impact for term, impact in whole.items() if impact}
