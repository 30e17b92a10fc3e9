"""Make a query set from the in-domain collection: `python -m stages.queries crop`."""

from collections.abc import Mapping
from typing import Any

from dragon.config import IN_DOMAIN, Params
from dragon.core import Corpus, Qrels, Queries
from dragon.datasets.checks import check_use
from dragon.queries import Generator, augment
from dragon.registry import unknown
from stages.entry import run

TRAIN = "train"


def main(query_set: str) -> None:
    params = Params.load()
    layout, sets = params.layout, params.scale.query_sets
    if query_set not in sets:
        raise unknown(f"scales/{params.scale_name}.yaml: query_sets", query_set, sets)
    source = sets[query_set]
    of = source.options.get("of")
    mixed = [name for name in sets if isinstance(of, list) and name in of]
    folder = layout.dataset(IN_DOMAIN, params.collection())
    check_use(folder)
    made = augment(
        source.kind,
        source.options,
        Corpus.open(folder / "corpus"),
        Queries.open(folder / "queries" / TRAIN),
        Qrels.read(folder / "qrels" / f"{TRAIN}.trec"),
        {name: Queries.open(layout.queries(name)) for name in mixed},
        _open_generator,
    )
    facts = {"source": source.kind, "name": query_set, "report": made.report}
    queries = Queries.write(layout.queries(query_set), made.queries, made.arrays, **facts)
    counts = ", ".join(f"{key} {value}" for key, value in made.report.items() if isinstance(value, int))
    print(f"{query_set}: {len(queries)} queries ({counts})")


def _open_generator(options: Mapping[str, Any], where: str) -> Generator:
    from dragon.models.query_generation import open_generator  # here: most query sets need no torch

    return open_generator(options, where)


if __name__ == "__main__":
    run(main)
