"""The plan of a scale: what each table and figure adds to those before it, what it costs alone, and the whole."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from dragon.config import Params
from dragon.errors import ConfigError
from dragon.planning.items import Item, alone, evaluates_only, items
from dragon.planning.needs import Needs, labels_behind, needs, trainer_of
from dragon.planning.sizes import Sizes, TeacherSize, Texts
from dragon.planning.units import Unit
from dragon.planning.work import Trained, Work, evaluated, labelled, reranked, searched_by_student, trained

CROSS_ENCODER = "cross-encoder"


@dataclass(frozen=True)
class Parts:
    """Work by what it is for."""

    training: Work
    labels: Work
    evaluation: Work

    @property
    def total(self) -> Work:
        return self.training + self.labels + self.evaluation


@dataclass(frozen=True)
class Row:
    """One table or figure.

    asked    iterations of its students one after the other, those of one student that are another's counted again
    alone    what it needs without any other item
    added    what it needs beside those before it
    """

    item: Item
    asked: tuple[Unit, ...]
    alone: Needs
    added: Needs


@dataclass(frozen=True)
class Plan:
    """Rows in the order of the paper, and the arithmetic of one scale."""

    params: Params
    sizes: Sizes
    rows: tuple[Row, ...]

    @property
    def whole(self) -> Needs:
        found = Needs()
        for row in self.rows:
            found += row.added
        return found

    def full(self, unit: Unit) -> bool:
        """Whether an iteration visits as many queries as the largest does."""
        return self.trained(unit).queries == max(self.trained(one).queries for one in self.whole.units)

    def trained(self, unit: Unit) -> Trained:
        return trained(unit, self.sizes)

    def parts(self, found: Needs) -> Parts:
        """Raises ConfigError when the size of a query set or a teacher is not known."""
        sums = [Work({"training": sum(self.trained(unit).flop for unit in found.units)}), Work(), Work()]
        for query_set, teacher in found.lists:
            sums[1] += self.listed(query_set, teacher)
        for _, suite in found.students:
            sums[2] += evaluated(self.sizes.student.transformer, self._collections(suite))
        for teacher, suite in found.teachers:
            size = self._teacher(teacher)
            if size.search not in ("lucene", "re-ranking"):
                sums[2] += evaluated(size, self._collections(suite))
        return Parts(*sums)

    def listed(self, query_set: str, teacher: str) -> Work:
        """The work of one teacher's lists for one query set."""
        queries, student = self.sizes.queries(query_set), trainer_of(teacher)
        if student:
            candidates = searched_by_student(self.sizes, queries, self.params.experiment(student).training)
            return candidates + reranked(self._teacher(CROSS_ENCODER), queries, self.sizes.passages)
        return labelled(teacher, self._teacher(teacher), queries, self.sizes.passages)

    def _teacher(self, name: str) -> TeacherSize:
        if name not in self.sizes.teachers:
            raise ConfigError(f"registry/sizes/{self.params.scale_name}.yaml: teachers: missing {name}; add its size")
        return self.sizes.teachers[name]

    def _collections(self, suite: str) -> Iterable[Texts]:
        return self.sizes.suites.get(suite, {}).values()


def make_plan(params: Params, sizes: Sizes, main_suites: Iterable[str], root: Path = Path(), own: bool = True) -> Plan:
    """What every table and figure asks, in the order of the paper; ``own`` false leaves out what the paper lacks.

    Raises:
        ConfigError: a spec is wrong, or names a student that is not there.
    """
    rows: list[Row] = []
    seen, suites = Needs(), tuple(main_suites)
    found, behind = items(params, root, own), labels_behind(root)
    for number, item in enumerate(found):
        asks = needs(params, item, suites, behind)
        naive = [] if evaluates_only(item, found[:number]) else alone(params, item)
        rows.append(Row(item, tuple(naive) * len(params.seeds), asks, asks - seen))
        seen += asks
    return Plan(params, sizes, tuple(rows))
