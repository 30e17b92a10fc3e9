"""What the encoders of checkpoints share: options, ``fit``, ``save`` and ``load``."""

from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, Literal, Self

from dragon import artifacts, typed
from dragon.errors import ArtifactError, ConfigError
from dragon.models.checkpoints.opening import backbone, digests, locate, require_tokenizer, verify, versions
from dragon.models.checkpoints.weights import Task, check_weights, embedding_count, longest, place, readable
from dragon.models.encoder import FitData
from dragon.settings import MaxLength

MANIFEST = "checkpoint.json"


@dataclass(frozen=True, kw_only=True)
class CheckpointOptions:
    """What every entry says of its checkpoint (``options.encoder``)."""

    path: str
    """Absolute, below ``DRAGON_DATA``, or ``package:<name>``."""
    batch_size: int
    """Texts, at most; a batch has one length."""
    dtype: Literal["float32", "bfloat16"]
    device: Literal["auto", "cpu", "cuda"]


@dataclass(frozen=True, kw_only=True)
class TextOptions(CheckpointOptions):
    """What entries say whose checkpoint reads one text at a time."""

    max_length: MaxLength
    query_prefix: str | None
    """Stands before every query; null: what the folder itself says, or nothing."""
    passage_prefix: str | None
    threads: int
    """CPU threads of torch."""


class CheckpointEncoder:
    """A checkpoint that was found complete; its model is loaded when it is first asked."""

    options_type: ClassVar[type[CheckpointOptions]]
    task: ClassVar[Task]

    def __init__(self, options: Any, folder: Path, files: dict[str, str], made_with: dict[str, str]) -> None:
        self.options, self.folder, self.files, self.made_with = options, folder, files, made_with

    @classmethod
    def fit(cls, data: FitData, options: dict[str, Any]) -> Self:
        """Find the folder and check its weights; ``data`` is not read.

        Raises:
            ConfigError: an option is wrong, or the folder is not there.
            ArtifactError: a weight is missing, unknown or of another shape.
        """
        where = "options.encoder"
        settings = typed.build(cls.options_type, options, where)
        _positive(asdict(settings), where)
        folder = locate(settings.path, f"{where}.path")
        place(settings.device, f"{where}.device")
        cls.check(settings, folder, where)
        require_tokenizer(backbone(folder))
        cls.check_weights(folder)
        encoder = cls(settings, folder, {**digests(folder), **cls.beside(settings, where)}, versions())
        encoder.check_model(where)
        return encoder

    @classmethod
    def check(cls, options: Any, folder: Path, where: str) -> None:
        """Raise ConfigError for options that do not suit the folder."""

    @classmethod
    def check_weights(cls, folder: Path) -> None:
        """Raise ArtifactError, naming them, for weights that are missing, unknown or of another shape."""
        check_weights(backbone(folder), cls.task)

    @classmethod
    def beside(cls, options: Any, where: str) -> dict[str, str]:
        """sha256 of files that the model reads beside its folder, by a name of their own."""
        return {}

    def save(self, folder: Path) -> None:
        """Write ``checkpoint.json``: options, sha256 of the checkpoint's files, versions of libraries. No weights."""
        found = {"options": asdict(self.options), "files": self.files, "versions": self.made_with}
        artifacts.write_json(folder / MANIFEST, found)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Find the checkpoint again.

        Raises:
            ConfigError: it is not where it was.
            ArtifactError: its files are others.
        """
        path = folder / MANIFEST
        found = artifacts.read_json(path)
        if set(found) != {"options", "files", "versions"}:
            raise ArtifactError(f"{path}: found {sorted(found)}, allowed: options, files, versions; run `dvc repro`")
        options = typed.build(cls.options_type, found["options"], f"{path}: options")
        checkpoint = locate(options.path, f"{path}: options.path")
        verify(checkpoint, found["files"], str(path), cls.beside(options, f"{path}: options"))
        return cls(options, checkpoint, found["files"], found["versions"])

    def opened(self) -> Any:
        """The model of sentence-transformers, in evaluation mode."""
        raise NotImplementedError

    @cached_property
    def model(self) -> Any:
        with readable(self.folder):
            return self.opened().eval()

    @cached_property
    def device(self) -> str:
        return place(self.options.device, "options.encoder.device")

    def lengths(self) -> dict[str, int]:
        """Options that say how many tokens the model reads."""
        return {f"max_length.{key}": value for key, value in asdict(self.options.max_length).items()}

    def check_model(self, where: str) -> None:
        """What only the model knows.

        Raises:
            ConfigError: it has fewer positions than an option asks for.
            ArtifactError: its tokenizer has more entries than its table of embeddings.
        """
        entries, embeddings = len(self.model.tokenizer), embedding_count(self.model)
        if entries > embeddings:
            raise ArtifactError(
                f"{self.folder}: its tokenizer has {entries} entries, its model {embeddings} embeddings"
            )
        most = longest(self.model)
        for key, value in self.lengths().items():
            if most is not None and value > most:
                raise ConfigError(f"{where}.{key}: found {value}, allowed: up to {most}, which the model reads")


def _positive(options: dict[str, Any], where: str) -> None:
    for key, value in options.items():
        if isinstance(value, dict):
            _positive(value, f"{where}.{key}")
        elif type(value) is int and value < 1:
            raise ConfigError(f"{where}.{key}: found {value}, allowed: 1 or more")
