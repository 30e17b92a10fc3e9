"""The cross-encoder over a student's own best passages (paper section 5): `python -m stages.rerank crop dragon-s`."""

import tempfile
from pathlib import Path

from dragon.config import IN_DOMAIN, Params
from dragon.core import Corpus, Queries
from dragon.models.tokens import Tokens
from dragon.store import Store
from dragon.teachers.base import Searcher
from dragon.teachers.rerank import Candidates, open_on
from dragon.teachers.shards import SHARD_SIZE, rank_in_shards, ranking_key
from stages.entry import run
from stages.systems import System, published

RERANKER = "cross-encoder"


def main(query_set: str, student: str) -> None:
    params = Params.load()
    layout, depth = params.layout, params.scale.rerank_depth
    system, name = published(params, student), f"ce-on-{student}"
    corpus = Corpus.open(layout.dataset(IN_DOMAIN, params.collection()) / "corpus")
    queries = list(Queries.open(layout.queries(query_set)).texts)
    key = ranking_key(params.scale.teachers, RERANKER, layout, corpus)
    key |= {"candidates": system.checkpoint.digest, "rerank_depth": depth}
    with tempfile.TemporaryDirectory(prefix="dragon-index-") as work:

        def search() -> Searcher:
            first = Candidates.of(queries, *_candidates(params, system, query_set))
            return open_on(params.scale.teachers, RERANKER, layout, corpus, Path(work), first)

        lists = rank_in_shards(search, queries, params.scale.label_depth, Store.default(), key, SHARD_SIZE)
    assert lists is not None  # all shards were asked for
    lists = lists.write(layout.ranking(query_set, name), teacher=name, query_set=query_set)
    print(f"{name} {query_set}: " + ", ".join(f"{fact} {count}" for fact, count in lists.facts().items()))


def _candidates(params: Params, system: System, query_set: str):
    """The student's best passages for every query: docs int32 and scores float32 ``[Q, rerank_depth]``."""
    from dragon.models.bi_encoder import BiEncoder  # here: what the store holds needs no torch
    from dragon.retrieval.search import BiEncoderSearch

    training, layout = system.training, params.layout
    model = BiEncoder.load(system.checkpoint, training.tied_encoders, training.pooling, training.dropout)
    searcher = BiEncoderSearch(model, training, params.scale.encode_batch_size)
    passages_DH = searcher.passages(Tokens.open(layout.tokens(IN_DOMAIN) / params.collection() / "corpus"))
    return searcher.search(Tokens.open(layout.tokens(query_set)), passages_DH, params.scale.rerank_depth)


if __name__ == "__main__":
    run(main)
