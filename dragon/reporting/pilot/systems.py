"""The tables of systems: mean over seeds, lowest and highest seed, the best finished student of a column bold."""

from collections.abc import Iterator, Mapping, Sequence

from dragon.config import Params
from dragon.reporting.markdown import NONE, points, table
from dragon.reporting.pilot.spec import TEACHER, Group, PilotSpec
from dragon.reporting.pilot.values import Place, Reader, Score

START = "start-"
Scores = Mapping[tuple[str, Place], Score | None]


def scores(spec: PilotSpec, places: Sequence[Place], reader: Reader) -> dict[tuple[str, Place], Score | None]:
    """Every system at every place."""
    return {(system, place): reader.score(system, place) for system in spec.systems for place in places}


def systems_table(spec: PilotSpec, params: Params, places: Sequence[Place], found: Scores, says: bool) -> list[str]:
    """Lines of Markdown; ``says`` adds the column that says what each system is."""
    best = {place: _best(spec, place, found) for place in places}
    heads = ["System", *(["What it is"] if says else []), *(place.title for place in places)]
    rows = []
    for group in spec.groups:
        rows.append([f"*{group.title}*", *[""] * (len(heads) - 1)])
        for system, what in group.systems.items():
            texts = [f"`{system}`", *([what or _what(system, params)] if says else [])]
            rows.append([*texts, *(_cell(found[system, place], group, best[place]) for place in places)])
    return table(heads, rows, texts=2 if says else 1)


def _best(spec: PilotSpec, place: Place, found: Scores) -> str:
    """As printed, so that what prints alike is equally good; nothing where fewer than two compete."""
    known = [one.mean for name in spec.students if (one := found[name, place])]
    return points(max(known)) if len(known) > 1 else ""


def _cell(score: Score | None, group: Group, best: str) -> str:
    if score is None:
        return NONE
    mean = points(score.mean)
    return " ".join([f"**{mean}**" if group.students and mean == best else mean, *_range(score)])


def _range(score: Score) -> Iterator[str]:
    if score.range:
        low, high = map(points, score.range)
        yield f"({low}-{high})"


def _what(system: str, params: Params) -> str:
    """The scale's own words for a teacher or a start."""
    teacher, start = params.scale.teachers.get(system.removeprefix(TEACHER)), system.removeprefix(START)
    if system.startswith(TEACHER) and teacher:
        return teacher.stands_for
    return params.scale.pretrained[start].about if start in params.scale.pretrained else ""
