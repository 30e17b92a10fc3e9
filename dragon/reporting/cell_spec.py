"""One cell of a table: where its number comes from, and what the paper prints in its place."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from dragon.artifacts import Layout
from dragon.errors import ConfigError
from dragon.settings import BASELINES


@dataclass(frozen=True, kw_only=True)
class CellSpec:
    """One source: a metric, a fact of a metric file, a measured quality, a text, or only the paper's print.

    system, suite, test, measure  a value of ``metrics/<system>/<suite>.json``
    average      instead of one test, the mean over those of these tests that the file has (Table 4's averages)
    relative_to  systems; the value is divided by the best of theirs
    fact         instead of a value, this entry of the metric file's facts
    quality, key  ``quality/<quality>.json`` and the path of keys in it
    unless       a path of keys there; where it holds something this cell does not apply
    absent       why there is no number when the key holds none or ``unless`` does
    text         printed as it stands; wins over every other source
    baseline     system ``baselines/<baseline>`` where the scale has it, else as ``printed`` (``expand`` decides)
    printed      only the paper has something here, no system of ours
    unit         points: a fraction printed times 100; percent: the same with a sign; number: as it is;
                 ms: milliseconds, three digits, a mapping as its median and quartiles
    paper        what the paper prints in this place, to the letter; empty where it has no such place
    bold, underline  how the paper prints it
    best         whether ours competes for our own bold and underline
    """

    system: str = ""
    suite: str = ""
    test: str = ""
    average: tuple[str, ...] = ()
    measure: str = ""
    relative_to: tuple[str, ...] = ()
    fact: str = ""
    quality: str = ""
    key: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    absent: str = ""
    text: str = ""
    baseline: str = ""
    printed: bool = False
    unit: Literal["points", "percent", "number", "ms"] = "points"
    paper: str = ""
    bold: bool = False
    underline: bool = False
    best: bool = True

    @property
    def as_printed(self) -> bool:
        """Whether the paper's print is all there is."""
        return self.printed and not self.text

    def systems(self) -> tuple[str, ...]:
        """Systems whose metric files the cell reads."""
        return () if self.text or self.printed or self.quality else (self.system, *self.relative_to)

    def inputs(self, layout: Layout) -> Iterator[Path]:
        """Files the cell reads; of baselines, whatever they are, the folder that holds them all."""
        if self.baseline and not self.text:
            yield layout.metrics(BASELINES, "").parent
            return
        if self.quality and not (self.text or self.printed):
            yield layout.quality(self.quality)
        for system in self.systems():
            yield layout.metrics(system, self.suite)

    def check(self, where: str) -> None:
        """Raise ConfigError when nothing would fill the cell."""
        place = self.fact or ((self.test or self.average) and self.measure)
        sources = (self.text, self.printed, self.quality and self.key, self.system and self.suite and place)
        if not any(sources):
            raise ConfigError(
                f"{where}: found no source, allowed: text; printed; quality and key; "
                "system, suite, test (or average) and measure (or fact)"
            )
