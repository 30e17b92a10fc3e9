"""Finding a checkpoint, and noticing that it is another one."""

import json

import pytest

from dragon.errors import ArtifactError, ConfigError
from dragon.models.checkpoints.opening import backbone, digests, locate, verify


def model_folder(folder):
    folder.mkdir(parents=True)
    for name in ("config.json", "model.safetensors", "tokenizer.json"):
        (folder / name).write_text(f"{{}} {name}")
    return folder


def test_a_path_is_absolute_or_below_the_users_data(tmp_path, monkeypatch):
    folder = model_folder(tmp_path / "models" / "one")
    monkeypatch.setenv("DRAGON_DATA", str(tmp_path))
    assert locate("models/one", "here") == locate(str(folder), "here") == folder
    (tmp_path / "checkout").mkdir()
    monkeypatch.chdir(tmp_path / "checkout")
    monkeypatch.setenv("DRAGON_DATA", "..")
    assert locate("models/one", "here").samefile(folder)
    monkeypatch.delenv("DRAGON_DATA")
    assert locate(str(folder), "here") == folder
    with pytest.raises(ConfigError, match=r"here: found 'models/one', but DRAGON_DATA is not set"):
        locate("models/one", "here")


def test_a_wrong_path_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv("DRAGON_DATA", str(tmp_path))
    with pytest.raises(ConfigError, match=r"here: found 'nowhere', but .*/nowhere is not a folder; allowed: "):
        locate("nowhere", "here")
    (tmp_path / "empty").mkdir()
    with pytest.raises(ConfigError, match=r"/empty, which has neither config\.json nor modules\.json"):
        locate("empty", "here")


@pytest.fixture
def package(tmp_path, monkeypatch):
    """An installed package; importing it would fail."""
    site = tmp_path / "site"
    monkeypatch.syspath_prepend(site)

    def install(*folders):
        files = [
            "tiny_model/__init__.py",
            *(f"{folder}/{n}" for folder in folders for n in ("config.json", "w.safetensors")),
        ]
        info = site / "tiny_model-1.0.dist-info"
        for file in files:
            (site / file).parent.mkdir(parents=True, exist_ok=True)
            (site / file).write_text("raise RuntimeError('imported')")
        info.mkdir(exist_ok=True)
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: tiny-model\nVersion: 1.0\n")
        (info / "RECORD").write_text("".join(f"{file},,\n" for file in files))
        return site

    return install


def test_the_model_of_a_package_is_found_without_importing_it(package):
    site = package("tiny_model/model", "tiny_model/model/0_Inner")
    assert locate("package:tiny-model", "here") == site / "tiny_model/model"


def test_a_package_without_one_model_is_an_error(package):
    with pytest.raises(ConfigError, match=r"package 'tiny-model' is not installed; `pip install tiny-model`"):
        locate("package:tiny-model", "here")
    package()
    with pytest.raises(ConfigError, match=r"folders with a model in package 'tiny-model': none"):
        locate("package:tiny-model", "here")
    package("tiny_model/a", "tiny_model/b")
    with pytest.raises(ConfigError, match=r"tiny_model/a, tiny_model/b; allowed: one"):
        locate("package:tiny-model", "here")


def test_digests_are_of_what_is_read(tmp_path):
    folder = model_folder(tmp_path / "one")
    before = digests(folder)
    assert set(before) == {"config.json", "model.safetensors", "tokenizer.json"}
    (folder / "README.md").write_text("a model")
    (folder / "pytorch_model.bin").write_text("the same weights in the old format")
    (folder / "onnx").mkdir()
    (folder / "onnx" / "config.json").write_text("{}")
    assert digests(folder) == before
    (folder / "1_Pooling").mkdir()
    (folder / "1_Pooling" / "config.json").write_text("{}")
    assert set(digests(folder)) == {*before, "1_Pooling/config.json"}
    (folder / "model.safetensors").unlink()
    assert "pytorch_model.bin" in digests(folder)


@pytest.mark.parametrize("change", ["another", "gone", "added"])
def test_another_checkpoint_in_the_same_place_is_noticed(tmp_path, change):
    folder = model_folder(tmp_path / "one")
    expected, name = digests(folder), "added.json" if change == "added" else "model.safetensors"
    verify(folder, expected, "x.json")
    (folder / name).unlink() if change == "gone" else (folder / name).write_text("{}")
    with pytest.raises(ArtifactError, match=rf"one: {name} changed since x\.json was written"):
        verify(folder, expected, "x.json")


def test_the_transformer_of_a_sentence_transformers_folder(tmp_path):
    folder = model_folder(tmp_path / "one")
    assert backbone(folder) == folder
    modules = [{"type": "sentence_transformers.models.Transformer", "path": "0_Transformer"}]
    (folder / "modules.json").write_text(json.dumps(modules))
    assert backbone(folder) == folder / "0_Transformer"
    (folder / "modules.json").write_text(json.dumps([{"type": "sentence_transformers.models.Router", "path": ""}]))
    with pytest.raises(ArtifactError, match=r"first module 'sentence_transformers\.models\.Router', allowed: a Trans"):
        backbone(folder)
    for broken in ("[]", "{", '[{"path": ""}]'):
        (folder / "modules.json").write_text(broken)
        with pytest.raises(ArtifactError, match="not a list of modules"):
            backbone(folder)
