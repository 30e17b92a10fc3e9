"""The registry itself: it loads, names what it should, and says what the installed ir_datasets says."""

from pathlib import Path

import pytest
from ruamel.yaml import YAML

from dragon.datasets.fetch import ALLOWED
from dragon.datasets.rows import Collections
from dragon.errors import ConfigError

ROOT = Path(__file__).parents[2]
REGISTRY = Collections.load(ROOT)
ROWS = REGISTRY.collections
BEIR_13 = "trec-covid nfcorpus nq hotpotqa fiqa arguana webis-touche2020 quora dbpedia-entity scidocs fever"
BEIR_13 = [*BEIR_13.split(), "climate-fever", "scifact"]
FORUMS = [
    "android",
    "english",
    "gaming",
    "gis",
    "mathematica",
    "physics",
    "programmers",
    "stats",
    "tex",
    "unix",
    "webmasters",
    "wordpress",
]
SPLITS = [(name, split) for name, row in ROWS.items() for split in row.splits]


@pytest.fixture(scope="module")
def known(tmp_path_factory):
    """ir_datasets' own statements: counts by id, and downloads."""
    import importlib.resources
    import json

    etc = importlib.resources.files("ir_datasets") / "etc"
    return json.loads((etc / "metadata.json").read_text()), json.loads((etc / "downloads.json").read_text())


def test_everything_that_the_paper_evaluates_on_is_there():
    topics = ("writing", "recreation", "science", "technology", "lifestyle", "pooled")
    expected = {"msmarco-passage", *BEIR_13, *(f"cqadupstack-{forum}" for forum in FORUMS)}
    expected |= {"robust04", "trec-news", "signal1m", "bioasq", *(f"lotte-{topic}" for topic in topics)}
    assert {name for name in ROWS if not name.startswith("nano-")} == expected
    assert {name for name, row in ROWS.items() if row.gated} == {"robust04", "trec-news", "signal1m", "bioasq"}
    assert {name for name in ROWS if name.startswith("nano-")} == {
        f"nano-{name}" for name in ["msmarco", *BEIR_13] if name != "trec-covid"
    }


def test_sums_are_those_that_are_known():
    forums = [ROWS[f"cqadupstack-{forum}"] for forum in FORUMS]
    assert sum(row.passages for row in forums) == 457_199
    assert sum(row.splits["test"].queries for row in forums) == 13_145
    topics = [row.passages for name, row in ROWS.items() if name.startswith("lotte-") and not name.endswith("pooled")]
    assert sum(topics) == ROWS["lotte-pooled"].passages == 2_819_103
    assert {s: (one.queries, one.judgments) for s, one in ROWS["msmarco-passage"].splits.items()} == {
        "dev": (6980, 7437),
        "dl19": (43, 9260),
        "dl20": (54, 11386),
        "train": (502939, 532761),
    }


@pytest.mark.parametrize(("name", "split"), SPLITS)
def test_counts_are_those_of_ir_datasets(known, name, split):
    metadata, row, one = known[0], ROWS[name], ROWS[name].splits[split]
    if one.ir_datasets is None:
        assert row.gated and one.judgments is None
        return
    parts = one.ir_datasets.split("/")
    whole = [metadata.get("/".join(parts[:n]), {}) for n in range(len(parts), 0, -1)]
    docs = next(found["docs"]["count"] for found in whole if found.get("docs", {}).get("count"))
    queries = metadata[one.ir_datasets]["queries"]["count"]
    qrels = next(found["qrels"]["count"] for found in whole if found.get("qrels", {}).get("count"))
    assert (row.passages, one.all_queries or one.queries, one.judgments) == (docs, queries, qrels)


def test_files_are_those_of_ir_datasets(known):
    places = {}
    for context in ("msmarco-passage", "beir", "lotte", "nano-beir"):
        for found in known[1][context].values():
            places[found["expected_md5"]] = (found["url"], f"{context}/{found.get('cache_path')}", found["size_hint"])
    for name, file in REGISTRY.files.items():
        url, cache, size = places[file.md5]
        assert file.url == url
        assert file.bytes in (size, None)
        assert file.cache == cache or name == "dl19-queries"  # ir_datasets keeps what is in it instead
        assert file.mirror is None or file.mirror.endswith(file.md5)
    used = {file for row in ROWS.values() for file in row.files.values()}
    assert used == set(REGISTRY.files)


def test_rules_of_ids_and_titles():
    drops = {name for name, row in ROWS.items() if row.drop_same_id}
    assert drops == {"arguana", "quora", "nano-arguana", "nano-quora"}
    assert {name for name in BEIR_13 if not ROWS[name].titles} == {"fiqa", "quora"}
    assert not ROWS["msmarco-passage"].titles


def test_a_row_that_names_no_file_is_refused(tmp_path):
    found = YAML(typ="safe").load(ROOT / "registry" / "collections.yaml")
    found["collections"]["nfcorpus"]["files"]["archive"] = "beir-nfcorpsu"
    (tmp_path / "registry").mkdir()
    YAML(typ="safe").dump(found, tmp_path / "registry" / "collections.yaml")
    with pytest.raises(ConfigError, match=r"collections.nfcorpus.files.archive.*did you mean 'beir-nfcorpus'"):
        Collections.load(tmp_path)


def test_the_registry_says_how_fetching_is_allowed():
    assert f"{ALLOWED}=1" in (ROOT / "registry" / "collections.yaml").read_text()
