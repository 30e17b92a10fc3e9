"""What figures are given beside files: the playground's iterations, and intervals of the numbers that show one."""

from dragon.config import PLAYGROUND, Params
from dragon.core import MetricTable
from dragon.core.metric_table import MEAN
from dragon.evaluation.cell_intervals import Statistic, intervals
from dragon.evaluation.significance import read_values
from dragon.evaluation.suites import per_query_path
from dragon.reporting.figures.content import Given, Place
from dragon.reporting.figures.growth import Growth
from dragon.reporting.figures.spec import FigureSpec
from dragon.supervision.schedule import iterations


def given(spec: FigureSpec, params: Params) -> Given:
    """What a figure is gathered with; raises ArtifactError when per-query values of evaluated systems are missing."""
    return Given(iterations(params.experiment(PLAYGROUND)), _intervals(spec, params))


def _intervals(spec: FigureSpec, params: Params) -> dict[Place, tuple[float, float]]:
    """95 % intervals of the figure's places that have been measured."""
    places = [place for place in spec.places() if _measured(place, params)]
    if not isinstance(spec.options, Growth) or not places:
        return {}
    statistics = {place: _statistic(place, params) for place in places}
    found = intervals(statistics, spec.options.bootstrap.samples, spec.options.bootstrap.seed)
    return {place: (one.low, one.high) for place, one in found.items()}


def _measured(place: Place, params: Params) -> bool:
    """Whether there is a value: teachers that are known by their labels alone have files without any."""
    system, suite, test, measure = place
    path = params.layout.metrics(system, suite)
    return path.exists() and measure in MetricTable.read(path).values.get(test, {})


def _statistic(place: Place, params: Params) -> Statistic:
    system, suite, test, measure = place
    tests = params.suite(suite).mean_of if test == MEAN else params.suite(suite).parts_of(test)
    paths = [per_query_path(params.layout.runs(system, suite) / f"{one}.trec.gz") for one in tests]
    return Statistic([(f"{path} {measure}", read_values(path, measure)) for path in paths])
