"""Baselines by the real stage: tiny checkpoints of three kinds, a scale that names them, values computed twice."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from ruamel.yaml import YAML
from transformers import BertModel, DistilBertModel

from dragon import artifacts
from dragon.artifacts import Layout
from dragon.config import Params, Source
from dragon.core import Checkpoint, Corpus, MetricTable, Passage, Qrels, Queries, Run
from dragon.core.queries import Query
from dragon.errors import ConfigError
from dragon.models.bi_encoder import BiEncoder
from dragon.models.tokens import Tokens
from dragon.models.vocabulary import write_vocabulary
from dragon.reporting.spec import TableSpec
from dragon.settings import BASELINES
from stages import baselines, folders, targets

torch.set_num_threads(1)
ROOT = Path(__file__).parents[1]
LAYOUT = Layout("mini")
WORDS = [f"{a}{b}" for a in ("red", "blue", "green", "grey") for b in ("fox", "owl", "elk")]
PASSAGES = [f"{one} {two} {one}" for one in WORDS for two in WORDS[:3]]
QUERIES = [f"{one} and {two}" for one, two in zip(WORDS, reversed(WORDS), strict=True)]
SIDES = ("query_encoder", "context_encoder")
SHARED = {"batch_size": 4, "dtype": "float32", "device": "cpu", "threads": 1, "similarity": "dot"}
SHARED |= {"query_prefix": "", "passage_prefix": "", "max_length": {"query": 8, "passage": 16}}


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """A pair as ``facebook/dragon-plus-*`` come (two folders), and one DistilBERT for both sides."""
    folder = tmp_path_factory.mktemp("models")
    options = {"size": 90, "lowercase": True, "alphabet": 40, "min_frequency": 1}
    write_vocabulary(Source(kind="wordpiece", options=options), PASSAGES, "here", folder / "v")
    sizes = {"vocab_size": 90, "max_position_embeddings": 24}
    bert = {**sizes, "hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}
    distil = {**sizes, "dim": 16, "n_layers": 1, "n_heads": 2, "hidden_dim": 16}
    for number, name in enumerate((*SIDES, "distil")):
        kind, config = (DistilBertModel, distil) if name == "distil" else (BertModel, bert)
        torch.manual_seed(number)
        model = kind(kind.config_class(**config))
        for parameter in model.parameters():
            parameter.data = parameter.data + 0.2 * torch.randn(parameter.shape)
        model.save_pretrained(folder / name)
        for file in ("tokenizer.json", "tokenizer_config.json", "vocab.txt"):
            shutil.copyfile(folder / "v" / file, folder / name / file)
    return folder


@pytest.fixture
def checkout(tmp_path, monkeypatch, models):
    """The repository's settings with two small suites and two baselines, which are columns of Table 4."""
    shutil.copy(ROOT / "params.yaml", tmp_path)
    shutil.copytree(ROOT / "reports" / "tables", tmp_path / "reports" / "tables")
    yaml = YAML()
    scale = yaml.load((ROOT / "scales" / "mini.yaml").read_text())
    datasets = {"small": {"kind": "pydocs", "options": {}}}
    for suite in ("zero-shot", "in-domain"):
        entry = {"about": "", "tests": {"dev": "small/dev"}, "mean_of": ["dev"], "measures": ["RR@10"]}
        scale["suites"][suite] = {**entry, "datasets": datasets}
    twice = {"dev": "small/dev", "other": "second/dev", "again": "small/dev"}
    scale["suites"]["zero-shot"] |= {"tests": twice, "datasets": {**datasets, "second": datasets["small"]}}
    del scale["suites"]["lotte"]
    pair = {side: str(models / side) for side in SIDES}
    engine = {"threads": 1, "gpu": False}
    scale["baselines"] = {
        "retromae": {
            "kind": "dense", "encoder": "st-dense-pair", "stands_for": "a pair",
            "options": {"encoder": {**SHARED, **pair, "pooling": "cls"}, "engine": engine},
        },
        "cl-drd": {
            "kind": "dense", "encoder": "st-dense", "stands_for": "one for both sides",
            "options": {"encoder": {**SHARED, "path": str(models / "distil"), "pooling": "mean"}, "engine": engine},
            "max_length": {"zero-shot": {"query": 3, "passage": 4}},
        },
    }  # fmt: skip
    (tmp_path / "scales").mkdir()
    monkeypatch.chdir(tmp_path)
    save(scale)
    for suite, name, passages in (
        ("zero-shot", "small", PASSAGES),
        ("zero-shot", "second", PASSAGES[:30]),
        ("in-domain", "small", PASSAGES),
    ):
        with artifacts.folder(LAYOUT.dataset(suite, name), {"kind": "dataset"}) as part:
            Corpus.write(part / "corpus", [Passage(f"p{row}", "", text) for row, text in enumerate(passages)])
            Queries.write(part / "queries" / "dev", [Query(f"q{row}", text) for row, text in enumerate(QUERIES)])
            grades = {f"q{row}": {f"p{3 * row}": 1} for row in range(len(QUERIES))}
            Qrels(grades).write(part / "qrels" / "dev.trec")
    return scale


def save(scale):
    with Path("scales/mini.yaml").open("w") as file:
        YAML().dump(scale, file)


def ranked(name, suite):
    found = Run.read(LAYOUT.runs(f"{BASELINES}/{name}", suite) / "dev.trec.gz").results
    return {query: dict(hits) for query, hits in found.items()}


def test_a_pair_is_evaluated_as_a_student_with_the_same_weights_is(checkout, models, tmp_path, capsys):
    baselines.main()
    with artifacts.folder(tmp_path / "student", {"kind": "checkpoint"}) as part:
        for side in SIDES:
            shutil.copytree(models / side, part / side)
    model = BiEncoder.load(Checkpoint.open(tmp_path / "student"), False, "cls", 0.0).eval()
    texts = {"passages": PASSAGES, "queries": QUERIES}
    tokens = {name: Tokens.write(tmp_path / name, found, models / "v") for name, found in texts.items()}
    with torch.no_grad():
        passages_DH = model.encode_passages(*tokens["passages"].batch(np.arange(len(PASSAGES)), 16))
        queries_QH = model.encode_queries(*tokens["queries"].batch(np.arange(len(QUERIES)), 8))
    scores_QD = (queries_QH @ passages_DH.T).numpy()
    for row, (query, hits) in enumerate(ranked("retromae", "in-domain").items()):
        assert query == f"q{row}"
        assert len(hits) == len(PASSAGES)
        assert max(abs(score - scores_QD[row, int(doc[1:])]) for doc, score in hits.items()) < 1e-4
    ranks = [1 + int((scores_QD[row] > scores_QD[row, 3 * row]).sum()) for row in range(len(QUERIES))]
    expected = np.mean([1 / rank if rank <= 10 else 0 for rank in ranks])
    table = MetricTable.read(LAYOUT.metrics(f"{BASELINES}/retromae", "in-domain"))
    assert table.values["dev"]["RR@10"] == pytest.approx(expected)
    assert table.facts["stands_for"] == "a pair"
    assert Path(table.facts["runs"]["dev"]["path"]).is_file()
    assert "baselines: 2 at scale mini" in capsys.readouterr().out
    page = LAYOUT.built("baselines.md").read_text()
    assert "| Test | Measure | retromae | cl-drd |" in page
    assert f"| dev | RR@10 | {100 * expected:.1f} |" in page
    assert "* cl-drd: one for both sides" in page


def test_lengths_are_those_of_the_suite(checkout):
    baselines.main()
    assert ranked("cl-drd", "in-domain") != ranked("cl-drd", "zero-shot")  # the same texts, cut elsewhere
    assert ranked("retromae", "in-domain") == ranked("retromae", "zero-shot")
    values = MetricTable.read(LAYOUT.metrics(f"{BASELINES}/retromae", "zero-shot")).values
    assert values["again"] == values["dev"] != values["other"]  # a collection that is left and opened again


def test_what_is_in_the_store_is_not_computed_again(checkout, monkeypatch):
    baselines.main("retromae", "cl-drd")
    assert not LAYOUT.runs(BASELINES, "").exists()
    monkeypatch.setattr("stages.benched.open_teacher", None)
    baselines.main()
    assert artifacts.read_json(LAYOUT.quality(BASELINES))["cl-drd"]["zero-shot"]["RR@10"] > 0


def test_table_4_shows_the_baselines_that_the_scale_has(checkout):
    scale = Params.load().scale
    spec = TableSpec.load("table4", scale)
    systems = [column.get("system") for column in spec.columns]
    assert systems[3:9] == ["baselines/cl-drd", None, None, "baselines/retromae", None, "teacher-contriever"]
    assert all(spec.columns[place]["printed"] for place in (4, 5, 7))
    assert LAYOUT.metrics(BASELINES, "").parent in spec.inputs(LAYOUT)
    assert not [name for name in targets.wanted(Params.load(), ["table4"]) if BASELINES in name or name == "metrics"]


def test_dvc_is_shown_entries_and_files(checkout, models):
    folders.main(BASELINES)
    found = artifacts.read_json(LAYOUT.folders(BASELINES))
    assert found["cl-drd"]["max_length"] == {"zero-shot": {"query": 3, "passage": 4}}
    weights = found["retromae"]["files"]["query_encoder"]["model.safetensors"]
    assert weights == artifacts.file_digest(models / "query_encoder" / "model.safetensors")
    checkout["baselines"]["cl-drd"]["options"]["encoder"]["path"] = "/nowhere"
    save(checkout)
    folders.main(BASELINES)
    assert artifacts.read_json(LAYOUT.folders(BASELINES))["cl-drd"]["files"] == {"path": None}


def test_wrong_entries_are_named_before_anything_is_computed(checkout):
    with pytest.raises(ConfigError, match=r"mini\.yaml: baselines: found 'retromea'.*did you mean 'retromae'"):
        baselines.main("retromea")
    checkout["baselines"]["cl-drd"]["max_length"] = {"zero-shoot": {"query": 3, "passage": 4}}
    save(checkout)
    with pytest.raises(ConfigError, match=r"baselines\.cl-drd\.max_length: found 'zero-shoot'.*did you mean"):
        baselines.main()
    checkout["baselines"]["cl-drd"]["max_length"] = {}
    checkout["baselines"]["cl-drd"]["options"]["encoder"]["pooling"] = "max"
    save(checkout)
    with pytest.raises(ConfigError, match=r"mini\.yaml: baselines\.cl-drd: options\.encoder\.pooling: found 'max'"):
        baselines.main("cl-drd")


def test_a_scale_without_baselines_has_the_same_folders(checkout):
    del checkout["baselines"]
    save(checkout)
    baselines.main()
    assert list(LAYOUT.runs(BASELINES, "").iterdir()) == list(LAYOUT.metrics(BASELINES, "").parent.iterdir()) == []
    assert artifacts.read_json(LAYOUT.quality(BASELINES)) == {}
    assert "Scale `mini` has no baselines" in LAYOUT.built("baselines.md").read_text()
    spec = TableSpec.load("table4", Params.load().scale)
    assert [place for place, column in enumerate(spec.columns) if column.get("printed")] == [3, 4, 5, 6, 7, 9, 10, 11]


def test_a_model_whose_commit_nobody_pinned_waits_and_says_so(checkout, capsys):
    (Path("registry")).symlink_to(ROOT / "registry")
    encoder = {**SHARED, "path": "hub:Shitao/RetroMAE_BEIR", "pooling": "cls"}
    checkout["baselines"]["retromae"] = {
        **checkout["baselines"]["cl-drd"],
        "options": {**checkout["baselines"]["cl-drd"]["options"], "encoder": encoder},
    }
    save(checkout)
    baselines.main()
    why = "no commit of Shitao/RetroMAE_BEIR is pinned; pin it in registry/models.yaml, or behind @"
    assert f"baselines/retromae: n/a: {why}" in capsys.readouterr().out
    assert f"* retromae: n/a: {why}" in LAYOUT.built("baselines.md").read_text().replace("\\", "")
    assert set(artifacts.read_json(LAYOUT.quality(BASELINES))) == {"cl-drd"}
    with pytest.raises(ConfigError, match=r"baselines\.retromae: no commit of Shitao/RetroMAE_BEIR is pinned"):
        baselines.main("retromae")
