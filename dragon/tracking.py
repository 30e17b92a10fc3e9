"""MLflow is a view: the only module that imports it, and everything works without it.

The store is sqlite by absolute path (or ``MLFLOW_TRACKING_URI``; ``off`` logs nothing). Database and experiment are
made once, under a lock, and runs are started by experiment id: MLflow 3.17 loses runs when two processes make
them together. One run per student, found again by its ``run_key``, so evaluation resumes it and a repeated
stage does not duplicate it. A tracker that fails prints one line and stops nothing.
"""

import os
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock

from dragon import artifacts
from dragon.config import PLAYGROUND, Experiment, project_root, resolved

EXPERIMENT = "dragon"
LOGGED = "logged"
"""Tag: digest of what a run was last brought up to date with."""
_CURVE_POINTS = 200
Values = Mapping[str, Mapping[str, float]]
"""``{test: {measure: value}}``."""

os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")


def run_key(experiment: Experiment, scale: str) -> str:
    """What makes two runs the same run: scale, student and every resolved setting."""
    return artifacts.digest([scale, resolved(experiment)])[:16]


def uri() -> str:
    """Where runs go; the same database from a checkout and from DVC's temporary copies of it."""
    return os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{project_root() / 'mlflow.db'}"


def guarded(call: Callable[..., None]) -> Callable[..., None]:
    """Tracking must never stop an experiment: whatever goes wrong becomes one line on stderr."""

    def safe(*args: Any, **kwargs: Any) -> None:
        if uri() == "off":
            return
        try:
            call(*args, **kwargs)
        except Exception as error:  # noqa: BLE001 - any failure of the tracker, by design
            from tqdm import tqdm

            tqdm.write(f"mlflow: not logged ({type(error).__name__}: {str(error).splitlines()[0][:120]})")

    return safe


def run_ids() -> dict[str, str]:
    """run_key -> MLflow run id of every student that MLflow knows; empty when it is off or cannot be read."""
    found: dict[str, str] = {}
    _find_runs(found)
    return found


@guarded
def _find_runs(found: dict[str, str]) -> None:
    client, experiment_id = _client()
    page = None
    while page is None or page.token:
        page = client.search_runs([experiment_id], max_results=1000, page_token=page.token if page else None)
        found |= {run.data.tags["run_key"]: run.info.run_id for run in page if "run_key" in run.data.tags}


@dataclass(frozen=True)
class Student:
    """The run of one student at one scale."""

    experiment: Experiment
    scale: str

    @guarded
    def log(self, curve: Sequence[Mapping[str, float]], suites: Mapping[str, Values], tags: Mapping[str, str]) -> None:
        """Parameters, tags, the curve of all iterations on one axis of steps, and every value of every suite.

        Metrics are named ``suite/test/nDCG_at_10`` (``metric_name``). A run that says all this already is left alone.
        """
        client, run_id = self._open()
        digest = artifacts.digest([curve, suites, tags])
        if client.get_run(run_id).data.tags.get(LOGGED) == digest:
            return
        _log_params(client, run_id, flat(resolved(self.experiment)))
        if "loss" not in client.get_run(run_id).data.metrics:
            _log_curve(client, run_id, curve)
        _log_values(client, run_id, suites)
        _log_tags(client, run_id, {**tags, LOGGED: digest})
        client.set_terminated(run_id)

    def _open(self) -> tuple[Any, str]:
        client, experiment_id = _client()
        key = run_key(self.experiment, self.scale)
        with _lock():
            found = client.search_runs([experiment_id], f"tags.run_key = '{key}'", max_results=1)
            if found:
                return client, found[0].info.run_id
            tags = {"run_key": key, "scale": self.scale}
            return client, client.create_run(experiment_id, tags=tags, run_name=self._name()).info.run_id

    def _name(self) -> str:
        """The playground's runs carry their trajectory, since all of them are called ``student``."""
        name = self.experiment.name
        return f"{name}: {' > '.join(self.experiment.trajectory)}" if name == PLAYGROUND else name


def metric_name(suite: str, test: str, measure: str) -> str:
    """``in-domain/dev/nDCG_at_10``, ``in-domain/dl19/R_rel2_at_100``: MLflow refuses ``@``, ``=`` and brackets."""
    shown = re.sub(r"[(,]", "_", measure.replace("@", "_at_"))
    return f"{suite}/{test}/{re.sub(r'[^A-Za-z0-9_.-]', '', shown)}"


def flat(settings: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    """Nested settings as ``training.max_length.query -> 32``; a trajectory reads ``unicoil > contriever``."""
    out: dict[str, str] = {}
    for key, value in settings.items():
        if isinstance(value, Mapping):
            out |= flat(value, f"{prefix}{key}.")
        elif key == "trajectory":
            out[prefix + key] = " > ".join(value)
        else:
            out[prefix + key] = str(value)
    return out


def stage_tags() -> dict[str, str]:
    """DVC's stage and experiment, and the git revision, of the process that logs."""
    tags = {"dvc.stage": os.environ.get("DVC_STAGE", ""), "dvc.experiment": os.environ.get("DVC_EXP_NAME", "")}
    with suppress(OSError, ValueError):
        tags["git.commit"] = _git_head(Path(".git"))
    return {key: value for key, value in tags.items() if value}


def _git_head(git: Path) -> str:
    if git.is_file():  # a worktree or one of DVC's temporary checkouts
        git = Path(git.read_text().split("gitdir:", 1)[1].strip())
    head = (git / "HEAD").read_text().strip()
    if not head.startswith("ref: "):
        return head
    ref = git / head.removeprefix("ref: ")
    if ref.exists():
        return ref.read_text().strip()
    packed = (git / "packed-refs").read_text().splitlines()
    return next(line.split()[0] for line in packed if line.endswith(head.removeprefix("ref: ")))


def _lock() -> FileLock:
    from dragon.store import Store

    folder = Store.default().root
    folder.mkdir(parents=True, exist_ok=True)
    return FileLock(folder / ".mlflow.lock")


def _client() -> tuple[Any, str]:
    import logging

    from mlflow import MlflowClient

    logging.getLogger("mlflow").setLevel(logging.ERROR)
    logging.getLogger("alembic").setLevel(logging.ERROR)
    with _lock():
        client = MlflowClient(tracking_uri=uri())
        found = client.get_experiment_by_name(EXPERIMENT)
        if found:
            return client, found.experiment_id
        place = (project_root() / "mlartifacts").as_uri()
        tags = {"mlflow.experimentKind": "custom_model_development"}  # else the page opens in its GenAI view
        return client, client.create_experiment(EXPERIMENT, artifact_location=place, tags=tags)


def _log_params(client: Any, run_id: str, params: Mapping[str, str]) -> None:
    from mlflow.entities import Param

    client.log_batch(run_id, params=[Param(key, value) for key, value in params.items()])


def _log_tags(client: Any, run_id: str, tags: Mapping[str, str]) -> None:
    from mlflow.entities import RunTag

    client.log_batch(run_id, tags=[RunTag(key, value) for key, value in {**stage_tags(), **tags}.items()])


def _log_values(client: Any, run_id: str, suites: Mapping[str, Values]) -> None:
    from mlflow.entities import Metric

    metrics = [
        Metric(metric_name(suite, test, measure), value, 0, 0)
        for suite, values in suites.items()
        for test, row in values.items()
        for measure, value in row.items()
    ]
    client.log_batch(run_id, metrics=metrics)


def _log_curve(client: Any, run_id: str, points: Sequence[Mapping[str, float]]) -> None:
    from mlflow.entities import Metric

    stride = max(1, len(points) // _CURVE_POINTS)
    metrics = [
        Metric(name, float(point[name]), 0, step)
        for step, point in enumerate(points, 1)
        if step % stride == 0 or step == len(points)
        for name in ("loss", "learning_rate", "queries_per_second")
    ]
    for first in range(0, len(metrics), 900):
        client.log_batch(run_id, metrics=metrics[first : first + 900])
