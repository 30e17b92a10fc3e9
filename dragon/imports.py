"""Systems that somebody else ran (``imported:`` of a scale), and where files that a user brings are looked for."""

import os
from dataclasses import dataclass, field
from pathlib import Path

from dragon.errors import ConfigError

DATA = "DRAGON_DATA"
PREFIX = "imported-"
"""Of an imported system's name among runs and metrics."""


@dataclass(frozen=True, kw_only=True)
class Imported:
    """Run files of one system, evaluated as they are: documents that the collection lacks stay where they stand."""

    about: str
    """What the system is and who ran it on what; reports print it."""
    runs: dict[str, str]
    """``<suite>/<test>`` -> TREC run file, see :func:`user_file`."""
    qrels: dict[str, str] = field(default_factory=dict)
    """``<suite>/<test>`` -> judgments in BEIR's or TREC's form, where the suite's own are not the ones wanted: those of
    a pool lack the judged passages outside it."""


def user_file(path: str, where: str) -> Path:
    """A file as it is named: absolute, from the root of the repository, or below ``DRAGON_DATA``.

    DVC's temporary copies of the repository lack files that Git does not track; the user's own checkout has them.

    Raises:
        ConfigError: it is in neither place; ``where`` is the key that names it.
    """
    from dragon.config import project_root  # here: the settings, which config reads, hold an Imported

    data, root = os.environ.get(DATA), project_root()
    checkout = [root / path] if root != Path.cwd().resolve() else []
    places = [Path(path).expanduser(), *checkout, *([root / Path(data).expanduser() / path] if data else [])]
    found = next((place for place in places if place.is_file()), None)
    if found is None:
        tried = " and ".join(str(place) for place in places)
        hint = "" if data else f"; {DATA} is not set: set it to the folder that holds your collections"
        raise ConfigError(f"{where}: found {path!r}, but there is no file {tried}{hint}")
    return found
