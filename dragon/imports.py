"""Systems that somebody else ran (``imported:`` of a scale), and where files that a user brings are looked for."""

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from dragon.errors import ConfigError
from dragon.registry import unknown

DATA = "DRAGON_DATA"
NAME = "imported"
"""The key in a scale, and what is made of it: a stage, a page, a quality file."""
PREFIX = f"{NAME}/"
"""Of an imported system's name among runs and metrics: a folder of its own in both."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.+-]*")


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

    def named(self) -> Iterator[tuple[str, str, str]]:
        """``(runs or qrels, <suite>/<test>, file)`` of every file that the entry names."""
        for part, files in (("runs", self.runs), ("qrels", self.qrels)):
            yield from ((part, test, file) for test, file in files.items())


def check(systems: Mapping[str, Imported], tests: Iterable[str], where: str) -> None:
    """Refuse what cannot be evaluated, before anything is.

    Args:
        systems: the entries of ``imported``.
        tests: ``<suite>/<test>`` of every test of the scale.
        where: the key that holds the entries.

    Raises:
        ConfigError: a name that is no file name, a test that the scale lacks, a file that is not there, no run at all,
            or systems with a run for one test and different judgments: their values could not be compared.
    """
    known = list(tests)
    for name, entry in systems.items():
        if not _NAME.fullmatch(name):
            raise ConfigError(f"{where}: found {name!r}, allowed: letters, digits and _ . + - (it names a folder)")
        if not entry.runs:
            raise ConfigError(f"{where}.{name}.runs: found nothing, allowed: <suite>/<test>: a run file, one or more")
        for part, test, file in entry.named():
            if test not in known:
                raise unknown(f"{where}.{name}.{part}", test, known)
            user_file(file, f"{where}.{name}.{part}.{test}")
    for test in known:
        _check_judgments(test, systems, where)


def _check_judgments(test: str, systems: Mapping[str, Imported], where: str) -> None:
    with_runs = {name: entry for name, entry in systems.items() if test in entry.runs}
    found = {entry.qrels.get(test, "the suite's own"): name for name, entry in with_runs.items()}
    if len(found) > 1:
        named = "; ".join(f"{file} ({name})" for file, name in found.items())
        raise ConfigError(
            f"{where}: {test}: found judgments {named}, allowed: the same for all systems, named in the same words"
        )


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
