"""What is known of the models of the paper: ``registry/models.yaml``, one row per model of the hub."""

import re
from dataclasses import dataclass
from pathlib import Path

import yaml

from dragon import typed
from dragon.errors import ConfigError

FILE = Path("registry/models.yaml")
HOW_TO_PIN = (
    "https://huggingface.co/{}/commits/main lists commits: write the one you want behind @ (or as revision), or into"
    f" {FILE}"
)


@dataclass(frozen=True, kw_only=True)
class Lengths:
    """Tokens, special tokens included; null: no source states it, or the model reads no such text."""

    query: int | None
    passage: int | None


@dataclass(frozen=True, kw_only=True)
class Model:
    """One model of the hub, as public sources state it."""

    id: str
    revision: str | None
    """40 digits of a commit; null: no source states one, so the user pins it."""
    role: str
    """What it is in the paper: teacher, start, student, baseline, generator."""
    architecture: str
    pooling: str | None
    query_prefix: str
    passage_prefix: str
    similarity: str | None
    max_length: Lengths
    licence: str | None
    parameters: int | None
    source: str
    """Where revision, lengths, licence and parameters are stated."""
    note: str = ""


def models(root: Path = Path()) -> dict[str, Model]:
    """Rows by short name.

    Raises:
        ConfigError: the file is not there, a key is wrong, or a revision is no full commit.
    """
    path = root / FILE
    if not path.is_file():
        raise ConfigError(f"{path}: there is no such file; run from the root of the repository")
    found = yaml.safe_load(path.read_text(encoding="utf-8"))
    rows = typed.convert(dict[str, Model], found, str(path))
    for name, row in rows.items():
        if row.revision is not None and not re.fullmatch(r"[0-9a-f]{40}", row.revision):
            raise ConfigError(f"{path}: {name}.revision: found {row.revision!r}, allowed: 40 digits of a commit, null")
    return rows


def stated_revision(hub_id: str, root: Path = Path()) -> str | None:
    """The commit of a model, or None where no row states one."""
    rows = models(root).values() if (root / FILE).is_file() else ()
    return next((row.revision for row in rows if row.id == hub_id), None)
