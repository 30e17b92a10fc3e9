"""Checkouts that the report is made in: one with everything, made once, and copies of it to change."""

import contextlib
import shutil

import claims_world as world
import pytest
import report_checkout as made

from dragon.config import PLAYGROUND
from stages import claims as claims_stage
from stages import figure as figure_stage
from stages import report as report_stage
from stages import table as table_stage


@pytest.fixture(scope="session")
def finished_checkout(tmp_path_factory):
    """Three students, a start and the playground evaluated, figures drawn, claims tested, the report written."""
    folder = made.checkout(tmp_path_factory.mktemp("report"))
    with pytest.MonkeyPatch.context() as patch, contextlib.chdir(folder):
        patch.setenv("DRAGON_STORE", str(folder / "store"))
        patch.setenv("MLFLOW_TRACKING_URI", "off")
        for system, better in {"progressive": 2, "uniform": 1, "start-plain": 0, PLAYGROUND: 4}.items():
            made.evaluated(system, better)
        made.trained("progressive", "k1" * 32, "k2" * 32, "k3" * 32)
        made.trained("uniform", "u1" * 32, "k2" * 32)
        made.trained(PLAYGROUND, "s1" * 32)
        made.collected()
        for number in range(1, 5):
            figure_stage.main(f"figure{number}")
        claims_stage.main()
        table_stage.main("table3")
        report_stage.main()
    return folder


@pytest.fixture
def report_checkout(finished_checkout, tmp_path, monkeypatch):
    """A copy to change, as the working folder."""
    folder = tmp_path / "checkout"
    shutil.copytree(finished_checkout, folder)
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def claims_checkout(tmp_path, monkeypatch):
    for name in ("params.yaml", "scales", "reports"):
        copy = shutil.copytree if (world.ROOT / name).is_dir() else shutil.copy
        copy(world.ROOT / name, tmp_path / name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def claims_world(claims_checkout):
    """high > low clearly; even differs from middle in both directions; shifted is a hair above middle."""
    base = [i % 7 / 20 for i in range(40)]
    world.evaluated("low", base)
    world.evaluated("middle", [v + 0.1 for v in base])
    world.evaluated("high", [v + 0.3 + i % 3 / 50 for i, v in enumerate(base)])
    world.evaluated("even", [v + 0.1 + (0.11 if i % 2 else -0.1) for i, v in enumerate(base)])
    world.evaluated("shifted", [v + 0.1 + i % 2 / 500 for i, v in enumerate(base)])
