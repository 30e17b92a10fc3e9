"""How fast a machine computes: measured by `make calibrate`, or given in ``registry/rates/<name>.yaml``."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from dragon import artifacts, typed
from dragon.artifacts import Layout
from dragon.config import read_yaml
from dragon.errors import ConfigError
from dragon.registry import unknown

FOLDER = Path("registry/rates")
KINDS = ("training", "encoding", "dense-search", "max-sim", "re-ranking")
HERE = "here"
"""Name of this machine's own rates."""


@dataclass(frozen=True, kw_only=True)
class Rate:
    """FLOP per second of one device, or seconds per query of a CPU host; with where the number comes from.

    passages  of the collection that the seconds were measured on; Lucene's time grows with them
    """

    source: str
    flop_per_second: float = 0.0
    seconds_per_query: float = 0.0
    passages: int = 1


@dataclass(frozen=True, kw_only=True)
class Rates:
    """Of one machine.

    kind     measured, or estimated: a target that nobody has reached with this suite
    work     kind of work -> its rate; what is missing has no hours
    lucene   teacher -> its rate on a CPU host
    """

    about: str
    kind: Literal["measured", "estimated"]
    devices: int
    work: dict[str, Rate]
    lucene: dict[str, Rate] = field(default_factory=dict)
    machine: dict[str, Any] = field(default_factory=dict)
    """What was measured, when and with which versions."""

    def hours(self, kind: str, flop: float) -> float | None:
        """Wall-clock hours on all devices; None where the rate is not known."""
        if kind not in self.work:
            return None
        return flop / (self.work[kind].flop_per_second * self.devices) / 3600

    def host_hours(self, teacher: str, pairs: float) -> float | None:
        """Wall-clock hours of one CPU host for a teacher that Lucene serves; ``pairs``: queries times passages."""
        if teacher not in self.lucene:
            return None
        rate = self.lucene[teacher]
        return pairs * rate.seconds_per_query / rate.passages / 3600


def read_rates(path: Path) -> Rates:
    """A file of rates, YAML or JSON; raises ConfigError on what cannot be used."""
    found = artifacts.read_json(path) if path.suffix == ".json" else read_yaml(path)
    rates = typed.build(Rates, found, f"{path}:")
    for kind, rate in rates.work.items():
        if kind not in KINDS:
            raise unknown(f"{path}: work", kind, KINDS)
        if rate.flop_per_second <= 0:
            raise ConfigError(f"{path}: work.{kind}.flop_per_second: found {rate.flop_per_second}, allowed: above 0")
    if rates.devices < 1:
        raise ConfigError(f"{path}: devices: found {rates.devices}, allowed: 1 or more")
    return rates


def all_rates(layout: Layout, asked: str = "", root: Path = Path()) -> dict[str, Rates]:
    """Name -> rates: those asked for (a name, or a file), or all there are, this machine's first.

    Raises:
        ConfigError: there is no such name or file, or a file cannot be used.
    """
    files = {HERE: root / layout.rates()} if (root / layout.rates()).is_file() else {}
    files |= {path.stem: path for path in sorted((root / FOLDER).glob("*.yaml"))}
    if asked and asked not in files and Path(asked).is_file():
        return {Path(asked).stem: read_rates(Path(asked))}
    if asked and asked not in files:
        raise unknown("rates", asked, [*files, "a file"])
    return {name: read_rates(path) for name, path in files.items() if asked in ("", name)}
