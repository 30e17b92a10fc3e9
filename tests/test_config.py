import dataclasses
import shutil
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from dragon.config import Params, project_root
from dragon.errors import ConfigError

ROOT = Path(__file__).parents[1]
NEW = {"labels": "crop/pilot", "supervision": "progressive", "trajectory": ["unicoil"]}


@pytest.fixture
def edited(tmp_path):
    """Copy the settings, change one place by dotted key, and load them."""

    def load(key, value, file="params.yaml"):
        shutil.copytree(ROOT / "scales", tmp_path / "scales", dirs_exist_ok=True)
        shutil.copy(ROOT / "params.yaml", tmp_path)
        yaml = YAML()
        settings = yaml.load(tmp_path / file)
        *path, last = key.split("/")
        place = settings
        for part in path:
            place = place[part]
        place[last] = value
        yaml.dump(settings, tmp_path / file)
        return Params.load(tmp_path)

    return load


def test_every_scale_loads():
    assert Params.load(ROOT).scale_name == "mini"


def test_every_experiment_names_only_things_that_exist():
    params = Params.load(ROOT)
    for name, experiment in params.experiments.items():
        assert experiment.pool in params.pools, name
        assert experiment.query_set in params.scale.query_sets, name
        assert experiment.init in params.scale.pretrained or experiment.init in params.experiments, name
    known = {*params.scale.teachers, "fused", "source", "ce-on-dragon-s"}
    assert {teacher for pool in params.pools.values() for teacher in pool.teachers} <= known
    for suite in params.scale.suites.values():
        assert {place.split("/")[0] for place in suite.tests.values()} <= set(suite.datasets)
        assert set(suite.mean_of) <= set(suite.tests)


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("trajectory", ["contriver"], r"trajectory: found 'contriver', allowed: unicoil.*did you mean 'contriever'"),
        ("trajectory", [], r"trajectory: found an empty list, allowed: one or more of unicoil"),
        ("trajectory", ["unicoil", "unicoil"], r"trajectory: found 'unicoil' twice"),
        ("trajectory", "unicoil", r"trajectory: found 'unicoil', allowed: a list of teachers from unicoil"),
        ("trajectory", 3, r"trajectory: found 3, allowed: a list"),
        ("trajectory", [["unicoil"]], r"trajectory: found \['unicoil'\], allowed"),
        ("supervision", "progresive", r"supervision: found 'progresive'.*did you mean 'progressive'"),
        ("labels", "crop/pilt", r"labels: pool: found 'pilt'.*did you mean 'pilot'"),
        ("labels", "crp/all", r"labels: query set: found 'crp'.*did you mean 'crop'"),
        ("init", "plane", r"init: found 'plane'.*did you mean 'plain'"),
        ("scale", "mnii", r"scale: found 'mnii', allowed: .*did you mean 'mini'"),
        ("overrides/positivs", 3, r"positivs: unknown key.*did you mean 'positives'"),
        ("experiments/top-1/positives", "one", r"experiments.top-1.training.positives: found 'one', allowed: a whole"),
        ("experiments/top-1/positives", 0, r"experiments.top-1.training.positives: found 0, out of range"),
        ("experiments/top-1/negatives", [50, 46], r"training.negatives: found \(50, 46\), out of range"),
        ("seeds", [True], r"seeds\[0\]: found True, allowed: a whole number"),
        ("seeds", [], r"seeds: found \[\], allowed: one or more"),
        ("seeds", [1, 1], r"seeds: found \[1, 1\], allowed: one or more different"),
        ("training/seed", 1, r"training.seed: found a seed, allowed: none here"),
        (
            "experiments/ce-only/init",
            "dragon-x",
            r"ce-only.init: found 'dragon-x', allowed: plain.*did you mean 'dragon",
        ),
        ("experiments/dragon-s/init", "ce-only", r"init: found a circle: dragon-s > ce-only > dragon-s"),
        ("experiments/plain", {**NEW, "init": "idf"}, r"experiments.plain: the scale has a start of that name"),
        ("experiments/ce-and-all/iterations", 0, r"ce-and-all.iterations: found 0, allowed: a whole number from 1"),
        ("experiments/dragon/iterations", 2, r"dragon.iterations: found 2, allowed: 5, one per teacher"),
        ("experiments/crop-small/queries", "smal", r"training.queries: found 'smal'.*did you mean 'small'"),
        ("experiments/crop-small/queries", -1, r"training.queries: found -1, out of range"),
        ("experiments/soft-two/loss", "mse", r"training.loss: found 'mse', allowed: info-nce, kl"),
        ("trainin", {}, r"trainin: unknown key.*did you mean 'training'"),
    ],
)
def test_a_wrong_setting_gets_one_clear_line(edited, key, value, message):
    with pytest.raises(ConfigError, match=message) as caught:
        edited(key, value)
    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith(("params.yaml:", "scales/"))


def test_a_setting_stands_in_one_file_only(edited):
    with pytest.raises(ConfigError, match=r"batch_size: stands in params\.yaml too"):
        edited("training/batch_size", 64)


def test_an_experiment_may_override_a_size(edited):
    assert edited("experiments/top-1/batch_size", 64).experiment("top-1").training.batch_size == 64


def test_a_repeated_key_is_an_error(tmp_path):
    shutil.copytree(ROOT / "scales", tmp_path / "scales")
    (tmp_path / "params.yaml").write_text((ROOT / "params.yaml").read_text() + "\nscale: mini\n")
    with pytest.raises(ConfigError, match=r"params.yaml: not YAML.*duplicate"):
        Params.load(tmp_path)


def test_outside_the_repository(tmp_path):
    with pytest.raises(ConfigError, match="run from the root of the repository"):
        Params.load(tmp_path)


def test_project_root_of_a_temporary_experiment():
    assert project_root(Path("/a/repo/.dvc/tmp/exps/standalone/tmpx")) == Path("/a/repo")
    assert project_root(Path("/a/repo")) == Path("/a/repo")


def test_a_seed_changes_nothing_but_the_seed():
    params = Params.load(ROOT)
    one, other = params.experiment("uniform"), params.seeded("uniform", 7)
    assert one.training.seed == params.seeds[0] == 42
    assert other.training.seed == 7
    assert dataclasses.replace(other, training=dataclasses.replace(other.training, seed=42)) == one
