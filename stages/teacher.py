"""Fit a teacher's encoder on in-domain text: `python -m stages.teacher unicoil`."""

import time

from dragon import artifacts
from dragon.config import IN_DOMAIN, Params
from dragon.core import Corpus, Qrels, Queries
from dragon.models.encoder import FitData
from dragon.teachers import fit_teacher
from stages.entry import run


def main(teacher: str) -> None:
    params = Params.load()
    entry, folder = params.teacher(teacher), params.layout.dataset(IN_DOMAIN, params.collection())
    train = Queries.open(folder / "queries" / "train"), Qrels.read(folder / "qrels" / "train.trec")
    start = time.perf_counter()
    data = FitData(Corpus.open(folder / "corpus"), *train)
    encoder = fit_teacher(params.scale.teachers, teacher, params.layout, data)
    meta = {"kind": "teacher", "engine": entry.kind, "encoder": entry.encoder, "stands_for": entry.stands_for}
    with artifacts.folder(params.layout.teacher(teacher), meta) as part:
        encoder.save(part)
    print(f"{teacher}: {entry.encoder} fitted in {time.perf_counter() - start:.1f} s ({entry.stands_for})")


if __name__ == "__main__":
    run(main)
