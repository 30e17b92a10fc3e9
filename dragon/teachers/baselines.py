"""Retrievers that others trained, as engines over encoders like every teacher; found anew for every evaluation."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from dragon import artifacts
from dragon.artifacts import Layout
from dragon.errors import ConfigError
from dragon.models.catalogue import FILE
from dragon.models.snapshots import HUB, commit_of
from dragon.registry import unknown
from dragon.settings import BASELINES, Baseline, Suite, Teacher
from dragon.teachers import fit_teacher

ENCODER_PATHS = ("path", "query_encoder", "context_encoder")
"""Options of encoders that lead to weights."""


@dataclass(frozen=True)
class Fitted(Layout):
    """Where a baseline's encoder lies while it is evaluated: nowhere that a later stage would look."""

    folder: Path

    def teacher(self, name: str) -> Path:
        return self.folder / name


def entries(
    baselines: Mapping[str, Baseline], suites: Mapping[str, Suite], suite: str, file: str
) -> dict[str, Teacher]:
    """The baselines with the lengths that they read in a suite; ``file`` opens error messages.

    Raises:
        ConfigError: an entry has lengths for a suite that the scale lacks, or an encoder without lengths.
    """
    found: dict[str, Teacher] = {}
    for name, entry in baselines.items():
        where, encoder = f"{file}: {BASELINES}.{name}.max_length", entry.options.get("encoder", {})
        for other in entry.max_length:
            if other not in suites:
                raise unknown(where, other, suites)
        if entry.max_length and "max_length" not in encoder:
            raise ConfigError(f"{where}: found lengths, but options.encoder has no max_length to replace; remove them")
        lengths = {"max_length": vars(entry.max_length[suite])} if suite in entry.max_length else {}
        found[name] = replace(entry, options={**entry.options, "encoder": {**encoder, **lengths}})
    return found


def unpinned(entry: Teacher) -> str:
    """Why an entry cannot be evaluated yet: it names a model of the hub whose commit nobody has pinned; else empty."""
    encoder = entry.options.get("encoder", {})
    paths = [encoder[key] for key in ENCODER_PATHS if str(encoder.get(key, "")).startswith(HUB)]
    found = [path.removeprefix(HUB) for path in paths if commit_of(path, f"{BASELINES}.options.encoder") is None]
    return f"no commit of {' and '.join(found)} is pinned; pin it in {FILE}, or behind @" if found else ""


def fit_baseline(found: Mapping[str, Teacher], name: str, fitted: Fitted) -> None:
    """Find a baseline's checkpoint and check it; nothing in it is fitted.

    Raises:
        ConfigError: the entry, its encoder or an option is wrong, or the checkpoint is not there.
    """
    try:
        encoder = fit_teacher(found, name, fitted, None)
    except ConfigError as error:
        raise ConfigError(str(error).replace(": teachers.", f": {BASELINES}.", 1)) from None
    with artifacts.folder(fitted.teacher(name), {"kind": "baseline"}) as part:
        encoder.save(part)
