"""``recipe: paper | official-code``: settings on which the two disagree (docs/discrepancies.md).

A scale that can follow either has a section ``recipes``: recipe -> {path of the setting: value}, a path being dotted
keys from the top of the scale's file, ``*`` standing for every entry. Both recipes state the same paths, and such a
setting stands nowhere else. A scale without the section has values of its own, which no recipe changes.
"""

from collections.abc import Mapping
from typing import Any

from dragon.errors import ConfigError
from dragon.registry import unknown

RECIPES = ("paper", "official-code")
SECTION = "recipes"
EVERY = "*"


def chosen(found: Mapping[str, Any], recipe: object, where: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The scale's settings under a recipe, and what the recipe set: empty where the scale has no ``recipes``.

    Raises:
        ConfigError: an unknown recipe, recipes with different paths, a path without a place, or a setting that stands
            outside the recipes too.
    """
    if recipe not in RECIPES:
        raise unknown("params.yaml: recipe", recipe, RECIPES)
    settings = {key: value for key, value in found.items() if key != SECTION}
    if SECTION not in found:
        return settings, {}
    overlay = _checked(found[SECTION], f"{where}: {SECTION}")[str(recipe)]
    for path, value in overlay.items():
        settings = _set(settings, path.split("."), value, f"{where}: {SECTION}.{recipe}.{path}")
    return settings, overlay


def _checked(recipes: object, where: str) -> dict[str, dict[str, Any]]:
    if not isinstance(recipes, Mapping) or not all(isinstance(one, Mapping) for one in recipes.values()):
        raise ConfigError(f"{where}: found {recipes!r}, allowed: a mapping of {' and '.join(RECIPES)} to settings")
    for name in recipes:
        if name not in RECIPES:
            raise unknown(f"{where}.{name}: unknown key", name, RECIPES)
    for name in RECIPES:
        if name not in recipes:
            raise ConfigError(f"{where}: missing {name}; both recipes state every setting that they disagree about")
    ours, theirs = (dict(recipes[name]) for name in RECIPES)
    for path in sorted(set(ours) ^ set(theirs)):
        lacks = RECIPES[path in ours]
        raise ConfigError(f"{where}.{lacks}: missing {path}; both recipes state every setting that they disagree about")
    return {RECIPES[0]: ours, RECIPES[1]: theirs}


def _set(tree: Any, path: list[str], value: Any, where: str) -> dict[str, Any]:
    """A copy with the value at the path; the places above it must be there, and the place itself free."""
    if not isinstance(tree, Mapping):
        raise ConfigError(f"{where}: found {tree!r} above {path[0]!r}, allowed: a mapping")
    key, rest = path[0], path[1:]
    if not rest and key in tree:
        raise ConfigError(f"{where}: stands outside the recipes too; keep one of them")
    if not rest:
        return {**tree, key: value}
    names = list(tree) if key == EVERY else [key]
    if key != EVERY and key not in tree:
        raise unknown(f"{where}: no place {key!r}", key, tree)
    return {name: _set(below, rest, value, where) if name in names else below for name, below in tree.items()}
