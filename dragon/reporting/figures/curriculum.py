"""Figure 2: which teachers label at which iteration, drawn from the trajectory and supervision in force."""

from dataclasses import dataclass, field
from pathlib import Path

from dragon.artifacts import Layout
from dragon.config import PLAYGROUND, Params, Scale
from dragon.reporting.figures.content import Content, Given, Place

FIELDS = ("student", "iteration", "teacher", "labels", "probability", "trajectory", "supervision")


@dataclass(frozen=True)
class Grid:
    """The curriculum of one student.

    teachers  names as printed, in the order of the trajectory
    shares    of each iteration (T), the probability that each teacher (N) is drawn: float ``[T][N]``, 0 where it is not
    """

    start: str
    teachers: tuple[str, ...]
    shares: tuple[tuple[float, ...], ...]


@dataclass(frozen=True, kw_only=True)
class Curriculum:
    """Options of the kind ``curriculum``; ``names`` says how teachers are printed."""

    names: dict[str, str] = field(default_factory=dict)

    def check(self, scale: Scale, root: Path, where: str) -> None:
        """Nothing can be wrong: a teacher without a printed name keeps its own."""

    def inputs(self, layout: Layout) -> list[Path]:
        """Nothing but ``params.yaml``."""
        return []

    def systems(self) -> list[str]:
        return []

    def places(self) -> list[Place]:
        return []

    def gather(self, params: Params, given: Given) -> Content:
        """Rows are the iterations that the caller gives, columns the teachers of the trajectory."""
        student = params.experiment(PLAYGROUND)
        teachers = tuple(self.names.get(name, name) for name in student.trajectory)
        shares = tuple(
            tuple(1 / len(one.sources) if name in one.sources else 0.0 for name in student.trajectory)
            for one in given.iterations
        )
        numbers = [one.number for one in given.iterations]
        facts = {"trajectory": " → ".join(student.trajectory), "supervision": student.supervision}
        records = [
            {
                "student": PLAYGROUND,
                "iteration": number,
                "teacher": name,
                "labels": int(share > 0),
                "probability": share,
            }
            for number, line in zip(numbers, shares, strict=True)
            for name, share in zip(student.trajectory, line, strict=True)
        ]
        return Content(
            heads=("Iteration", *teachers),
            rows=tuple((str(number), *map(_mark, line)) for number, line in zip(numbers, shares, strict=True)),
            fields=FIELDS,
            records=tuple({**record, **facts} for record in records),
            notes=(
                f"Drawn from params.yaml: supervision {student.supervision}, trajectory {facts['trajectory']}, labels "
                f"{student.labels}, start {student.init}. Each query of an iteration draws one of its teachers, all "
                "equally likely; every iteration begins with the student of the one before.",
            ),
            picture=Grid(student.init, teachers, shares),
        )


def share_text(share: float) -> str:
    """``1/3``, or ``all``; empty where the teacher is not drawn."""
    if share == 1:
        return "all"
    return f"1/{round(1 / share)}" if share else ""


def _mark(share: float) -> str:
    return f"✓ {share_text(share)}" if share else "✗"
