"""Models of the hub: a pinned commit, only the files that are read, the network only with ``HF_HUB_OFFLINE=0``."""

import re
from collections.abc import Sequence
from pathlib import Path

from dragon.errors import ArtifactError, ConfigError
from dragon.models.catalogue import HOW_TO_PIN, stated_revision

HUB = "hub:"
CONFIGURATION = ("*.json", "*.txt", "*.model", "*.jinja", "artifact.metadata")
"""Configuration and tokenizer, also ColBERT's."""
WEIGHTS, OLD_WEIGHTS = "*.safetensors", "pytorch_model.bin"
_OTHER_BACKENDS = ("onnx/*", "openvino/*", "coreml/*")
_COMMIT = re.compile(r"[0-9a-f]{40}")
_ID = re.compile(r"\w[\w.-]*(/\w[\w.-]*)?")


def snapshot(hub_id: str, revision: str, patterns: Sequence[str], where: str) -> Path:
    """The files of one commit that match ``patterns``, in the hub's local cache.

    Raises:
        ArtifactError: not in the cache, and the network is not allowed or not there; ``where`` opens the message.
    """
    from huggingface_hub import snapshot_download  # here: folders on this machine need none of it
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    only = {"allow_patterns": list(patterns), "ignore_patterns": list(_OTHER_BACKENDS)}
    try:
        return Path(snapshot_download(hub_id, revision=revision, **only))
    except (LocalEntryNotFoundError, HfHubHTTPError, HFValidationError) as error:
        raise ArtifactError(
            f"{where}: {hub_id}@{revision} cannot be had ({' '.join(str(error).split())[:120]});"
            " HF_HUB_OFFLINE=0 allows the download, or name a folder"
        ) from None


def with_weights(hub_id: str, revision: str, patterns: Sequence[str], where: str) -> Path:
    """A commit's safetensors beside what matches ``patterns``; the older format where a module has no others.

    Raises:
        ArtifactError: see :func:`snapshot`; or the commit, or what the cache holds of it, has no weights.
    """
    folder = snapshot(hub_id, revision, (*patterns, WEIGHTS), where)
    modules = {path.parent.relative_to(folder) for path in folder.rglob("config.json")}
    old = [str(one / OLD_WEIGHTS) for one in sorted(modules) if not any((folder / one).glob(WEIGHTS))]
    if old:
        snapshot(hub_id, revision, old, where)
    if not any(folder.rglob(WEIGHTS)) and not any(folder.rglob(OLD_WEIGHTS)):
        raise ArtifactError(
            f"{where}: {hub_id}@{revision}: found no {WEIGHTS} and no {OLD_WEIGHTS} in {folder};"
            " HF_HUB_OFFLINE=0 allows the download"
        )
    return folder


def checkpoint(path: str, where: str) -> Path:
    """The folder that ``hub:<org>/<name>@<commit>`` names; without ``@`` the commit of ``registry/models.yaml``.

    Raises:
        ConfigError: no full commit.
        ArtifactError: it cannot be had.
    """
    hub_id, revision = _parts(path, where)
    return with_weights(hub_id, pinned(hub_id, revision, where), CONFIGURATION, where)


def commit_of(path: str, where: str) -> str | None:
    """The commit that ``hub:...`` stands for, which decides its files; None: nobody pinned it yet."""
    hub_id, revision = _parts(path, where)
    return revision or stated_revision(hub_id)


def _parts(path: str, where: str) -> tuple[str, str | None]:
    hub_id, _, revision = path.removeprefix(HUB).partition("@")
    if not _ID.fullmatch(hub_id):
        raise ConfigError(f"{where}: found {path!r}, allowed: {HUB}<org>/<name>@<40 digits of a commit>")
    return hub_id, revision or None


def pinned(hub_id: str, revision: str | None, where: str) -> str:
    """A full commit: the one given, or the one that ``registry/models.yaml`` states.

    Raises:
        ConfigError: neither is one.
    """
    found = revision or stated_revision(hub_id)
    if not _COMMIT.fullmatch(found or ""):
        raise ConfigError(
            f"{where}: found {revision!r}, allowed: the 40 digits of a commit of {hub_id!r} (or name a folder that"
            f" exists); {HOW_TO_PIN.format(hub_id)}"
        )
    return found
