"""The registry of models, and what a scale may name of the hub."""

from pathlib import Path

import pytest
import yaml

from dragon.errors import ArtifactError, ConfigError
from dragon.models.catalogue import FILE, models, stated_revision
from dragon.models.checkpoints.opening import locate

ROOT = Path(__file__).parents[2]
COMMIT = "0123456789abcdef0123456789abcdef01234567"
NAMES = ["config.json", "tokenizer.json", "vocab.txt"]


def test_every_row_is_read_and_every_model_stands_once():
    rows = models(ROOT)
    assert {"unicoil", "contriever", "gtr-xxl", "gtr-base", "colbertv2", "splade-pp-ed", "retromae"} <= set(rows)
    assert len({row.id for row in rows.values()}) == len(rows)
    assert {row.role for name, row in rows.items() if name.startswith("cross-encoder")} == {
        "teacher (appendix A.5)",
        "teacher (Tables 5 and 6)",
    }
    assert rows["contriever"].pooling == "mean"
    assert stated_revision(rows["gtr-base"].id, ROOT) == rows["gtr-base"].revision


@pytest.mark.parametrize(
    ("change", "said"),
    [({"revision": "main"}, "a.revision: found 'main'"), ({"poling": 1}, "did you mean 'pooling'")],
)
def test_a_wrong_row_is_named(tmp_path, change, said):
    row = yaml.safe_load((ROOT / FILE).read_text())["contriever"] | change
    (tmp_path / "registry").mkdir()
    (tmp_path / FILE).write_text(yaml.safe_dump({"a": row}))
    with pytest.raises(ConfigError, match=said):
        models(tmp_path)


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """The hub's local cache with one commit: ``put(id, names)`` writes it as the hub's client does."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))

    def put(hub_id, names, revision=COMMIT):
        repository = tmp_path / f"models--{hub_id.replace('/', '--')}"
        folder = repository / "snapshots" / revision
        for name in names:
            blob = repository / "blobs" / f"{name.replace('/', '-')}"
            blob.parent.mkdir(parents=True, exist_ok=True)
            blob.write_text(f"{{}} {name}")
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).symlink_to(blob)
        return folder

    return put


@pytest.mark.parametrize("weights", ["model.safetensors", "pytorch_model.bin"])
def test_a_pinned_model_is_found_without_the_network(cache, weights):
    folder = cache("someone/model", [*NAMES, weights])
    assert locate(f"hub:someone/model@{COMMIT}", "here").samefile(folder)


def test_a_model_without_its_weights_is_refused(cache):
    cache("someone/model", NAMES)
    with pytest.raises(ArtifactError, match=r"here: someone/model@0123.*found no \*\.safetensors.*HF_HUB_OFFLINE=0"):
        locate(f"hub:someone/model@{COMMIT}", "here")


def test_a_model_that_is_not_there_is_not_fetched(cache):
    with pytest.raises(ArtifactError, match=r"cannot be had .* HF_HUB_OFFLINE=0 allows the download"):
        locate(f"hub:someone/model@{COMMIT}", "here")


def test_the_registry_pins_what_the_scale_does_not(cache, monkeypatch):
    monkeypatch.chdir(ROOT)
    row = models()["colbertv2"]
    folder = cache(row.id, [*NAMES, "model.safetensors"], row.revision)
    assert locate(f"hub:{row.id}", "here").samefile(folder)


@pytest.mark.parametrize("path", ["hub:castorini/unicoil-msmarco-passage", "hub:someone/model", "hub:a/b@main"])
def test_a_model_without_a_commit_is_refused(monkeypatch, path):
    monkeypatch.chdir(ROOT)
    with pytest.raises(ConfigError, match=r"here: found .* 40 digits .*commits/main.*registry/models\.yaml"):
        locate(path, "here")


@pytest.mark.parametrize("name", ["../etc", "../../etc", "/etc", ""])
def test_a_name_that_leaves_the_cache_is_refused(name):
    with pytest.raises(ConfigError, match="allowed: hub:<org>/<name>@"):
        locate(f"hub:{name}@{COMMIT}", "here")


@pytest.mark.parametrize("scale", sorted(path.stem for path in (ROOT / "scales").glob("*.yaml")))
def test_scales_name_the_commits_of_the_registry(scale):
    stated = {row.id: row.revision for row in models(ROOT).values()}
    text = (ROOT / "scales" / f"{scale}.yaml").read_text()
    named = [part.split("@") for part in text.replace(",", " ").replace("}", " ").split() if part.startswith("hub:")]
    for hub_id, *revision in named:
        assert hub_id.removeprefix("hub:") in stated
        assert revision in ([], [stated[hub_id.removeprefix("hub:")]])
