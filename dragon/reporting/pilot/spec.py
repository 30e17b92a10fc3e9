"""``reports/pilot.yaml``, read strictly: which systems, which families of claims, which pairs."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from dragon import typed
from dragon.artifacts import Layout
from dragon.config import read_yaml
from dragon.errors import ConfigError
from dragon.registry import unknown
from dragon.reporting.claims import ClaimsSpec

SPEC = Path("reports/pilot.yaml")
TEACHER = "teacher-"


@dataclass(frozen=True, kw_only=True)
class ZeroShot:
    """The suite whose mean is compared, and on which measure."""

    suite: str
    measure: str


@dataclass(frozen=True, kw_only=True)
class InDomain:
    """The suite whose tests are compared one by one, each on the first measure that it lists."""

    suite: str
    graded: str
    """Tests whose first measure this is are also compared together, their queries in one sample."""


@dataclass(frozen=True, kw_only=True)
class Group:
    """Systems that stand together: name -> what it is; where that is empty the scale's own words are printed."""

    title: str
    systems: dict[str, str]
    students: bool = False
    """Finished students: the best of a column is printed bold."""


@dataclass(frozen=True, kw_only=True)
class PairSpec:
    """A comparison, left minus right; of several on the right the best one at each place."""

    left: str
    right: tuple[str, ...]
    says: str


@dataclass(frozen=True, kw_only=True)
class PilotSpec:
    """The file."""

    zero_shot: ZeroShot
    in_domain: InDomain
    families: tuple[str, ...]
    groups: tuple[Group, ...]
    pairs: tuple[PairSpec, ...]

    @property
    def systems(self) -> tuple[str, ...]:
        return tuple(name for group in self.groups for name in group.systems)

    @property
    def students(self) -> tuple[str, ...]:
        """Finished ones."""
        return tuple(name for group in self.groups if group.students for name in group.systems)


@dataclass(frozen=True)
class Pilot:
    """What the page shows, and the claims of its families."""

    spec: PilotSpec
    claims: ClaimsSpec

    @classmethod
    def load(cls, root: Path = Path()) -> "Pilot":
        """Read and check ``reports/pilot.yaml`` and ``reports/claims.yaml``.

        Raises:
            ConfigError: one line with the file, the key, what was found and what is allowed.
        """
        spec = typed.build(PilotSpec, read_yaml(root / SPEC), f"{SPEC}:")
        claims = ClaimsSpec.load(root)
        for family in spec.families:
            if family not in claims.families:
                raise unknown(f"{SPEC}: families", family, claims.families)
        for number, pair in enumerate(spec.pairs):
            _check(pair, spec, f"{SPEC}: pairs.{number}")
        return cls(spec, _restricted(claims, spec.families))

    def inputs(self, layout: Layout) -> list[Path]:
        """Metric files, folders of runs, loss curves and quality files, in order of first use."""
        return list(dict.fromkeys(self._reads(layout)))

    def _reads(self, layout: Layout) -> Iterator[Path]:
        suites = (self.spec.in_domain.suite, self.spec.zero_shot.suite)
        for suite in suites:
            yield from (layout.metrics(system, suite) for system in self.spec.systems)
            yield from (layout.runs(system, suite) for pair in self.spec.pairs for system in (pair.left, *pair.right))
        yield from map(layout.curve, self.spec.students)
        for claim in self.claims.claims:
            for side in claim.sides:
                compared = (system for system in side.systems if system in self.spec.systems)
                yield from (layout.runs(system, self.claims.places[claim.at].suite) for system in compared)
                yield from map(layout.quality, side.quality)


def _check(pair: PairSpec, spec: PilotSpec, where: str) -> None:
    if not pair.right:
        raise ConfigError(f"{where}.right: found no system, allowed: one or more of the groups")
    for name in (pair.left, *pair.right):
        if name not in spec.systems:
            raise unknown(where, name, spec.systems)
        if name.startswith(TEACHER):
            raise ConfigError(f"{where}: found {name!r}, allowed: students and starts")


def _restricted(claims: ClaimsSpec, families: tuple[str, ...]) -> ClaimsSpec:
    """The claims of some families, which are corrected (Holm) by themselves anyway."""
    kept = tuple(claim for claim in claims.claims if claim.family in families)
    return replace(claims, families={name: claims.families[name] for name in families}, claims=kept)
