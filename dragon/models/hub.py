"""Models that someone else made: a folder, or a pinned revision of the hub. Also the vocabulary kind ``checkpoint``."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dragon import typed
from dragon.errors import ArtifactError
from dragon.models.checkpoints.opening import PACKAGE, backbone, find, locate
from dragon.models.snapshots import WEIGHTS, pinned, snapshot, with_weights
from dragon.models.vocabulary import TOKENIZER_FILES, VOCABULARIES, open_tokenizer


@dataclass(frozen=True, kw_only=True)
class Pinned:
    """A Hugging Face model: a folder (``revision`` null), or a hub id with a full commit as its revision."""

    name: str
    """A folder: as it stands, or below ``DRAGON_DATA``, or ``package:<name>``, inside an installed package."""
    revision: str | None


@VOCABULARIES("checkpoint")
def copy_vocabulary(texts: Sequence[str], options: dict[str, Any], where: str, part: Path) -> None:
    """Copy a model's tokenizer files; ``texts`` are not read.

    Raises:
        ConfigError: the option does not pin a model.
        ArtifactError: the model is not there, or has neither ``tokenizer.json`` nor a ``vocab.txt`` that is read.
    """
    folder = resolve(typed.build(Pinned, options, where), TOKENIZER_FILES, where)
    if (folder / "vocab.txt").exists() and not (folder / "tokenizer.json").exists():
        _convert_tokenizer(folder, part)
    else:
        open_tokenizer(folder)
    for name in TOKENIZER_FILES:
        if (folder / name).exists():
            shutil.copyfile(folder / name, part / name)


def _convert_tokenizer(folder: Path, part: Path) -> None:
    """Write the ``tokenizer.json`` of a model that is older than this format."""
    from transformers import AutoTokenizer  # here and not above: most vocabularies need no transformers

    try:
        AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False).save_pretrained(part)
    except (OSError, ValueError, KeyError) as error:
        raise ArtifactError(f"{folder}: its tokenizer cannot be read ({' '.join(str(error).split())[:120]})") from None


def resolve(model: Pinned, patterns: Sequence[str], where: str) -> Path:
    """The transformer's folder on this machine; downloads (hub ids, matching files) only with ``HF_HUB_OFFLINE=0``.

    Args:
        model: a folder, or a model of the hub.
        patterns: of the files that are needed; with :data:`dragon.models.snapshots.WEIGHTS` among them, the older
            format is taken where the model has no safetensors.
        where: opens error messages.

    Raises:
        ConfigError: neither a folder nor a hub id with a full commit.
        ArtifactError: not in the local cache, and the network is not allowed or not there.
    """
    folder = locate(model.name, f"{where}.name") if model.name.startswith(PACKAGE) else find(model.name)
    if folder is not None:
        return backbone(folder)
    revision = pinned(model.name, model.revision, f"{where}.revision")
    get = with_weights if WEIGHTS in patterns else snapshot
    return get(model.name, revision, patterns, where)
