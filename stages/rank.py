"""One teacher ranks one query set: `python -m stages.rank unicoil crop`; `... 0/4` computes every fourth shard."""

import tempfile
from pathlib import Path

from dragon.config import IN_DOMAIN, Params
from dragon.core import Corpus, Queries
from dragon.datasets.checks import check_use
from dragon.store import Store
from dragon.teachers import open_teacher
from dragon.teachers.base import Searcher
from dragon.teachers.shards import SHARD_SIZE, rank_in_shards, ranking_key, which_part
from stages.entry import run


def main(teacher: str, query_set: str, shards: str = "") -> None:
    params = Params.load()
    teachers, layout, depth = params.scale.teachers, params.layout, params.scale.label_depth
    only = which_part(shards) if shards else None
    params.teacher(teacher)
    data = layout.dataset(IN_DOMAIN, params.collection())
    check_use(data)
    corpus = Corpus.open(data / "corpus")
    queries = list(Queries.open(layout.queries(query_set)).texts)
    key = ranking_key(teachers, teacher, layout, corpus)
    with tempfile.TemporaryDirectory(prefix="dragon-index-") as work:

        def search() -> Searcher:
            return open_teacher(teachers, teacher, layout, corpus, Path(work))

        lists = rank_in_shards(search, queries, depth, Store.default(), key, SHARD_SIZE, only)
    if lists is None:
        print(f"{teacher} {query_set}: shards {shards} are there, others are missing; run the other parts")
        return
    lists = lists.write(layout.ranking(query_set, teacher), teacher=teacher, query_set=query_set)
    print(f"{teacher} {query_set}: " + ", ".join(f"{name} {count}" for name, count in lists.facts().items()))


if __name__ == "__main__":
    run(main)
