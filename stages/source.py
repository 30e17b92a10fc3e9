"""The passage each query was made from, as a teacher (the cropping control): `python -m stages.source crop`."""

import numpy as np

from dragon.config import Params
from dragon.core import Queries, RankedLists
from stages.entry import run


def main(query_set: str) -> None:
    layout = Params.load().layout
    queries = Queries.open(layout.queries(query_set))
    docs = np.asarray(queries.source_rows)[:, None]
    lists = RankedLists(docs, np.where(docs >= 0, 1.0, -np.inf).astype(np.float32))
    lists.write(layout.ranking(query_set, "source"), teacher="source", query_set=query_set)


if __name__ == "__main__":
    run(main)
