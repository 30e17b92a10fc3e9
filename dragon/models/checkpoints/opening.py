"""Where a checkpoint lies, and whether it is still the one that a teacher was fitted with."""

import json
import os
from collections.abc import Mapping
from importlib.metadata import Distribution, PackageNotFoundError, distribution, version
from pathlib import Path, PurePosixPath

from dragon import artifacts
from dragon.config import project_root
from dragon.errors import ArtifactError, ConfigError
from dragon.imports import DATA
from dragon.models.snapshots import HUB, checkpoint

PACKAGE = "package:"
LIBRARIES = ("torch", "transformers", "tokenizers", "sentence-transformers")
_FILES = {".json", ".txt", ".model", ".jinja", ".safetensors", ".bin", ".metadata"}
_WEIGHTS = ("*.safetensors", "*.bin")
_TOKENIZERS = (
    "tokenizer.json",
    "vocab.txt",
    "vocab.json",
    "spiece.model",
    "sentencepiece.bpe.model",
    "tokenizer.model",
)
_OTHER_BACKENDS = {"onnx", "openvino"}
_READ = (".Transformer", ".MLMTransformer")
"""What sentence-transformers calls a module that is a transformer; another first module is not read here."""


def locate(path: str, where: str) -> Path:
    """The folder of a checkpoint.

    Args:
        path: absolute, or relative to ``DRAGON_DATA``, or ``package:<name>``: the folder with a model inside an
            installed package, which is not imported; or ``hub:<org>/<name>@<commit>``.
        where: opens error messages.

    Raises:
        ConfigError: there is no such folder, or it holds no model, or a model of the hub is not pinned.
        ArtifactError: a model of the hub cannot be had.
    """
    if path.startswith(HUB):
        folder = checkpoint(path, where)
    else:
        folder = _in_package(path.removeprefix(PACKAGE), where) if path.startswith(PACKAGE) else _in_data(path, where)
    if not (folder / "config.json").is_file() and not (folder / "modules.json").is_file():
        raise ConfigError(f"{where}: found {folder}, which has neither config.json nor modules.json; {_ALLOWED}")
    return folder


def find(path: str) -> Path | None:
    """An existing folder: as it stands, or below ``DRAGON_DATA``."""
    folder, data = Path(path).expanduser(), _data()
    candidates = [folder, data / folder] if data else [folder]
    return next((one for one in candidates if one.is_dir()), None)


def _data() -> Path | None:
    """The user's folder; a relative one starts at the checkout, also in DVC's temporary copies."""
    value = os.environ.get(DATA)
    return project_root() / Path(value).expanduser() if value else None


_ALLOWED = (
    f"allowed: a Hugging Face or sentence-transformers folder: absolute, below {DATA}, {PACKAGE}<name>, or"
    f" {HUB}<org>/<name>@<commit>"
)


def _in_data(path: str, where: str) -> Path:
    folder, data = Path(path).expanduser(), _data()
    if not folder.is_absolute() and data is None:
        raise ConfigError(f"{where}: found {path!r}, but {DATA} is not set; set it, or give an absolute path")
    folder = data / folder if data else folder  # an absolute path stays itself
    if not folder.is_dir():
        raise ConfigError(f"{where}: found {path!r}, but {folder} is not a folder; {_ALLOWED}")
    return folder


def _in_package(name: str, where: str) -> Path:
    """The one folder of a package's files that holds a configuration and weights."""
    try:
        package = distribution(name)
    except PackageNotFoundError:
        raise ConfigError(f"{where}: package {name!r} is not installed; `pip install {name}`") from None
    found = _model_folders(package)
    if len(found) != 1:
        names = ", ".join(map(str, found)) or "none"
        raise ConfigError(f"{where}: folders with a model in package {name!r}: {names}; allowed: one; give its path")
    return Path(package.locate_file(found[0]))


def _model_folders(package: Distribution) -> list[PurePosixPath]:
    files = [PurePosixPath(file) for file in package.files or ()]
    configured = {file.parent for file in files if file.name == "config.json"}
    weighted = {file.parent for file in files if any(file.match(pattern) for pattern in _WEIGHTS)}
    found = sorted(configured & weighted)
    return [folder for folder in found if not any(other in folder.parents for other in found)]


def is_sentence_transformers(folder: Path) -> bool:
    """Whether the folder says which modules follow the transformer."""
    return (folder / "modules.json").is_file()


def backbone(folder: Path) -> Path:
    """The folder of the transformer itself: a sentence-transformers folder may keep it one level below.

    Raises:
        ArtifactError: the first module is not a transformer.
    """
    if not is_sentence_transformers(folder):
        return folder
    try:
        first = json.loads((folder / "modules.json").read_text(encoding="utf-8"))[0]
        kind, path = str(first["type"]), str(first["path"])
    except (ValueError, LookupError, TypeError):
        raise ArtifactError(f"{folder / 'modules.json'}: not a list of modules; get the folder again") from None
    if not kind.endswith(_READ):
        raise ArtifactError(f"{folder / 'modules.json'}: found a first module {kind!r}, allowed: a Transformer")
    return folder / path


def require_tokenizer(folder: Path) -> None:
    """Raise ArtifactError for a transformer without a vocabulary: transformers would read every word as unknown."""
    if not any((folder / name).is_file() for name in _TOKENIZERS):
        raise ArtifactError(f"{folder}: no tokenizer; allowed: a folder with one of {', '.join(_TOKENIZERS)}")


def digests(folder: Path) -> dict[str, str]:
    """sha256 of the weights and of every file that says how they are used, by relative name.

    Weights in an older format beside safetensors are not read, so they do not count.
    """
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix in _FILES)
    inside = {path: path.relative_to(folder) for path in files}
    kept = [path for path in files if not _OTHER_BACKENDS.intersection(inside[path].parts)]
    new = {path.parent for path in kept if path.suffix == ".safetensors"}
    kept = [path for path in kept if path.suffix != ".bin" or path.parent not in new]
    return {inside[path].as_posix(): artifacts.file_digest(path) for path in kept}


def verify(folder: Path, expected: dict[str, str], where: str, beside: Mapping[str, str] | None = None) -> None:
    """Raise ArtifactError, naming the first files, when the folder is not what ``expected`` recorded.

    ``beside`` are digests of other files that were recorded with it.
    """
    found = {**digests(folder), **(beside or {})}
    wrong = sorted(name for name in {*found, *expected} if found.get(name) != expected.get(name))
    if wrong:
        raise ArtifactError(
            f"{folder}: {', '.join(wrong[:5])} changed since {where} was written; restore the folder, or fit the"
            " teacher again (`dvc repro --force --single-item teacher@<name>`)"
        )


def versions() -> dict[str, str]:
    """Versions of the libraries that compute with a checkpoint."""
    return {name: version(name) for name in LIBRARIES}
