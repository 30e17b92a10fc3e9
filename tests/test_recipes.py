"""A recipe switches exactly what a scale says it does, and nothing at a scale whose values are its own."""

from dataclasses import asdict, replace
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from dragon import recipes
from dragon.config import Params, resolved
from dragon.errors import ConfigError
from dragon.tracking import run_key
from stages.train import recipe_facts

ROOT = Path(__file__).parents[1]
WHERE = "scales/paper.yaml"
YAML_FILE = YAML()


@pytest.fixture
def load(tmp_path):
    """Params of a scale under a recipe, from a copy of the settings in which the scale may have a section `recipes`."""

    def make(recipe, section=None, training=None):
        (tmp_path / "scales").mkdir(exist_ok=True)
        scale = YAML_FILE.load((ROOT / "scales/mini.yaml").read_text())
        for key in training or ():
            del scale["training"][key]
        if section:
            del scale["query_sets"]["mix"]["options"]["rule"]
            scale["recipes"] = section
        YAML_FILE.dump(scale, tmp_path / "scales/mini.yaml")
        text = (ROOT / "params.yaml").read_text()
        (tmp_path / "params.yaml").write_text(text.replace("recipe: official-code", f"recipe: {recipe}"))
        return Params.load(tmp_path)

    return make


@pytest.mark.parametrize("scale", ["mini", "local", "local-minilm"])
def test_present_scales_have_values_of_their_own(scale):
    params = Params.load(ROOT, scale=scale)
    assert params.recipe_settings == {}
    assert params.run_scale == params.scale_name == scale


def test_a_recipe_changes_nothing_at_a_scale_without_recipes(load):
    one, other = load("paper"), load("official-code")
    assert (one.recipe, other.recipe) == ("paper", "official-code")
    assert recipe_facts(one) == recipe_facts(other) == {}
    assert replace(one, recipe="") == replace(other, recipe="")
    assert all(resolved(one.experiment(name)) == resolved(other.experiment(name)) for name in one.experiments)


def test_a_recipe_sets_exactly_the_settings_it_names(load):
    sets = {
        "paper": {"training.epochs": 9.0, "query_sets.mix.options.rule": "half"},
        "official-code": {"training.epochs": 20.0, "query_sets.mix.options.rule": "coin"},
    }
    one, other = load("paper", sets, ["epochs"]), load("official-code", sets, ["epochs"])
    assert (one.training.epochs, other.training.epochs) == (9.0, 20.0)
    assert one.recipe_settings == sets["paper"] and one.run_scale == "mini/paper"
    assert recipe_facts(one) == {"recipe": "paper", "recipe_settings": sets["paper"]}
    keys = {run_key(params.experiment("progressive"), params.run_scale) for params in (one, other)}
    assert len(keys) == 2
    found, expected = asdict(one.scale), asdict(other.scale)
    assert found["query_sets"]["mix"]["options"].pop("rule") == "half"
    assert expected["query_sets"]["mix"]["options"].pop("rule") == "coin"
    assert (found["training"].pop("epochs"), expected["training"].pop("epochs")) == (9.0, 20.0)
    assert found == expected


def test_a_star_stands_for_every_entry_and_originals_are_left_alone():
    shared = {"titles": True}
    found = {"suites": {"a": shared, "b": shared}, "recipes": {}}
    found["recipes"] = {name: {"suites.*.separator": name[0]} for name in recipes.RECIPES}
    settings, overlay = recipes.chosen(found, "paper", WHERE)
    assert settings == {"suites": {name: {"titles": True, "separator": "p"} for name in ("a", "b")}}
    assert overlay == {"suites.*.separator": "p"}
    assert shared == {"titles": True}


@pytest.mark.parametrize(
    ("section", "message"),
    [
        ({"paper": {}}, "missing official-code"),
        ({"paper": {"a.b": 1}, "official-code": {}}, r"recipes.official-code: missing a.b"),
        ({"paper": {}, "official": {}}, "did you mean 'official-code'"),
        (["paper"], "allowed: a mapping of paper and official-code"),
        ({"paper": {"a.c": 1}, "official-code": {"a.c": 1}}, "stands outside the recipes too"),
        ({"paper": {"aa.c": 1}, "official-code": {"aa.c": 1}}, "no place 'aa'.*did you mean 'a'"),
        ({"paper": {"a.c.d": 1}, "official-code": {"a.c.d": 1}}, "found 1 above 'd', allowed: a mapping"),
    ],
)
def test_recipes_that_cannot_be_followed_are_refused(section, message):
    with pytest.raises(ConfigError, match=message):
        recipes.chosen({"a": {"c": 1}, "recipes": section}, "paper", WHERE)


def test_an_unknown_recipe_is_refused_at_every_scale(load):
    with pytest.raises(ConfigError, match=r"params.yaml: recipe: found 'official', .*did you mean 'official-code'"):
        load("official")
