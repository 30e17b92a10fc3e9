"""What the first stage of the graph writes of a suite, and what it refuses before anything is computed."""

import shutil
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from dragon import artifacts
from dragon.artifacts import Layout
from dragon.config import Params
from dragon.errors import ConfigError
from stages import config

ROOT = Path(__file__).parents[1]
LAYOUT = Layout("mini")


@pytest.fixture
def edited(tmp_path, monkeypatch):
    """A checkout of the settings whose in-domain suite has other entries."""

    def edit(**entries):
        shutil.copytree(ROOT / "scales", tmp_path / "scales", dirs_exist_ok=True)
        shutil.copy(ROOT / "params.yaml", tmp_path)
        path, yaml = tmp_path / "scales" / "mini.yaml", YAML()
        settings = yaml.load(path)
        settings["suites"]["in-domain"].update(entries)
        yaml.dump(settings, path)
        monkeypatch.chdir(tmp_path)

    return edit


def test_a_suite_without_lists_of_its_own_says_nothing_of_them(edited):
    edited()
    config.main()
    suite = Params.load().suite("in-domain")
    scored = {"tests": suite.tests, "measures": list(suite.measures), "mean_of": list(suite.mean_of)}
    assert artifacts.read_json(LAYOUT.facts("in-domain")) == scored
    assert artifacts.read_json(LAYOUT.facts("printed"))["suites"]["in-domain"] == scored


def test_lists_of_single_tests_are_part_of_what_scores_a_suite(edited):
    edited(test_measures={"see-also": ["nDCG@10", "R(rel=2)@100"]})
    config.main()
    for found in (
        artifacts.read_json(LAYOUT.facts("in-domain")),
        artifacts.read_json(LAYOUT.facts("printed"))["suites"]["in-domain"],
    ):
        assert list(found) == ["tests", "measures", "mean_of", "test_measures"]
        assert found["test_measures"] == {"see-also": ["nDCG@10", "R(rel=2)@100"]}
    assert "test_measures" not in artifacts.read_json(LAYOUT.facts("zero-shot"))


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        (
            {"test_measures": {"see-alos": ["nDCG@10"]}},
            r"suites.in-domain.test_measures: found 'see-alos', allowed: dev, see-also; did you mean 'see-also'",
        ),
        ({"test_measures": {"dev": []}}, r"test_measures.dev: found an empty list, allowed: one or more measures"),
        ({"test_measures": {"dev": "RR@10"}}, r"test_measures.dev: found 'RR@10', allowed: a list"),
        ({"test_measures": {"dev": ["ndcg@10"]}}, r"suites.in-domain: measures: found 'ndcg@10'.*mean 'nDCG@10'"),
        ({"measures": ["MRR10"]}, r"suites.in-domain: measures: found 'MRR10', allowed"),
    ],
)
def test_mistakes_are_named_with_file_and_key(edited, entries, message):
    edited(**entries)
    with pytest.raises(ConfigError, match=rf"^scales/mini.yaml:.*{message}"):
        config.main()
    assert not LAYOUT.root.exists()
