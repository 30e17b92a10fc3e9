"""A checkout with a few evaluated systems, made from nothing: what the tests of the report read."""

import shutil
from pathlib import Path

import numpy as np

from dragon import artifacts
from dragon.config import Params, resolved
from dragon.core import Corpus, LabelStore, Passage, Qrels, Queries, RankedLists, Run
from dragon.evaluation.suites import evaluate_suite

ROOT = Path(__file__).parents[2]
PARAMS = Params.load(ROOT)
RUN_KEYS = {"progressive": "aaaa1111", "student": "bbbb2222"}
IN_PASSAGE, IN_QUERY = "<script>alert('passage')</script>", "<script>alert('query')</script>"
QUERIES = 6


def checkout(folder):
    """Copy the specs and settings to a folder, nothing built."""
    for name in ("params.yaml", "scales", "reports"):
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, folder / name)
    shutil.rmtree(folder / "reports" / "built", ignore_errors=True)
    return folder


def evaluated(system, better=0):
    """Metric, run and per-query files in the working folder: query i finds its document at rank i + 1 - better."""
    for name, suite in PARAMS.scale.suites.items():
        tests = {}
        for test in suite.tests:
            path = PARAMS.layout.runs(system, name) / f"{test}.trec.gz"
            ranks = {f"q{i}": max(1, i + 1 - better) for i in range(QUERIES)}
            run = Run({q: [("gold" if r == rank else f"d{r}", -r) for r in range(1, 8)] for q, rank in ranks.items()})
            run.write(path, system)
            tests[test] = (run, Qrels({query: {"gold": 1} for query in ranks}), path)
        facts = {"evidence": "L3", "training_queries": 100 + better}
        facts |= {"run_key": RUN_KEYS[system]} if system in RUN_KEYS else {}
        table = evaluate_suite(system, name, tests, suite.measures, suite.mean_of, facts)
        table.write(PARAMS.layout.metrics(system, name))


def trained(name, *keys):
    """A student's checkpoint in the working folder, with the keys of its iterations."""
    experiment = PARAMS.experiment(name)
    facts = [{"number": n, "sources": list(experiment.trajectory[:n]), "key": key} for n, key in enumerate(keys, 1)]
    folder = PARAMS.layout.checkpoint(name)
    with artifacts.folder(folder, {"experiment": resolved(experiment), "iterations": facts}) as part:
        (part / "weights").write_text(name)


def collected():
    """A collection, its queries and labels in the working folder, for Figure 4; texts hold markup."""
    layout, generator = PARAMS.layout, np.random.Generator(np.random.Philox(1))
    texts = [f"passage {i} about sorting {IN_PASSAGE} & more" for i in range(12)]
    passages = [Passage(f"d{i}", "", text) for i, text in enumerate(texts)]
    Corpus.write(layout.dataset("in-domain", PARAMS.collection()) / "corpus", passages)
    for name in ("crop", "genq"):
        Queries.write(layout.queries(name), [(f"{name}{i}", f"sorting {i} {IN_QUERY}", i // 2) for i in range(24)])
        folders = {teacher: layout.ranking(name, teacher) for teacher in PARAMS.pools["full"].teachers}
        for folder in folders.values():
            docs_QK = np.stack([generator.permutation(12) for _ in range(24)]).astype(np.int32)
            RankedLists(docs_QK, np.tile(-np.arange(12, dtype=np.float32), (24, 1))).write(folder)
        LabelStore.write(layout.labels(f"{name}/full"), name, folders)
