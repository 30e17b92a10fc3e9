"""Latency: what is counted, by a clock that the test winds; and the stage on a small collection."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from dragon import artifacts
from dragon.config import Params, Teacher
from dragon.core import Corpus, Passage, Queries
from dragon.core.queries import Query
from dragon.errors import ConfigError
from dragon.settings import Latency
from dragon.teachers import fit_teacher
from dragon.teachers.cross_encoder import CrossEncoderOptions, CrossEncoderSearcher
from dragon.teachers.hardware import engine, hardware
from dragon.teachers.latency import Cost, candidates, cpu_clock, gpu_clock, measure, sample
from stages import latency as stage

ROOT = Path(__file__).parents[2]
SETTINGS = Latency(query_set="crop", queries=4, batch=2, rounds=2, warmup=1)
BATCHES = [["a", "b"], ["c", "d"]]


def seconds(*walls, gpu=None):
    """A clock whose stopwatches show these walls in turn, ten times as many core seconds, and ``gpu`` times them."""
    left = iter(walls)

    def stop():
        wall = next(left)
        return Cost(wall=wall, cores=10 * wall, gpu=None if gpu is None else gpu * wall)

    return lambda: stop


class Recorded:
    """A searcher that remembers what it was asked."""

    def __init__(self):
        self.asked = []

    def search(self, queries, depth):
        self.asked.append((list(queries), depth))
        docs = np.tile(np.arange(depth, dtype=np.int32), (len(queries), 1))
        return docs, -docs.astype(np.float32)


def test_quartiles_are_per_query_and_leave_the_warm_up_out():
    searcher = Recorded()
    found = measure(searcher, BATCHES, 3, SETTINGS, seconds(90, 80, 2, 4, 6, 8))
    assert found["wall_ms"] == {"median": 2500, "q1": 1750, "q3": 3250}  # of 1, 2, 3 and 4 seconds a query
    assert found["core_ms"] == {"median": 25000, "q1": 17500, "q3": 32500}
    assert (found["gpu_ms"], found["first_stage_wall_ms"]) == (None, None)
    assert searcher.asked == [(texts, 3) for _ in range(3) for texts in BATCHES]


def test_a_gpu_is_counted_where_the_clock_has_one():
    found = measure(Recorded(), BATCHES, 3, SETTINGS, seconds(9, 9, 2, 2, 2, 2, gpu=0.5))
    assert found["gpu_ms"] == {"median": 500, "q1": 500, "q3": 500}


class OddFirst:
    """Scores passages so that odd rows come first."""

    def __init__(self):
        self.scored = []

    def scores(self, queries, docs_QC, threads):
        self.scored.append((list(queries), docs_QC.shape[1]))
        return (docs_QC % 2).astype(np.float32)


def test_a_re_ranker_is_timed_on_candidates_that_are_there():
    first, encoder = Recorded(), OddFirst()
    options = CrossEncoderOptions(first_stage="f", depth=5, threads=1)
    searcher = CrossEncoderSearcher(encoder, first, options)
    clock = seconds(70, 70, 20, 20, 20, 20, 90, 90, 2, 2, 2, 2)
    found = measure(searcher, BATCHES, 3, SETTINGS, clock)
    assert found["first_stage_wall_ms"]["median"] == 10_000
    assert found["wall_ms"] == {"median": 1000, "q1": 1000, "q3": 1000}
    assert first.asked == [(texts, 5) for _ in range(3) for texts in BATCHES]  # never inside the re-ranker's time
    assert encoder.scored == [(texts, 5) for _ in range(3) for texts in BATCHES]


def test_batches_are_spread_over_the_query_set():
    assert sample(SETTINGS, 10, "here") == [[0, 2], [5, 7]]
    rows = sample(Latency(query_set="crop", queries=300, batch=100, rounds=1, warmup=0), 20_196, "here")
    flat = [row for batch in rows for row in batch]
    assert [len(batch) for batch in rows] == [100, 100, 100]
    assert len(set(flat)) == 300 and flat == sorted(flat) and flat[-1] > 20_000


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"queries": 11}, r"here\.queries: found 11, allowed: 1 to 10"),
        ({"batch": 3}, r"here\.batch: found 3, allowed: a divisor of queries \(4\)"),
        ({"rounds": 0}, r"here\.rounds: found 0, allowed: 1 or more"),
        ({"warmup": -1}, r"here\.warmup: found -1, allowed: 0 or more"),
    ],
)
def test_wrong_settings_are_named(change, message):
    settings = {"query_set": "crop", "queries": 4, "batch": 2, "rounds": 2, "warmup": 1, **change}
    with pytest.raises(ConfigError, match=message):
        sample(Latency(**settings), 10, "here")


@pytest.mark.parametrize(
    ("kind", "options", "passages", "expected"),
    [
        ("dense", {"threads": 1}, 7000, 7000),
        ("lucene", {}, 7000, 7000),
        ("late-interaction", {"candidates": 150}, 7000, 150),
        ("late-interaction", {"candidates": 10}, 7000, 50),  # the engine keeps as many as it returns
        ("late-interaction", {"candidates": None}, 7000, 7000),
        ("cross-encoder", {"depth": 1000}, 7000, 1000),
        ("cross-encoder", {"depth": 1000}, 400, 400),
    ],
)
def test_candidates_of_every_kind(kind, options, passages, expected):
    entry = Teacher(kind=kind, encoder="", stands_for="", options={"engine": options})
    assert candidates(entry, passages, 50) == expected


def test_the_cpu_clock_reads_wall_and_core_time(monkeypatch):
    for name, times in (("perf_counter", [10.0, 12.5]), ("process_time", [1.0, 5.0])):
        monkeypatch.setattr(f"dragon.teachers.latency.time.{name}", iter(times).__next__)
    assert cpu_clock()() == Cost(wall=2.5, cores=4.0, gpu=None)


def test_the_gpu_clock_waits_for_the_device(monkeypatch):
    told = []

    class Event:
        def __init__(self, enable_timing):
            assert enable_timing

        def record(self):
            told.append("record")

        def elapsed_time(self, other):
            return 250.0

    monkeypatch.setattr(torch.cuda, "Event", Event)
    monkeypatch.setattr(torch.cuda, "synchronize", lambda: told.append("wait"))
    stop = gpu_clock()
    assert told == ["wait", "record"]
    assert stop().gpu == 0.25
    assert told == ["wait", "record", "record", "wait"]


def test_the_machine_and_the_library_in_words(tmp_path):
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text("processor\t: 0\nmodel name\t: Some CPU @ 3.00GHz\nprocessor\t: 1\nmodel name\t: Other\n")
    assert hardware(False, cpuinfo).startswith("Some CPU @ 3.00GHz, ")
    assert hardware(False, tmp_path / "absent").split(", ")[1].endswith(("core", "cores"))
    assert engine("lucene").startswith("Anserini 1.")
    assert engine("dense").startswith("faiss-")


def test_the_stage_writes_what_table_6_reads(tmp_path, monkeypatch, capsys):
    for name in ("params.yaml", "scales"):
        (tmp_path / name).symlink_to(ROOT / name)
    monkeypatch.chdir(tmp_path)
    params = Params.load()
    layout, settings = params.layout, params.scale.latency
    with artifacts.folder(layout.teacher("unicoil"), {"kind": "teacher"}) as part:
        fit_teacher(params.scale.teachers, "unicoil", layout, None).save(part)
    passages = [Passage(str(i), "", f"passage {word}") for i, word in enumerate(["one", "two", "three"])]
    Corpus.write(layout.dataset("in-domain", params.collection()) / "corpus", passages)
    Queries.write(layout.queries(settings.query_set), [Query(str(i), "two") for i in range(settings.queries)])
    monkeypatch.setattr(stage, "cpu_clock", lambda: lambda: Cost(wall=0.5, cores=1.0, gpu=None))
    stage.main("unicoil")
    found = json.loads(layout.quality("latency-unicoil").read_text())
    each = 1000 / settings.batch
    assert found["wall_ms"] == pytest.approx({"median": each / 2, "q1": each / 2, "q3": each / 2})
    assert found["core_ms"]["median"] == pytest.approx(each)
    assert (found["teacher"], found["candidates"], found["gpu_ms"]) == ("unicoil", 3, None)
    engine_threads = params.teacher("unicoil").options["engine"]["threads"]
    assert (found["threads"], found["batch"], found["queries"]) == (engine_threads, settings.batch, settings.queries)
    assert f"{each / 2:.3f} wall_ms" in capsys.readouterr().out
