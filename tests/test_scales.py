"""The scales' files: they load, and those that share collections and teachers do share them."""

from pathlib import Path

import pytest
from ruamel.yaml import YAML

from dragon.config import Params
from dragon.releases import Releases

ROOT = Path(__file__).parents[1]
SCALES = sorted(path.stem for path in (ROOT / "scales").glob("*.yaml"))
OF_THE_START = {"about", "query_sets", "query_sizes", "vocabulary", "pretrained", "training"}
"""What a pre-trained start on a GPU changes of scale `local`."""


def read(scale):
    return YAML(typ="safe").load(ROOT / "scales" / f"{scale}.yaml")


@pytest.mark.parametrize("scale", SCALES)
def test_every_scale_loads_with_all_experiments(scale, tmp_path):
    (tmp_path / "scales").symlink_to(ROOT / "scales")
    params = (ROOT / "params.yaml").read_text()
    (tmp_path / "params.yaml").write_text(params.replace("scale: mini", f"scale: {scale}"))
    loaded = Params.load(tmp_path)
    assert loaded.scale_name == scale
    assert {"plain", "idf", "contrastive", "retromae"} <= set(loaded.scale.pretrained)
    assert {"in-domain", "zero-shot", "lotte"} == set(loaded.scale.suites)


def test_the_scale_for_a_gpu_differs_from_local_in_the_start_alone():
    local, gpu = read("local"), read("local-minilm")
    assert set(local) == set(gpu)
    assert {key for key in local if local[key] != gpu[key]} == OF_THE_START
    for name in ("crop", "genq"):
        del local["query_sets"][name]["options"]["sample"], gpu["query_sets"][name]["options"]["sample"]
    assert local["query_sets"] == gpu["query_sets"]


def test_collections_whose_teacher_saw_ms_marco_are_not_called_zero_shot():
    for scale in ("local", "local-minilm"):
        assert "zero-shot" in read(scale)["about"]  # to deny it, on every table
        assert "zero-shot" not in " ".join(read(scale)["labels"].values())


def test_the_authors_labels_replace_queries_and_teachers_alone():
    ours, theirs = read("paper"), read("paper-labels")
    assert set(ours) == set(theirs)
    assert {key for key in ours if ours[key] != theirs[key]} == {"about", "evidence", "query_sets", "teachers"}
    assert {name for name, one in theirs["teachers"].items() if one != ours["teachers"][name]} == {
        "unicoil", "contriever", "gtr-xxl", "colbertv2", "splade-pp",
    }  # fmt: skip
    files = Releases.load(ROOT)
    for name, one in theirs["teachers"].items():
        for query_set, path in one["options"]["encoder"].get("files", {}).items():
            assert path == files.label_file(name, query_set).local
