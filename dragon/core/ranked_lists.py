"""What one teacher retrieved for one query set."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dragon import artifacts
from dragon.errors import ArtifactError

PAD = -1


@dataclass(frozen=True)
class RankedLists:
    """Ranked lists of Q queries, best first, keyed by query row.

    docs_QK    int32    row of each passage in the corpus; -1 pads a short list at its end
    scores_QK  float32  the teacher's score, non-increasing along K, -inf where padded; comparable only
                        within one teacher. Only fusion reads it, so it is a file of its own.
    """

    docs_QK: np.ndarray
    scores_QK: np.ndarray
    digest: str = ""
    """Of the passages; hard labels depend on nothing else."""
    scores_digest: str = ""

    @classmethod
    def open(cls, folder: Path) -> "RankedLists":
        """Map a complete folder; raises ArtifactError otherwise."""
        meta = artifacts.read_meta(folder)
        docs, scores = (np.load(folder / f"{name}.npy", mmap_mode="r") for name in ("docs", "scores"))
        if docs.shape != scores.shape or list(docs.shape) != meta["shape"]:
            raise ArtifactError(f"{folder}: docs {docs.shape}, scores {scores.shape}, meta.json {meta['shape']} differ")
        return cls(docs, scores, meta["files"]["docs.npy"], meta["files"]["scores.npy"])

    def write(self, folder: Path, **meta: object) -> "RankedLists":
        """Check the invariants, write the folder atomically and open it."""
        self.check(str(folder))
        facts = {"kind": "ranked lists", "shape": list(self.docs_QK.shape), **self.facts(), **meta}
        with artifacts.folder(folder, facts) as part:
            np.save(part / "docs.npy", np.ascontiguousarray(self.docs_QK, dtype=np.int32))
            np.save(part / "scores.npy", np.ascontiguousarray(self.scores_QK, dtype=np.float32))
        return RankedLists.open(folder)

    def check(self, where: str) -> None:
        """Raise ArtifactError unless padding is at the end and scores never rise."""
        padded = self.docs_QK == PAD
        if (padded[:, :-1] & ~padded[:, 1:]).any():
            raise ArtifactError(f"{where}: a list goes on after its padding")
        if (np.where(padded, -np.inf, self.scores_QK)[:, :-1] < np.where(padded, -np.inf, self.scores_QK)[:, 1:]).any():
            raise ArtifactError(f"{where}: scores rise along a list; lists are best first")

    @property
    def lengths_Q(self) -> np.ndarray:
        """Number of passages in each list, int64 ``[Q]``."""
        return (np.asarray(self.docs_QK) != PAD).sum(axis=1)

    def facts(self) -> dict[str, int]:
        """How many lists are short or empty: counted and reported, never dropped."""
        lengths = self.lengths_Q
        return {
            "queries": len(lengths),
            "short_lists": int((lengths < self.docs_QK.shape[1]).sum()),
            "empty_lists": int((lengths == 0).sum()),
        }

    def __len__(self) -> int:
        return len(self.docs_QK)
