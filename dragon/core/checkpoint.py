"""A bi-encoder on disk: ``query_encoder/`` and ``context_encoder/`` in Hugging Face layout."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dragon import artifacts

QUERY_ENCODER, CONTEXT_ENCODER = "query_encoder", "context_encoder"


@dataclass(frozen=True)
class Checkpoint:
    """A path and its facts; weights are loaded by ``dragon.models``.

    With tied encoders the two folders hold the same weights.
    """

    folder: Path
    meta: dict[str, Any]

    @classmethod
    def open(cls, folder: Path) -> "Checkpoint":
        """Open a complete checkpoint; raises ArtifactError otherwise."""
        return cls(folder, artifacts.read_meta(folder))

    @property
    def digest(self) -> str:
        """Digest of both encoders' weights and configuration, whatever else lies in the folder."""
        files = {name: value for name, value in self.meta["files"].items() if "_encoder/" in name}
        return artifacts.digest(files)

    @property
    def query_encoder(self) -> Path:
        return self.folder / QUERY_ENCODER

    @property
    def context_encoder(self) -> Path:
        return self.folder / CONTEXT_ENCODER
