"""Every number we publish: one file per system and suite, per-query values beside it."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dragon import artifacts
from dragon.errors import ArtifactError
from dragon.registry import unknown

MEAN = "mean"


@dataclass(frozen=True)
class MetricTable:
    """Values of one system on one suite, fractions in [0, 1].

    values  ``{test: {measure: value}}``; the row ``mean`` is the unweighted mean over the suite's tests
    facts   what leads back from a number: runs and their sha256, query counts, checkpoint digest, ...
    """

    system: str
    suite: str
    values: dict[str, dict[str, float]]
    facts: dict[str, Any] = field(default_factory=dict)

    def write(self, path: Path) -> None:
        """Write atomically."""
        artifacts.write_json(
            path, {"system": self.system, "suite": self.suite, "values": self.values, "facts": self.facts}
        )

    @classmethod
    def read(cls, path: Path) -> "MetricTable":
        """Read the file back; raises ArtifactError when it is missing or not such a file."""
        found = artifacts.read_json(path)
        try:
            return cls(found["system"], found["suite"], found["values"], found["facts"])
        except (KeyError, TypeError):
            raise ArtifactError(f"{path}: not a metric table; delete it and run `dvc repro`") from None

    def value(self, test: str, measure: str) -> float:
        """One number; raises ConfigError naming what there is when the test or measure is unknown."""
        if test not in self.values:
            raise unknown(f"{self.system}/{self.suite}: test", test, self.values)
        if measure not in self.values[test]:
            raise unknown(f"{self.system}/{self.suite}/{test}: measure", measure, self.values[test])
        return self.values[test][measure]
