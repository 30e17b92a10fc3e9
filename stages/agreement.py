"""Compare a teacher's lists with those that the authors published: `python -m stages.agreement contriever crop`.

A seeded sample of the query set is compared, so the teacher need not have ranked the whole set: what it has not is
ranked for the sample alone. Prints every teacher that was compared so far on this query set.
"""

import tempfile
from pathlib import Path

import numpy as np

from dragon import artifacts
from dragon.config import IN_DOMAIN, Params
from dragon.core import Corpus, Queries, RankedLists
from dragon.errors import ConfigError
from dragon.imports import user_file
from dragon.releases import Releases
from dragon.reporting.markdown import points, table
from dragon.store import Store
from dragon.teachers import open_teacher
from dragon.teachers.agreement import Sampled, agreement, sample_rows, their_lists
from dragon.teachers.dragon_labels import only_labels
from dragon.teachers.shards import SHARD_SIZE, rank_in_shards, ranking_key
from stages.entry import run

SHOWN = ("overlap@10", "overlap@46-50", "first", "negatives_in_50")


def main(teacher: str, query_set: str) -> None:
    params = Params.load()
    path, settings = _theirs(params, teacher, query_set), params.scale.agreement
    queries = Queries.open(params.layout.queries(query_set))
    rows = sample_rows(len(queries), settings.queries, settings.seed)
    asked = Sampled.of(queries, rows.tolist())
    corpus = Corpus.open(params.layout.dataset(IN_DOMAIN, params.collection()) / "corpus")
    theirs, counts = their_lists(path, asked, corpus)
    found = agreement(_ours(params, teacher, query_set, rows, asked, corpus), theirs)
    facts = {"teacher": teacher, "query_set": query_set, "sample": len(rows), "seed": settings.seed}
    artifacts.write_json(
        params.layout.quality(f"agreement-{query_set}-{teacher}"), {**facts, **found, "file": counts.facts()}
    )
    print("\n".join(_table(params, query_set)))
    print(f"{teacher} {query_set}: {path.name}: {counts}")


def _theirs(params: Params, teacher: str, query_set: str) -> Path:
    """The authors' file; whatever cannot be compared is said before anything is read."""
    where = f"scales/{params.scale_name}.yaml"
    if only_labels(params.teacher(teacher)):
        raise ConfigError(f"{where}: teachers.{teacher}: found the authors' labels themselves, allowed: a retriever")
    if params.scale.agreement is None:
        raise ConfigError(f"{where}: missing agreement; add `agreement: {{queries: <how many>, seed: <number>}}`")
    releases = Releases.load()
    file = releases.label_file(teacher, query_set)
    try:
        return user_file(file.local, f"labels of {teacher} over {query_set}")
    except ConfigError as error:
        raise ConfigError(f"{error}; {releases.advice(file)}") from None


def _ours(params: Params, teacher: str, query_set: str, rows: np.ndarray, asked: Sampled, corpus: Corpus) -> np.ndarray:
    """Our lists of the sample: those of the whole set where the teacher ranked it, else ranked now."""
    whole = params.layout.ranking(query_set, teacher)
    if (whole / artifacts.META).exists():
        return np.asarray(RankedLists.open(whole).docs_QK[rows])
    teachers, layout, depth = params.scale.teachers, params.layout, params.scale.label_depth
    key = ranking_key(teachers, teacher, layout, corpus)
    with tempfile.TemporaryDirectory(prefix="dragon-index-") as work:
        opened = lambda: open_teacher(teachers, teacher, layout, corpus, Path(work))  # noqa: E731 - called at most once
        return rank_in_shards(opened, asked.texts, depth, Store.default(), key, SHARD_SIZE).docs_QK


def _table(params: Params, query_set: str) -> list[str]:
    """One line a teacher, in the order of the scale."""
    paths = {name: params.layout.quality(f"agreement-{query_set}-{name}") for name in params.scale.teachers}
    found = {name: artifacts.read_json(path) for name, path in paths.items() if path.exists()}
    rows = [[name, *(points(one[key]) for key in SHOWN), str(one["queries"])] for name, one in found.items()]
    return table([f"Teacher ({query_set})", *SHOWN, "queries"], rows)


if __name__ == "__main__":
    run(main)
