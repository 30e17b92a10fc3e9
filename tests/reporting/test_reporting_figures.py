"""All figures: the same bytes twice, strict specs, one door to Matplotlib, and the stage that writes them."""

import re
import subprocess
import sys
import warnings
from pathlib import Path
from xml.etree import ElementTree

import figure_world as world
import matplotlib
import pytest
from figure_world import FIGURES, PARAMS, ROOT, SPECS, examples, made, records
from hypothesis import given as forall
from hypothesis import strategies as st

from dragon.errors import ConfigError
from dragon.reporting.figures.content import escape, to_csv, to_markdown
from dragon.reporting.figures.render import SUFFIXES, render
from dragon.reporting.figures.spec import FigureSpec
from stages import figure as figure_stage


@pytest.fixture
def here(tmp_path, monkeypatch):
    world.enter(tmp_path, monkeypatch)


@pytest.fixture
def measured(here, tmp_path, tmp_path_factory):
    world.copy_measured(tmp_path_factory, tmp_path)


@pytest.fixture
def tiny(here):
    return world.write_tiny()


@pytest.mark.parametrize("name", FIGURES)
def test_files_are_the_same_twice_and_carry_no_date(measured, tiny, name):
    figure = examples(tiny, passages=["d0"]) if name == "figure4" else made(name)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        first, second = render(figure), render(figure)
    assert tuple(first) == SUFFIXES
    assert first == second
    assert b"<text" in first["svg"]
    assert b"dc:date" not in first["svg"] and b"Matplotlib v" not in first["svg"]
    assert first["png"].startswith(b"\x89PNG") and b"Software" not in first["png"] and b"tIME" not in first["png"]
    assert ElementTree.fromstring(first["svg"]) is not None


@pytest.mark.parametrize("name", ["figure1", "figure2", "figure3"])
def test_nothing_measured_is_said_and_not_an_error(here, name):
    figure = made(name)
    files = render(figure)
    assert not [row for row in records(figure) if row.get("system")]
    for system in SPECS[name].systems():
        assert f"{system} not evaluated on in-domain" in files["md"].decode()


@pytest.mark.parametrize("name", FIGURES)
def test_every_row_of_the_table_is_as_long_as_its_heads(measured, tiny, name):
    figure = examples(tiny, passages=["d0"]) if name == "figure4" else made(name)
    assert {len(row) for row in figure.content.rows} == {len(figure.content.heads)}
    assert all(set(record) <= set(figure.content.fields) for record in figure.content.records)
    assert f"({name}.svg)" in to_markdown(figure)


def test_a_users_matplotlib_settings_change_nothing(measured):
    before = render(made("figure3"))
    with matplotlib.rc_context({"font.size": 30, "axes.facecolor": "red", "svg.fonttype": "path"}):
        assert render(made("figure3")) == before
        assert matplotlib.rcParams["font.size"] == 30


def test_inputs_are_what_the_figures_read():
    layout = PARAMS.layout
    one = [str(path) for path in SPECS["figure1"].inputs(layout)]
    assert one[0] == "reports/tables/table4.yaml"
    assert "artifacts/mini/metrics/dragon-plus/zero-shot.json" in one
    assert SPECS["figure2"].inputs(layout) == []
    three = [str(path) for path in SPECS["figure3"].inputs(layout)]
    assert {"artifacts/mini/metrics/human/in-domain.json", "artifacts/mini/runs/genq/zero-shot"} <= set(three)
    assert [str(path) for path in SPECS["figure4"].inputs(layout)] == [
        "artifacts/mini/datasets",
        "artifacts/mini/labels/crop/full.json",
        "artifacts/mini/queries/crop",
        "artifacts/mini/labels/genq/full.json",
        "artifacts/mini/queries/genq",
    ]


def test_systems_are_students_teachers_and_starts_that_there_are():
    for name in FIGURES:
        for system in SPECS[name].systems():
            kind, _, rest = system.partition("-")
            known = PARAMS.scale.teachers if kind == "teacher" else PARAMS.scale.pretrained
            assert system in PARAMS.experiments or (kind in ("teacher", "start") and rest in known), system


@pytest.mark.parametrize(
    ("name", "old", "new", "message"),
    [
        ("figure1", "kind: scatter", "kind: scater", r"figure1.yaml: kind: found 'scater'.*did you mean 'scatter'"),
        ("figure1", "row: BEIR-13", "row: BEIR-14", r"options: row of table4: found 'BEIR-14'.*did you mean 'BEIR-13'"),
        ("figure1", "suite: zero-shot", "suite: zeroshot", r"options.y.suite: found 'zeroshot'"),
        ("figure1", "table: table4", "table: table44", r"reports/tables: found 'table44'"),
        ("figure1", "    names: 2", "    names: 7", r"printed: header line: found 7"),
        ("figure1", "      mul-vec:", "      multi:", r"printed.marks: found 'mul-vec'"),
        ("figure1", "representation: re-ranker", "representation: reranker", r"allowed: sparse, .*'re-ranker'"),
        ("figure3", "marker: cross", "marker: star", r"marker: found 'star', allowed: square"),
        ("figure3", "size: training_queries", "sizes: x", r"options.sizes: unknown key.*did you mean 'size'"),
        ("figure4", "Cropping: crop/full", "Cropping: corp/full", r"labels.Cropping: found 'corp/full'"),
        ("figure4", "queries: 2", "queries: 0", r"options.queries: found 0, out of range"),
        ("figure4", "{count: 2, seed: 1}", "{cuont: 2, seed: 1}", r"passages.cuont: unknown key"),
        ("figure4", "{count: 2, seed: 1}", "[]", r"options.passages: found \[\], out of range"),
        ("figure2", "section:", "sections:", r"sections: unknown key"),
    ],
)
def test_mistakes_in_a_figure_are_named(tmp_path, name, old, new, message):
    text = (ROOT / "reports" / "figures" / f"{name}.yaml").read_text(encoding="utf-8")
    assert old in text
    (tmp_path / "reports" / "figures").mkdir(parents=True)
    (tmp_path / "reports" / "tables").symlink_to(ROOT / "reports" / "tables")
    (tmp_path / "reports" / "figures" / f"{name}.yaml").write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(ConfigError, match=message):
        FigureSpec.load(name, PARAMS.scale, tmp_path)


def test_an_unknown_figure_is_named_with_those_there_are():
    with pytest.raises(ConfigError, match=r"reports/figures: found 'figure5', allowed: figure1"):
        FigureSpec.load("figure5", PARAMS.scale, ROOT)


@forall(st.text(max_size=60))
def test_escaped_text_has_no_live_markup(text):
    out = escape(text)
    assert "\n" not in out and "<" not in out and ">" not in out
    for i, character in enumerate(out):
        if character in "*_|$`[]":
            assert out[i - 1] == "\\"


def test_matplotlib_has_one_door():
    files = [path for folder in ("dragon", "stages") for path in (ROOT / folder).rglob("*.py")]
    found = (path.parent for path in files if re.search(r"^\s*(import|from) matplotlib", path.read_text("utf-8"), re.M))
    assert set(found) == {ROOT / "dragon" / "reporting" / "figures"}


def test_gathering_loads_no_matplotlib():
    script = "import stages.figure, sys; print([m for m in ('matplotlib', 'torch', 'faiss') if m in sys.modules])"
    out = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"


def test_the_stage_writes_four_files(measured, monkeypatch, capsys):
    for name in ("params.yaml", "scales"):
        Path(name).symlink_to(ROOT / name)
    figure_stage.main("figure3")
    built = sorted(path.name for path in PARAMS.layout.built("figure3.svg").parent.iterdir())
    assert built == ["figure3.csv", "figure3.md", "figure3.png", "figure3.svg"]
    assert capsys.readouterr().out.startswith("Figure 3: kind and number of queries: reports/built/mini/figure3.svg")
    text = PARAMS.layout.built("figure3.csv").read_text(encoding="utf-8")
    assert text == to_csv(made("figure3"))
