"""A pool of teachers over one query set: the sources of supervision that an experiment may draw from."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dragon import artifacts
from dragon.core.ranked_lists import RankedLists
from dragon.errors import ArtifactError
from dragon.registry import unknown


@dataclass(frozen=True)
class LabelStore:
    """N teachers' ranked lists over the same Q query rows.

    On disk it is a small manifest (``labels/<query set>/<pool>.json``) that names folders and their digests;
    a ``shuffle`` seed gives every query another query's lists, which is the control with labels that mean nothing.
    """

    query_set: str
    members: dict[str, RankedLists]
    alternatives: int = 1
    """Rows that stand for one visit of training, which takes one of them: ``i``, ``i + Q / alternatives``, ..."""

    @staticmethod
    def write(
        path: Path, query_set: str, folders: dict[str, Path], shuffle: int | None = None, alternatives: int = 1
    ) -> "LabelStore":
        """Write the manifest atomically and open it."""
        members = {name: _member(folder) for name, folder in folders.items()}
        rows = {"alternatives": alternatives} if alternatives > 1 else {}
        artifacts.write_json(path, {"query_set": query_set, "shuffle": shuffle, **rows, "members": members})
        return LabelStore.open(path)

    @classmethod
    def open(cls, path: Path) -> "LabelStore":
        """Open the manifest and map every member.

        Raises:
            ArtifactError: a member is missing, has changed since the manifest was written, or covers other queries;
                or rows do not come in so many alternatives.
        """
        manifest = artifacts.read_json(path)
        members = {name: _open(path, name, entry) for name, entry in manifest["members"].items()}
        sizes = {name: len(lists) for name, lists in members.items()}
        if len(set(sizes.values())) > 1:
            raise ArtifactError(f"{path}: members cover different numbers of queries: {sizes}")
        rows, alternatives = next(iter(sizes.values())), manifest.get("alternatives", 1)
        if rows % alternatives:
            raise ArtifactError(f"{path}: found {rows} rows, allowed: a multiple of {alternatives}, one for each set")
        if manifest["shuffle"] is not None:
            members = {name: _shuffled(lists, manifest["shuffle"]) for name, lists in members.items()}
        return cls(manifest["query_set"], members, alternatives)

    def select(self, names: Sequence[str]) -> list[RankedLists]:
        """The named members, in that order; raises ConfigError on a name that is not in the pool."""
        for name in names:
            if name not in self.members:
                raise unknown(f"labels {self.query_set}", name, self.members)
        return [self.members[name] for name in names]

    def __len__(self) -> int:
        return len(next(iter(self.members.values())))

    @property
    def visits(self) -> int:
        """Queries that an epoch over all of them visits: its rows, or a part of them where rows are alternatives."""
        return len(self) // self.alternatives


def _member(folder: Path) -> dict[str, object]:
    return {"folder": str(folder), "docs": artifacts.read_meta(folder)["files"]["docs.npy"]}


def _open(path: Path, name: str, entry: dict[str, str]) -> RankedLists:
    lists = RankedLists.open(Path(entry["folder"]))
    if lists.digest != entry["docs"]:
        raise ArtifactError(f"{path}: {name} has changed since this pool was made; run `dvc repro`")
    return lists


def _shuffled(lists: RankedLists, seed: int) -> RankedLists:
    order = np.random.Generator(np.random.Philox(seed)).permutation(len(lists))
    digests = [artifacts.digest([one, "shuffled", seed]) for one in (lists.digest, lists.scores_digest)]
    return RankedLists(lists.docs_QK[order], lists.scores_QK[order], *digests, ranks=lists.ranks)
