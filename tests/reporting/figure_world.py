"""Figures from files that are made here, and what can be read off their pictures."""

import csv
import dataclasses
import functools
import io
import itertools
import json
import shutil
from pathlib import Path

import numpy as np
from matplotlib.text import Text

from dragon.config import Params
from dragon.core import Corpus, LabelStore, MetricTable, Passage, Queries, RankedLists
from dragon.reporting.figures import draw_curriculum, draw_examples, draw_growth, draw_scatter
from dragon.reporting.figures.content import Given, to_csv
from dragon.reporting.figures.spec import FigureSpec, gather
from stages.given import given

ROOT = Path(__file__).parents[2]
PARAMS = Params.load(ROOT)
FIGURES = ("figure1", "figure2", "figure3", "figure4")
SPECS = {name: FigureSpec.load(name, PARAMS.scale, ROOT) for name in FIGURES}
SIZES = {"small": 700, "medium": 6000}
DRAWINGS = {
    "scatter": draw_scatter,
    "curriculum": draw_curriculum,
    "growth": draw_growth,
    "examples": draw_examples,
}


def enter(folder, monkeypatch):
    """Work in a folder that has the specs, no artifacts and nothing built."""
    (folder / "reports").mkdir()
    for name in ("figures", "tables"):
        (folder / "reports" / name).symlink_to(ROOT / "reports" / name)
    monkeypatch.chdir(folder)


def copy_measured(factory, folder):
    """Metrics of every system that Figures 1 and 3 name, each with numbers of its own."""
    shutil.copytree(_everything(factory.getbasetemp()), folder, dirs_exist_ok=True)


@functools.cache
def _everything(base):
    root = base / "everything"
    names = sorted({*SPECS["figure1"].systems(), *SPECS["figure3"].systems()})
    for i, name in enumerate(names):
        size = 1506 if name == "human" else SIZES.get(name.split("-")[-1], 20196)
        write_metrics(root, name, 0.2 + 0.005 * i, 0.3 + 0.0031 * (i * 7 % len(names)), size)
    return root


def write_metrics(root, system, x, y, queries):
    """Metrics and per-query values of one system: every query of a test has the test's value, give or take .1."""
    for suite, test, measure, value in (("in-domain", "dev", "RR@10", x), ("zero-shot", "mean", "nDCG@10", y)):
        tests = PARAMS.suite(suite).mean_of
        values = {name: {measure: value} for name in {test, *tests}}
        facts = {"training_queries": queries}
        MetricTable(system, suite, values, facts).write(root / PARAMS.layout.metrics(system, suite))
        folder = root / PARAMS.layout.runs(system, suite)
        folder.mkdir(parents=True)
        for name in tests:
            by_query = {f"q{i}": value + (0.1 if i % 2 else -0.1) for i in range(200)}
            (folder / f"{name}.per_query.json").write_text(json.dumps({measure: by_query}))


def made(name, params=PARAMS):
    return gather(SPECS[name], params, given(SPECS[name], params))


def records(figure):
    return list(csv.DictReader(io.StringIO(to_csv(figure))))


def drawn(figure):
    """Matplotlib's picture of a figure."""
    return DRAWINGS[figure.kind].draw(figure.content.picture, figure.heading)


def texts(picture):
    """(text, box in pixels) of everything that is written."""
    picture.canvas.draw()
    renderer = picture.canvas.get_renderer()
    beyond = set(map(id, itertools.chain.from_iterable(map(ticks_beyond, picture.axes))))
    found = [one for one in picture.findobj(Text) if one.get_visible() and one.get_text().strip()]
    found = [one for one in found if id(one) not in beyond]
    return [(one, one.get_window_extent(renderer)) for one in found]


def ticks_beyond(axes):
    """Labels of ticks outside of the limits, which are not drawn."""
    for axis in (axes.xaxis, axes.yaxis):
        low, high = sorted(axis.get_view_interval())
        for tick in (*axis.get_major_ticks(), *axis.get_minor_ticks()):
            if not axis.get_visible() or not axes.axison or not low <= tick.get_loc() <= high:
                yield from (tick.label1, tick.label2)


def check_inside(picture):
    width, height = picture.canvas.get_width_height()
    for text, box in texts(picture):
        assert box.x0 >= 0 and box.y0 >= 0 and box.x1 <= width and box.y1 <= height, text


def check_apart(boxes):
    for (one, box), (other, second) in itertools.combinations(boxes, 2):
        wide = min(box.x1, second.x1) - max(box.x0, second.x0)
        high = min(box.y1, second.y1) - max(box.y0, second.y0)
        assert wide <= 0.5 or high <= 0.5, (one, other)


SHORT = -1
PASSAGES = [
    Passage("d0", "", "Costs $5 & <b>bold</b> | `code` _x_ *y* physics"),
    Passage("d1", "", "Atomic physics\nof 10$ bombs"),
    Passage("d2", "A title", "chemistry " * 80),
    Passage("d3", "", "physics \u0007 of atoms \u4e2d"),
]
QUERIES = [("a", "Physics costs $x^2$", 0), ("b", "none of it", 0), ("c", "alone", 1)]
LISTS = {  # by teacher and query row; the top 2 count
    "one": [[0, 1, 3], [0, SHORT, SHORT], [2, 1, 0]],
    "two": [[3, 0, 2], [0, 1, 2], [2, 0, 1]],
}


def write_tiny():
    """Four passages, three queries, two teachers in the working folder; two positives count."""
    layout = PARAMS.layout
    Corpus.write(layout.dataset("in-domain", PARAMS.collection()) / "corpus", PASSAGES)
    for name in ("crop", "genq"):
        Queries.write(layout.queries(name), QUERIES)
        folders = {}
        for teacher, docs in LISTS.items():
            docs_QK = np.array(docs, dtype=np.int32)
            scores_QK = np.where(docs_QK < 0, -np.inf, -np.arange(3.0)).astype(np.float32)
            folders[teacher] = layout.ranking(name, teacher)
            RankedLists(docs_QK, scores_QK).write(folders[teacher])
        LabelStore.write(layout.labels(f"{name}/full"), name, folders)
    return dataclasses.replace(PARAMS, training=dataclasses.replace(PARAMS.training, positives=2))


def examples(params, **options):
    spec = dataclasses.replace(SPECS["figure4"], options=dataclasses.replace(SPECS["figure4"].options, **options))
    return gather(spec, params, Given())
