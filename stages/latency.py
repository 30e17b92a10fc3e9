"""What a teacher takes to label a query (Table 6, Appendix A.4): `python -m stages.latency unicoil`."""

import tempfile
from pathlib import Path
from typing import Any

from dragon import artifacts
from dragon.config import IN_DOMAIN, Params
from dragon.core import Corpus, Queries
from dragon.registry import unknown
from dragon.teachers import chain, open_teacher
from dragon.teachers.hardware import engine, hardware
from dragon.teachers.latency import candidates, cpu_clock, gpu_clock, measure, sample
from stages.entry import run


def main(teacher: str) -> None:
    params = Params.load()
    entry, settings, where = params.teacher(teacher), params.scale.latency, f"scales/{params.scale_name}.yaml: latency"
    if settings.query_set not in params.scale.query_sets:
        raise unknown(f"{where}.query_set", settings.query_set, params.scale.query_sets)
    texts = Queries.open(params.layout.queries(settings.query_set)).texts
    batches = [[texts[row] for row in rows] for rows in sample(settings, len(texts), where)]
    corpus = Corpus.open(params.layout.dataset(IN_DOMAIN, params.collection()) / "corpus")
    gpu = any(
        _engine(params, stage).get("gpu", False) for stage in chain(params.scale.teachers, teacher, params.layout)
    )
    depth = params.scale.label_depth
    facts = {"teacher": teacher, "candidates": candidates(entry, len(corpus), depth)}
    with tempfile.TemporaryDirectory(prefix="dragon-index-") as work:
        searcher = open_teacher(params.scale.teachers, teacher, params.layout, corpus, Path(work))
        facts |= measure(searcher, batches, depth, settings, gpu_clock if gpu else cpu_clock)
    facts |= {"depth": depth, "batch": settings.batch, "threads": _engine(params, teacher).get("threads")}
    facts |= {"query_set": settings.query_set, "queries": settings.queries}
    facts |= {"rounds": settings.rounds, "warmup": settings.warmup}
    facts |= {"hardware": hardware(gpu), "engine": engine(entry.kind)}
    artifacts.write_json(params.layout.quality(f"latency-{teacher}"), facts)
    shown = {name: facts[name]["median"] for name in ("wall_ms", "core_ms", "gpu_ms") if facts[name]}
    print(f"{teacher}: a query takes " + ", ".join(f"{value:.3f} {name}" for name, value in shown.items()))


def _engine(params: Params, teacher: str) -> dict[str, Any]:
    return params.teacher(teacher).options.get("engine", {})


if __name__ == "__main__":
    run(main)
