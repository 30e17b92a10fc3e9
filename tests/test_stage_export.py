"""A student is exported with a card whose numbers, recipe and licences are those of its files."""

import shutil
from pathlib import Path

import pytest
import torch
from ruamel.yaml import YAML
from transformers import BertConfig, BertModel

from dragon import artifacts
from dragon.artifacts import Layout
from dragon.config import Params, Source
from dragon.core import Checkpoint, MetricTable
from dragon.errors import ArtifactError
from dragon.models.vocabulary import write_vocabulary
from dragon.releases import Releases
from dragon.reporting.card import escaped
from dragon.reporting.licences import inherited
from dragon.tracking import run_key
from stages import export

ROOT = Path(__file__).parents[1]
LAYOUT = Layout("mini")
NASTY = "text | of *someone* <b>[x](y)</b>\nand `more`"
SPLADE = {"path": "hub:naver/splade@" + "0" * 40, "query": {"model": {"name": "naver/splade", "revision": None}}}


@pytest.fixture
def scale(tmp_path, monkeypatch):
    """The repository's settings with a licensed teacher, labels of the authors, and text that is not ours."""
    shutil.copy(ROOT / "params.yaml", tmp_path)
    shutil.copytree(ROOT / "registry", tmp_path / "registry")
    found = YAML().load((ROOT / "scales" / "mini.yaml").read_text())
    found["about"] = NASTY
    found["teachers"]["splade-pp"]["options"]["encoder"] = dict(SPLADE)
    found["teachers"]["contriever"] |= {"kind": "import", "encoder": "dragon-labels", "stands_for": NASTY}
    files = {"crop": "dragon/data/labels/contriever-msmarco.sentence.train.jsonl"}
    found["teachers"]["contriever"]["options"] = {"encoder": {"files": files}}
    (tmp_path / "scales").mkdir()
    monkeypatch.chdir(tmp_path)
    save(found)
    (tmp_path / "registry" / "models.yaml").write_text("splade: {id: naver/splade, licence: CC-BY-NC-SA-4.0}\n")
    return found


def save(found):
    with Path("scales/mini.yaml").open("w") as file:
        YAML().dump(found, file)


@pytest.fixture
def student(scale):
    """What a train stage and an evaluation leave of dragon-plus."""
    params = Params.load()
    experiment = params.experiment("dragon-plus")
    options = {"size": 80, "lowercase": True, "alphabet": 40, "min_frequency": 1}
    write_vocabulary(Source(kind="wordpiece", options=options), ["a sparse matrix"], "here", Path("v"))
    sizes = {"hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 8}
    facts = {"run_key": run_key(experiment, "mini"), "training_queries": 12345}
    with artifacts.folder(LAYOUT.checkpoint("dragon-plus"), {"kind": "checkpoint", **facts}) as part:
        for side in ("query_encoder", "context_encoder"):
            torch.manual_seed(len(side))
            BertModel(BertConfig(vocab_size=80, **sizes), add_pooling_layer=False).save_pretrained(part / side)
            for file in ("tokenizer.json", "tokenizer_config.json", "vocab.txt"):
                shutil.copyfile(Path("v") / file, part / side / file)
    values = {"dev": {"RR@10": 0.38767}, "mean": {"RR@10": 0.38767}}
    MetricTable("dragon-plus", "in-domain", values).write(LAYOUT.metrics("dragon-plus", "in-domain"))
    return Checkpoint.open(LAYOUT.checkpoint("dragon-plus"))


def test_the_card_says_data_recipe_scores_and_licences(student):
    digest = student.digest
    export.main("dragon-plus")
    text = (LAYOUT.export("dragon-plus") / "README.md").read_text()
    _, front, body = text.split("---\n", 2)
    found = YAML(typ="safe").load(front)
    assert (found["license"], found["license_name"]) == ("other", "non-commercial-inherited")
    metric = {"type": "RR@10", "name": "RR@10", "value": 0.3877}
    assert found["model-index"][0]["results"][0]["metrics"] == [metric]
    rows = [line for line in body.splitlines() if line.startswith("| ")]
    assert "| PyDocs dev | dev | RR@10 | 38.8 |" in rows
    assert "| queries | mix, 12,345 |" in rows
    assert "| supervision | progressive: unicoil, contriever, gtr-xxl, colbertv2, splade-pp |" in rows
    assert any("teacher | splade-pp" in row and row.endswith("| CC-BY-NC-SA-4.0 |") for row in rows)
    assert any("teacher | contriever" in row and row.endswith("| CC-BY-NC-4.0 |") for row in rows)
    assert "no number here may be compared with the paper's" in body
    assert Checkpoint.open(LAYOUT.checkpoint("dragon-plus")).digest == digest
    assert artifacts.read_meta(LAYOUT.export("dragon-plus"))["checkpoint"] == digest


def test_text_that_is_not_ours_says_nothing_in_markdown(student):
    export.main("dragon-plus")
    text = (LAYOUT.export("dragon-plus") / "README.md").read_text()
    assert r"text \| of \*someone\* \<b\>\[x\](y)\</b\> and \`more\`." in text
    assert "<b>" not in text
    licences = text[text.index("## Licences") :].splitlines()
    assert {line.replace(r"\|", "").count("|") for line in licences if line.startswith("| ")} == {4}


def test_a_student_of_other_settings_is_not_exported(student, scale):
    scale["training"]["learning_rate"] = 1.0
    save(scale)
    with pytest.raises(ArtifactError, match="trained with other settings"):
        export.main("dragon-plus")


@pytest.mark.parametrize(
    ("student", "teachers", "starts"),
    [
        ("fused", ["unicoil", "contriever", "colbertv2"], ["plain"]),
        ("cropping", [], ["plain"]),
        ("ce-only", ["unicoil", "contriever", "gtr-xxl", "colbertv2", "splade-pp", "cross-encoder"], ["plain"]),
        ("dragon-contriever", ["unicoil", "contriever", "gtr-xxl", "colbertv2", "splade-pp"], ["plain", "contrastive"]),
    ],
)
def test_everything_behind_a_student_is_inherited(scale, student, teachers, starts):
    params = Params.load()
    found = inherited(params, params.experiment(student))
    assert [one.name.partition(" (")[0] for one in found if one.what == "teacher"] == teachers
    assert [one.name for one in found if one.what == "start"] == starts


def test_what_no_registry_names_is_not_known(scale):
    scale["teachers"]["gtr-xxl"]["options"]["encoder"] = {"path": "some/folder"}
    save(scale)
    Path("registry/models.yaml").unlink()
    params = Params.load()
    found = {one.name.partition(" ")[0]: one for one in inherited(params, params.experiment("dragon"))}
    assert (found["gtr-xxl"].licence, found["splade-pp"].licence) == ("not known", "not known")
    assert found["gtr-xxl"].restricts
    assert not found["pydocs"].restricts


def test_a_subset_has_the_licence_of_its_collection(scale):
    whole = {"kind": "registered", "options": {"collection": "msmarco-passage", "splits": ["dev"]}}
    scale["suites"]["in-domain"]["datasets"]["pydocs"] = {"kind": "subset", "options": {"of": whole}}
    save(scale)
    params = Params.load()
    first = inherited(params, params.experiment("dragon"))[0]
    assert first.licence.startswith("MS MARCO terms")
    assert first.restricts


def test_releases_are_ten_label_files_five_checkpoints_and_two_query_files():
    found = Releases.load(ROOT)
    assert {name: list(files) for name, files in found.labels.items()} == {
        name: ["crop", "genq"] for name in ("unicoil", "contriever", "gtr-xxl", "colbertv2", "splade-pp")
    }
    assert len(found.checkpoints) == 5
    assert {file.lines for file in found.queries.values()} == {28_545_938}
    file = found.label_file("splade-pp", "genq")
    url = "https://dl.fbaipublicfiles.com/dragon/data/labels/splade.doct5query.train.jsonl"
    assert found.advice(file).startswith(f"get {url} (CC-BY-NC-4.0) and put it at DRAGON_DATA/dragon/data/labels/")


def test_escaping_keeps_every_character():
    assert escaped("a|b\\c").replace("\\|", "|").replace("\\\\", "\\") == "a|b\\c"
