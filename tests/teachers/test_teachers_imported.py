"""Run files of other engines as a teacher: ids to rows, what does not fit, and the way through the teachers' door."""

from pathlib import Path

import numpy as np
import pytest

from dragon import artifacts
from dragon.artifacts import Layout
from dragon.config import Teacher
from dragon.core import Corpus, Passage, Queries, Run
from dragon.core.queries import Query
from dragon.errors import ArtifactError, ConfigError
from dragon.imports import user_file
from dragon.store import Store
from dragon.teachers import fit_teacher, open_teacher
from dragon.teachers.imported import imported
from dragon.teachers.shards import rank_in_shards, ranking_key

LAYOUT = Layout("local")
DL19 = "q1 Q0 c 1 3 t\nq1 Q0 a 2 2.5 t\nq2 Q0 outside 1 9 t\nq2 Q0 b 2 8 t\nq2 Q0 a 3 7 t\n"
CROP = "x0 Q0 b 1 .5 t\n"


def test_ids_become_rows_short_lists_are_padded_and_the_unknown_is_counted():
    run = Run(
        {"q2": [("z", 9.0), ("b", 8.0), ("y", 7.5), ("a", 7.0), ("c", 1.0)], "q9": [("x", 1.0)], "q1": [("c", 3.0)]}
    )
    lists, report = imported(run, ["q1", "q0", "q2"], ["a", "b", "c"], 2)
    assert lists.docs_QK.tolist() == [[2, -1], [-1, -1], [1, 0]]
    assert lists.scores_QK.tolist() == [[3.0, -np.inf], [-np.inf, -np.inf], [8.0, 7.0]]
    assert (lists.docs_QK.dtype, lists.scores_QK.dtype) == (np.int32, np.float32)
    lists.check("here")
    assert report.facts() == {
        "queries": 3,
        "queries_without_results": 1,
        "unknown_queries": {"count": 1, "first": ["q9"]},
        "unknown_documents": {"count": 2, "first": ["z", "y"]},  # q9's document is not looked at
        "results_left_out": 2,
    }
    assert not report.clean
    assert str(report) == "3 queries, 1 without results, 1 unknown queries (q9), 2 unknown documents (z, y)"


def test_only_the_first_five_unknown_ids_are_named():
    names = [f"d{i}" for i in range(7)]
    run = Run({"q": [(name, -float(i)) for i, name in enumerate(names)], "p": [("d0", 1.0)]})
    _, report = imported(run, ["q", "p"], [], 3)
    assert report.facts()["unknown_documents"] == {"count": 7, "first": names[:5]}
    assert "7 unknown documents (d0, d1, d2, d3, d4, ...)" in str(report)
    assert report.facts()["results_left_out"] == 8


def test_equal_scores_keep_the_order_of_the_run():
    run = Run({"q": [("b", 1.0), ("c", 1.0), ("a", 1.0)]})
    assert imported(run, ["q"], ["a", "b", "c"], 3)[0].docs_QK.tolist() == [[1, 2, 0]]


def _entry(runs, on_unknown="count"):
    options = {"encoder": {"runs": runs}, "engine": {"on_unknown": on_unknown}}
    return Teacher(kind="import", encoder="run-files", stands_for="a real system", options=options)


@pytest.fixture
def world(tmp_path, monkeypatch):
    """A collection with two splits and a query set in a scale's layout; run files below DRAGON_DATA and beside."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DRAGON_DATA", str(tmp_path / "data"))
    folder = LAYOUT.dataset("in-domain", "pool")
    passages = [Passage(name, "", f"text {name}") for name in "abc"]
    with artifacts.folder(folder, {"kind": "dataset"}) as part:
        Corpus.write(part / "corpus", passages)
        Queries.write(part / "queries" / "dl19", [Query("q1", "first"), Query("q2", "second"), Query("q3", "third")])
        Queries.write(part / "queries" / "dl20", [Query("p1", "first"), Query("p2", "fourth")])
    Queries.write(LAYOUT.queries("crop"), [Query("x0", "cropped"), Query("x1", "also cropped")])
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "dl19.trec").write_text(DL19)
    (tmp_path / "crop.trec").write_text(CROP)
    (tmp_path / "dl20.trec").write_text("p2 Q0 a 1 1 t\n")
    return Corpus.open(folder / "corpus")


RUNS = {"in-domain/pool/dl19": "dl19.trec", "crop": "crop.trec"}


def _fitted(entry):
    encoder = fit_teacher({"real": entry}, "real", LAYOUT, None)
    with artifacts.folder(LAYOUT.teacher("real"), {"kind": "teacher"}) as part:
        encoder.save(part)


def _opened(entry, corpus, work):
    _fitted(entry)
    return open_teacher({"real": entry}, "real", LAYOUT, corpus, work)


def test_an_imported_teacher_answers_the_queries_of_its_runs(world, tmp_path, capsys):
    searcher = _opened(_entry(RUNS), world, tmp_path / "work")
    docs, scores = searcher.search(["second", "first", "third", "also cropped", "cropped"], 3)
    assert docs.tolist() == [[1, 0, -1], [2, 0, -1], [-1] * 3, [-1] * 3, [1, -1, -1]]
    assert scores[0].tolist() == [8.0, 7.0, -np.inf]
    assert searcher.search(["second"], 1)[0].tolist() == [[1]]
    said = capsys.readouterr().err
    assert "import: in-domain/pool/dl19: 3 queries, 1 without results, 1 unknown documents (outside)" in said
    assert "crop:" not in said  # nothing unknown there
    assert searcher.reports["crop"].queries_without_results == 1


def test_of_queries_with_one_text_the_first_with_results_counts(world, tmp_path):
    searcher = _opened(_entry({**RUNS, "in-domain/pool/dl20": "dl20.trec"}), world, tmp_path / "work")
    assert searcher.search(["first", "fourth"], 2)[0].tolist() == [[2, 0], [0, -1]]
    (tmp_path / "dl20.trec").write_text("p1 Q0 b 1 1 t\n")
    swapped = {"in-domain/pool/dl20": "dl20.trec", **RUNS}
    searcher = _opened(_entry(swapped), world, tmp_path / "again")
    assert searcher.search(["first"], 2)[0].tolist() == [[1, -1]]


def test_ranking_goes_through_the_same_shards(world, tmp_path):
    entry = _entry(RUNS)
    _fitted(entry)
    key = ranking_key({"real": entry}, "real", LAYOUT, world)

    def search():
        return open_teacher({"real": entry}, "real", LAYOUT, world, tmp_path / "work")

    lists = rank_in_shards(search, ["cropped", "also cropped"], 2, Store(tmp_path / "store"), key, 1)
    assert lists.docs_QK.tolist() == [[1, -1], [-1, -1]]
    (tmp_path / "crop.trec").write_text("x0 Q0 c 1 .5 t\n")
    _fitted(entry)
    assert ranking_key({"real": entry}, "real", LAYOUT, world) != key


def test_a_run_file_that_changes_or_goes_is_refused(world, tmp_path):
    _fitted(_entry(RUNS))
    path = tmp_path / "crop.trec"
    path.write_text(CROP + CROP.replace("x0", "x1"))
    with pytest.raises(ArtifactError, match=r"crop\.trec: changed since it was imported"):
        open_teacher({"real": _entry(RUNS)}, "real", LAYOUT, world, tmp_path / "work")
    path.unlink()
    with pytest.raises(ConfigError, match=r"runs\.crop: found 'crop\.trec', but there is no file"):
        open_teacher({"real": _entry(RUNS)}, "real", LAYOUT, world, tmp_path / "work2")


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        (
            _entry(RUNS, "error"),
            r"teachers.real: options.encoder.runs.in-domain/pool/dl19: .*unknown documents \(outside\)",
        ),
        (_entry(RUNS, "ignore"), r"options.engine.on_unknown: found 'ignore', allowed: count, error"),
        (_entry({"zero-shot/other/test": "crop.trec"}), r"none for in-domain/pool/<split>"),
        (
            _entry({"in-domain/pool": "crop.trec"}),
            r"found 'in-domain/pool', allowed: <suite>/<dataset>/<split>, <query",
        ),
        (
            _entry({"crop": "nowhere.trec"}),
            r"runs.crop: found 'nowhere.trec', but there is no file nowhere.trec and .*data/now",
        ),
        (
            _entry({"crop": "dl19.trec"}),
            r"runs.crop: 2 queries, 2 without results, 2 unknown queries \(q1, q2\); allowed: a run",
        ),
        (_entry({"in-domain/pool/dl21": "crop.trec"}), r"queries/dl21: not there"),
    ],
)
def test_wrong_entries_are_named(world, tmp_path, entry, message):
    with pytest.raises((ConfigError, ArtifactError), match=message):
        _opened(entry, world, tmp_path / "work")


def test_a_file_that_is_no_run_is_refused_when_it_is_imported(world, tmp_path):
    (tmp_path / "crop.trec").write_text("x0 Q0 b 1 .5 t\nx0 Q0 b 2 .4 t\n")
    with pytest.raises(ArtifactError, match=r"crop\.trec:2: query x0: document 'b' stands twice"):
        _fitted(_entry(RUNS))


def test_a_query_that_no_run_ranks_and_a_first_stage_are_refused(world, tmp_path):
    searcher = _opened(_entry({"crop": "crop.trec"}), world, tmp_path / "work")
    with pytest.raises(
        ConfigError, match=r"teachers\.real: options\.encoder\.runs: found crop, but no run for the query 'second'"
    ):
        searcher.search(["cropped", "second"], 2)
    again = _entry(RUNS)
    again.options["engine"]["first_stage"] = "real"
    with pytest.raises(ConfigError, match="circle"):
        _opened(again, world, tmp_path / "work2")


def test_the_hint_names_dragon_data_where_it_is_not_set(world, monkeypatch):
    monkeypatch.delenv("DRAGON_DATA")
    with pytest.raises(ConfigError, match=r"no file dl19.trec; DRAGON_DATA is not set"):
        _fitted(_entry(RUNS))


def test_a_temporary_copy_finds_files_of_the_checkout(world, tmp_path, monkeypatch):
    copy = tmp_path / ".dvc" / "tmp" / "exps" / "standalone"
    copy.mkdir(parents=True)
    monkeypatch.chdir(copy)
    assert user_file("crop.trec", "here") == tmp_path / "crop.trec"
    (copy / "crop.trec").write_text(CROP)
    assert user_file("crop.trec", "here") == Path("crop.trec")
    monkeypatch.setenv("DRAGON_DATA", "data")  # relative to the checkout
    assert user_file("dl19.trec", "here") == tmp_path / "data" / "dl19.trec"
