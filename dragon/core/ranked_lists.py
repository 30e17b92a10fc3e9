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

    docs_QK    int32    row of each passage in the corpus; -1 pads a short list at its end, or a rank that was not kept
    scores_QK  float32  the teacher's score, non-increasing along K, -inf where padded; comparable only
                        within one teacher. Only fusion reads it, so it is a file of its own.
    """

    docs_QK: np.ndarray
    scores_QK: np.ndarray
    digest: str = ""
    """Of the passages; hard labels depend on nothing else."""
    scores_digest: str = ""
    ranks: tuple[tuple[int, int], ...] = ()
    """Inclusive ranks that whoever published the lists kept (the authors' labels: 1-10 and 46-50); empty: all K."""

    @classmethod
    def open(cls, folder: Path) -> "RankedLists":
        """Map a complete folder; raises ArtifactError otherwise."""
        meta = artifacts.read_meta(folder)
        docs, scores = (np.load(folder / f"{name}.npy", mmap_mode="r") for name in ("docs", "scores"))
        if docs.shape != scores.shape or list(docs.shape) != meta["shape"]:
            raise ArtifactError(f"{folder}: docs {docs.shape}, scores {scores.shape}, meta.json {meta['shape']} differ")
        ranks = tuple((first, last) for first, last in meta.get("ranks", ()))
        return cls(docs, scores, meta["files"]["docs.npy"], meta["files"]["scores.npy"], ranks)

    def write(self, folder: Path, **meta: object) -> "RankedLists":
        """Check the invariants, write the folder atomically and open it."""
        self.check(str(folder))
        kept = {"ranks": [list(block) for block in self.ranks]} if self.ranks else {}
        facts = {"kind": "ranked lists", "shape": list(self.docs_QK.shape), **kept, **self.facts(), **meta}
        with artifacts.folder(folder, facts) as part:
            np.save(part / "docs.npy", np.ascontiguousarray(self.docs_QK, dtype=np.int32))
            np.save(part / "scores.npy", np.ascontiguousarray(self.scores_QK, dtype=np.float32))
        return RankedLists.open(folder)

    def check(self, where: str) -> None:
        """Raise ArtifactError unless padding is at the end (of each run of ranks that was kept) and scores never rise.

        Scores of one run are not compared with those of the next.
        """
        blocks = self.ranks or ((1, self.docs_QK.shape[1]),)
        for first, last in blocks:
            _check_block(self.docs_QK[:, first - 1 : last], self.scores_QK[:, first - 1 : last], where)
        outside = np.ones(self.docs_QK.shape[1], dtype=bool)
        for first, last in blocks:
            outside[first - 1 : last] = False
        if (self.docs_QK[:, outside] != PAD).any():
            raise ArtifactError(f"{where}: found passages outside the ranks {list(self.ranks)}, which it says it kept")

    def require_whole(self, what: str) -> None:
        """Raise ArtifactError when ranks are left out; ``what`` opens the message and says what needs them."""
        if self.ranks:
            kept = " and ".join(f"{first}-{last}" for first, last in self.ranks)
            raise ArtifactError(f"{what} needs whole lists, found ranks {kept} only; let the teacher rank them")

    @property
    def lengths_Q(self) -> np.ndarray:
        """Rank of the last passage of each list, int64 ``[Q]``: how many there are, unless ranks are left out."""
        there_QK, depth = np.asarray(self.docs_QK) != PAD, self.docs_QK.shape[1]
        if not self.ranks:
            return there_QK.sum(axis=1)
        return np.where(there_QK.any(axis=1), depth - np.argmax(there_QK[:, ::-1], axis=1), 0)

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


def _check_block(docs_QK: np.ndarray, scores_QK: np.ndarray, where: str) -> None:
    padded = docs_QK == PAD
    if (padded[:, :-1] & ~padded[:, 1:]).any():
        raise ArtifactError(f"{where}: a list goes on after its padding")
    scores = np.where(padded, -np.inf, scores_QK)
    if (scores[:, :-1] < scores[:, 1:]).any():
        raise ArtifactError(f"{where}: scores rise along a list; lists are best first")
