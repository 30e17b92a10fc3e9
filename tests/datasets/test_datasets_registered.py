"""Named collections in their real layouts: what is read of each, and what is refused."""

from pathlib import Path

import pytest
from tiny_collections import BEIR, FILES, RAW, ROWS, split, write_registry

from dragon import artifacts
from dragon.artifacts import Layout
from dragon.core import Corpus, Qrels, Queries
from dragon.datasets import gated, materialise, registered
from dragon.errors import ArtifactError, ConfigError


@pytest.fixture
def cached(tmp_path, monkeypatch):
    """Every file is in the cache already, and the network is not allowed."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("IR_DATASETS_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("DRAGON_DOWNLOAD", raising=False)
    write_registry(tmp_path, lambda name: f"http://nowhere.invalid/{name}")
    (tmp_path / "home" / "tiny").mkdir(parents=True)
    for name, data in FILES.items():
        (tmp_path / "home" / "tiny" / name).write_bytes(data)
    return tmp_path


def make(options, kind="registered"):
    facts = materialise(kind, "tiny", options, Path("made"), Layout("paper"))
    return facts, Path("made")


def passages(folder):
    return list(map(tuple, Corpus.open(folder / "corpus")))


def asked(folder, split):
    queries = Queries.open(folder / "queries" / split)
    return dict(zip(queries.ids, queries.texts, strict=True))


def test_ms_marco_is_read_raw_with_all_its_splits(cached):
    facts, folder = make({"collection": "msmarco", "splits": ["dev", "dl19", "train"], "text": "raw"})
    assert passages(folder) == [("0", "", "first passage"), ("1", "", RAW), ("2", "", "third passage")]
    assert asked(folder, "dev") == {"7": "is it open?"}
    assert asked(folder, "dl19") == {"5": "third?"}  # those with judgments
    assert asked(folder, "train") == {"1": "first?", "2": "nobody judged this"}  # all of them
    assert Qrels.read(folder / "qrels" / "dl19.trec").grades == {"5": {"2": 3, "0": 0}}
    assert Qrels.read(folder / "qrels" / "train.trec").grades == {"1": {"0": 1, "2": 1}}
    assert facts["judgments"] == {"dev": 1, "dl19": 2, "train": 2} and facts["text"] == "raw"
    assert set(facts["read"]) == {
        "corpus",
        *(f"{part}/{s}" for s in facts["queries"] for part in ("queries", "qrels")),
    }


def test_ms_marco_can_be_read_repaired(cached):
    _, folder = make({"collection": "msmarco", "splits": ["dev"], "text": "fixed"})
    assert [text for _, _, text in passages(folder)] == ["first passage", "the caf\u00e9 is closed", "third passage"]


def test_a_beir_zip_gives_judged_queries_titles_and_its_rule(cached):
    facts, folder = make({"collection": "stones", "splits": ["test"], "title_separator": " [SEP] "})
    assert passages(folder) == [("a", "Rivers", "Water runs."), ("b", "", "Stones stay.")]
    assert asked(folder, "test") == {"a": "what runs?"}
    meta = artifacts.read_meta(folder)
    assert meta["drop_same_id"] is True and meta["title_separator"] == " [SEP] " and meta["sha256"] == facts["sha256"]
    corpus = Corpus.open(folder / "corpus")
    joined = [passage.joined(meta["title_separator"]) for passage in corpus]
    assert joined == [
        "Rivers [SEP] Water runs.",
        " [SEP] Stones stay.",
    ]  # kept before an empty title, as the authors do
    assert [passage.joined(None) for passage in corpus] == [
        "Rivers Water runs.",
        "Stones stay.",
    ]


def test_answers_of_lotte_are_judgments(cached):
    _, folder = make({"collection": "writing", "splits": ["search"]})
    assert asked(folder, "search") == {"0": "when a comma?"}
    assert Qrels.read(folder / "qrels" / "search.trec").grades == {"0": {"1": 1, "0": 1}}


def test_nano_sets_are_read_from_parquet(cached):
    facts, folder = make({"collection": "nano", "splits": ["test"]})
    assert passages(folder) == [("x", "", "cold"), ("y", "", "warm")]
    assert Qrels.read(folder / "qrels" / "test.trec").grades == {"q": {"x": 1}}
    assert facts["read"]["corpus"] == artifacts.file_digest(cached / "home" / "tiny" / "docs.parquet")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"passages": 4}, "passages: found 2, expected 4"),
        (
            {"splits": {"test": split(2, 1)}},
            "judged queries: found 1, expected 2",
        ),
        ({"splits": {"test": split(1, 3)}}, "judgments: found 1, expected 3"),
    ],
)
def test_counts_must_be_the_registrys(cached, change, said):
    write_registry(cached, lambda name: "http://nowhere.invalid", rows={"stones": {**ROWS["stones"], **change}})
    with pytest.raises(ArtifactError, match=f"{said}.*stones.zip.*delete it and run again"):
        make({"collection": "stones", "splits": ["test"]})
    assert not (cached / "made").exists()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"collection": "stone", "splits": ["test"]}, "did you mean 'stones'"),
        ({"collection": "stones", "splits": ["tests"]}, "did you mean 'test'"),
        ({"collection": "stones", "splits": []}, "splits: found an empty list"),
        ({"collection": "stones", "splits": ["test"], "text": "raw"}, "text: found 'raw', allowed for stones: nothing"),
        ({"collection": "msmarco", "splits": ["dev"]}, "text: found '', allowed for msmarco: raw or fixed"),
        ({"collection": "secret", "splits": ["test"]}, "use kind gated"),
    ],
)
def test_options_that_cannot_be_are_refused_before_anything_is_read(cached, options, said):
    (cached / "home" / "tiny" / "stones.zip").unlink()
    with pytest.raises(ConfigError, match=said):
        make(options)


def test_an_archive_without_the_file_is_another_archive(cached):
    rows = {"stones": {**ROWS["stones"], "inside": "pebbles"}}
    write_registry(cached, lambda name: "http://nowhere.invalid", rows=rows)
    with pytest.raises(ArtifactError, match=r"stones.zip: holds no file pebbles/queries.jsonl"):
        make({"collection": "stones", "splits": ["test"]})


def test_repeated_ids_of_an_archive_are_named_with_their_lines(cached):
    tree = cached / "home" / "lotte" / "lotte_extracted" / "lotte" / "writing" / "test"
    make({"collection": "writing", "splits": ["search"]})
    (tree / "collection.tsv").write_text("0\tsemicolons\n0\tcommas\n")
    with pytest.raises(ArtifactError, match=r"collection.tsv:2: found document id '0' again, first at .*:1"):
        make({"collection": "writing", "splits": ["search"]})


SECRET = {"collection": "secret", "folder": "secret", "splits": ["test"]}


def test_a_gated_collection_that_nobody_brought_is_absent_and_says_why(cached, monkeypatch):
    monkeypatch.delenv("DRAGON_DATA", raising=False)
    facts, folder = make(SECRET, "gated")
    assert facts["absent"].startswith("gated: signed agreement; no BEIR folder secret")
    assert artifacts.read_meta(folder)["files"] == {} and not (folder / "corpus").exists()
    assert gated.fingerprint(SECRET, "here") == {}


def test_a_gated_collection_is_read_from_the_users_folder_and_counted(cached, monkeypatch):
    monkeypatch.setenv("DRAGON_DATA", str(cached / "data"))
    for name, text in BEIR.items():
        path = cached / "data" / name.replace("stones", "secret")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    facts, folder = make(SECRET, "gated")
    assert facts["queries"] == {"test": 1} and [one[0] for one in passages(folder)] == ["a", "b"]
    assert gated.fingerprint(SECRET, "here")["corpus.jsonl"] == facts["read"]["corpus"]
    (cached / "data" / "secret" / "corpus.jsonl").write_text(BEIR["stones/corpus.jsonl"].splitlines()[1] + "\n")
    with pytest.raises(ArtifactError, match="passages: found 1, expected 2"):
        make(SECRET, "gated")
    with pytest.raises(ConfigError, match="stones is public; use kind registered"):
        make({**SECRET, "collection": "stones"}, "gated")


def test_what_dvc_is_shown_changes_with_the_row_and_with_its_files(cached):
    options = {"collection": "stones", "splits": ["test"]}
    first = registered.fingerprint(options, "here")
    assert registered.fingerprint(options, "here") == first
    write_registry(
        cached, lambda name: f"http://nowhere.invalid/{name}", rows={"stones": {**ROWS["stones"], "passages": 9}}
    )
    changed = registered.fingerprint(options, "here")
    write_registry(cached, lambda name: f"http://elsewhere.invalid/{name}")
    assert len({str(one) for one in (first, changed, registered.fingerprint(options, "here"))}) == 3
