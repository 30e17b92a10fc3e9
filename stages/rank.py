"""One teacher ranks one query set: `python -m stages.rank unicoil crop`; `... 0/4` computes every fourth shard."""

import tempfile
from pathlib import Path

from dragon.config import IN_DOMAIN, Params
from dragon.core import Corpus, Queries
from dragon.datasets.checks import check_use
from dragon.store import Store
from dragon.teachers import open_teacher
from dragon.teachers.base import Searcher
from dragon.teachers.dragon_labels import DragonLabels, only_labels
from dragon.teachers.shards import SHARD_SIZE, rank_in_shards, ranking_key, which_part
from stages.entry import run


def main(teacher: str, query_set: str, shards: str = "") -> None:
    params = Params.load()
    teachers, layout, depth = params.scale.teachers, params.layout, params.scale.label_depth
    only = which_part(shards) if shards else None
    data, entry = layout.dataset(IN_DOMAIN, params.collection()), params.teacher(teacher)
    check_use(data)
    corpus = Corpus.open(data / "corpus")
    if only_labels(entry):
        _import(params, teacher, query_set, corpus, only)
        return
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


def _import(params: Params, teacher: str, query_set: str, corpus: Corpus, only: tuple[int, int] | None) -> None:
    """Lists that somebody else published for this query set."""
    layout, queries = params.layout, Queries.open(params.layout.queries(query_set))
    file = DragonLabels.load(layout.teacher(teacher)).file(query_set)
    parts = file.parts(queries, corpus, Store.default(), only or (0, 1))
    if parts is None:
        print(
            f"{teacher} {query_set}: its parts of {file.path.name} are there, others are missing; run the other parts"
        )
        return
    facts = {"teacher": teacher, "query_set": query_set}
    counts = file.write(parts, queries, params.scale.label_depth, layout.ranking(query_set, teacher), **facts)
    print(f"{teacher} {query_set}: {len(queries)} queries, {counts}")


if __name__ == "__main__":
    run(main)
