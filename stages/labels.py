"""Join teachers' lists over one query set into a pool: `python -m stages.labels crop/pilot`."""

from dragon.config import Params
from dragon.core import LabelStore
from dragon.queries.mixture import MIXTURE, alternatives
from dragon.registry import unknown
from stages.entry import run


def main(labels: str) -> None:
    params = Params.load()
    query_set, _, name = labels.partition("/")
    if name not in params.pools:
        raise unknown("params.yaml: pools", name, params.pools)
    pool = params.pools[name]
    folders = {teacher: params.layout.ranking(query_set, teacher) for teacher in pool.teachers}
    source = params.scale.query_sets.get(query_set)
    each = alternatives(params.layout.queries(query_set)) if source and source.kind == MIXTURE else 1
    store = LabelStore.write(params.layout.labels(labels), query_set, folders, pool.shuffle, each)
    print(f"{labels}: {len(store.members)} teachers x {len(store)} queries")


if __name__ == "__main__":
    run(main)
