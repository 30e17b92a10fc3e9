import json
from pathlib import Path

import pytest

from dragon.artifacts import Layout
from dragon.config import read_yaml
from dragon.core import Corpus, Qrels, Queries
from dragon.datasets import materialise
from dragon.errors import ArtifactError, ConfigError

ROOT = Path(__file__).parents[2]
LAYOUT = Layout("mini")
OPTIONS = {
    "packages": ["demo-docs"],
    "role": "in-domain",
    "passages": 100,
    "chunk_words": 6,
    "chunk_min_words": 2,
    "chunks_per_object": 2,
    "document_min_words": 4,
    "summary_words": [3, 6],
    "max_relevant": 3,
    "queries": {"dev": 3, "train": 100},
    "see_also_min": 1,
    "seed": 5,
    "expect": None,
}


def function(name, summary, body, see_also=""):
    section = f"\n\n    See Also\n    --------\n    {see_also}\n" if see_also else ""
    return f'def {name}():\n    """{summary}\n\n    {body}{section}\n    """\n'


def numbered(prefix, count):
    return " ".join(f"{prefix}{i}" for i in range(count))


@pytest.fixture
def demo(install):
    """Ten functions with three-chunk bodies, and one object for every rule."""
    parts = [
        function(f"f{i}", f"Make thing number {i}.", numbered(f"w{i}x", 14), f"f{(i + 1) % 10}") for i in range(10)
    ]
    parts += [
        function("short", "Too short here.", "three words only"),
        function("wordy", "A summary that has far too many words here.", numbered("long", 6)),
        function("same_a", "Return the same.", numbered("alpha", 6)),
        function("same_b", "return the same", numbered("beta", 6)),
        function("copy_a", "First of two copies.", numbered("copied", 6)),
        function("copy_b", "Second of two copies.", numbered("copied", 6)),
        *(function(f"many{i}", "Return self at last.", numbered(f"m{i}x", 6)) for i in range(4)),
    ]
    install("demo-docs", "1.0", {"demo_docs/a.py": "".join(parts), "demo_docs/b.py": "def (:"})


def make(folder=Path("made"), **options):
    return materialise("pydocs", "demo", {**OPTIONS, **options}, folder, LAYOUT)


def test_passages_are_the_first_chunks_of_the_body(demo):
    make()
    texts = {passage.doc_id: passage.text for passage in Corpus.open(Path("made/corpus"))}
    assert texts["demo_docs.a.f3#0"] == "w3x0 w3x1 w3x2 w3x3 w3x4 w3x5"
    assert texts["demo_docs.a.f3#1"] == "w3x6 w3x7 w3x8 w3x9 w3x10 w3x11"
    assert "demo_docs.a.f3#2" not in texts
    assert texts["demo_docs.a.short#0"] == "Too short here. three words only"
    assert not any("Make thing number" in text for text in texts.values())
    assert len(set(texts.values())) == len(texts)


def test_splits_share_no_query_and_judge_own_passages(demo):
    facts = make()
    sets = {split: Queries.open(Path(f"made/queries/{split}")) for split in ("dev", "train", "see-also")}
    assert facts["queries"] == {split: len(queries) for split, queries in sets.items()}
    assert len(sets["dev"]) == 3
    assert not set(sets["dev"].texts) & set(sets["train"].texts)
    assert not set(sets["see-also"].texts) & set(sets["train"].texts)
    grades = {**Qrels.read(Path("made/qrels/dev.trec")).grades, **Qrels.read(Path("made/qrels/train.trec")).grades}
    assert grades["demo_docs.a.f4"] == {"demo_docs.a.f4#0": 1, "demo_docs.a.f4#1": 1}
    for split, queries in sets.items():
        assert set(Qrels.read(Path(f"made/qrels/{split}.trec")).grades) == set(queries.ids)


def test_merged_shared_and_dropped_summaries_are_counted(demo):
    report = make()["report"]
    grades = {**Qrels.read(Path("made/qrels/dev.trec")).grades, **Qrels.read(Path("made/qrels/train.trec")).grades}
    merged = next(docs for name, docs in grades.items() if "same_" in name)
    assert set(merged) == {"demo_docs.a.same_a#0", "demo_docs.a.same_b#0"}
    assert grades["demo_docs.a.copy_a"] == grades["demo_docs.a.copy_b"]  # one text, indexed once, relevant to both
    assert not any("many" in name or "wordy" in name or "short" in name for name in grades)
    assert (report["files"], report["files_unreadable"], report["objects"]) == (2, 1, 20)
    assert (report["summaries_merged"], report["summaries_too_many_relevant"]) == (1 + 3, 1)
    assert (report["objects_without_query"], report["duplicate_passages"]) == (2, 1)


def test_see_also_judges_the_named_objects(demo):
    make()
    grades = Qrels.read(Path("made/qrels/see-also.trec")).grades
    for name, docs in grades.items():
        following = f"demo_docs.a.f{(int(name[-1]) + 1) % 10}"
        assert set(docs) == {f"{following}#0", f"{following}#1"}


def test_too_few_see_also_queries_are_not_written_and_that_is_said(demo):
    facts = make(see_also_min=50)
    assert "see-also" not in facts["queries"]
    assert facts["report"]["see_also_written"] == 0


def test_the_limit_is_met_exactly(demo):
    assert make(passages=7)["passages"] == len(Corpus.open(Path("made/corpus"))) == 7


def test_twice_the_same_and_the_seed_matters(demo):
    first, again = make(Path("one")), make(Path("two"))
    assert first == again
    assert json.loads(Path("one/meta.json").read_text()) == json.loads(Path("two/meta.json").read_text())
    assert make(Path("three"), seed=6)["sha256"] != first["sha256"]


def test_what_is_expected_passes_and_what_is_not_is_named(demo):
    found = make()
    expect = {key: found[key] for key in ("passages", "queries", "sha256")}
    make(expect=expect)
    with pytest.raises(ArtifactError) as error:
        make(expect={**expect, "passages": 99, "sha256": "0" * 64})
    assert f"passages: found {found['passages']}, expected 99" in str(error.value)
    assert f"sha256: found {found['sha256']}, expected 000" in str(error.value)


def test_a_modified_file_is_named_and_nothing_is_written(demo):
    found = make()
    file = Path("site/demo_docs/a.py")
    file.write_text(file.read_text().replace("w3x0", "edited"))
    with pytest.raises(ArtifactError, match=r"modified since installation: demo_docs/a\.py"):
        make(Path("other"), expect={key: found[key] for key in ("passages", "queries", "sha256")})
    assert not Path("other").exists()


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"queries": {"test": 5}}, "dev"),
        ({"summary_words": [9, 3]}, "summary_words"),
        ({"passages": 0}, "passages"),
        ({"chunk_word": 5}, "chunk_words"),
        ({"role": "indomain"}, "in-domain"),
    ],
)
def test_wrong_options_are_named(demo, options, named):
    with pytest.raises(ConfigError, match=named):
        make(**options)


def test_unknown_kinds_are_named():
    with pytest.raises(ConfigError, match="did you mean 'pydocs'"):
        materialise("pydoc", "demo", {}, Path("made"), LAYOUT)


def test_the_scale_file_states_what_a_pinned_package_gives(tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)
    options = read_yaml(Path("scales/mini.yaml"))["suites"]["zero-shot"]["datasets"]["networkx"]["options"]
    assert options["expect"]
    made = materialise("pydocs", "networkx", options, tmp_path / "made", LAYOUT)
    assert made["sha256"] == options["expect"]["sha256"]
