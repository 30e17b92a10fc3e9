"""Where the parts of a named collection lie: by layout of ``registry/collections.yaml``, or in a user's BEIR folder."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from dragon.datasets import fetch
from dragon.datasets.archives import Gzip, Member, unpacked
from dragon.datasets.beir_lines import Lines, Readable
from dragon.datasets.forms import AnswerLines, ParquetLines, ParquetQrels, TsvLines
from dragon.datasets.rows import Collections, Row
from dragon.errors import ArtifactError

EXTRACTED = "lotte/lotte_extracted"
"""Below ``IR_DATASETS_HOME``; ir_datasets unpacks to the same place and trusts whatever is there."""


@dataclass(frozen=True)
class Parts:
    """What a collection is read from."""

    corpus: Lines
    splits: Mapping[str, tuple[Lines, Lines]]
    """Split -> queries, judgments."""
    kept: Path
    """File or folder to delete when the contents are not what the registry says."""


@dataclass(frozen=True)
class Place:
    """A row, where its files come from, and the key that asks."""

    registry: Collections
    row: Row
    where: str

    def file(self, part: str) -> Path:
        """A file of the row, fetched if need be; raises ArtifactError when it cannot be had."""
        return fetch.fetched(self.registry.file(self.row, part), self.where)


def msmarco(place: Place, splits: Iterable[str]) -> Parts:
    """The tar of passages and dev queries, and a file each for the other splits; nothing is unpacked."""
    tar = place.file("archive")
    found = {}
    for split in splits:
        if split == "dev":
            asked, judged = (Member(tar, f"{part}.dev.small.tsv") for part in ("queries", "qrels"))
        elif split == "train":
            asked, judged = Member(place.file("queries"), "queries.train.tsv"), place.file("qrels-train")
        else:
            asked, judged = Gzip(place.file(f"queries-{split}")), place.file(f"qrels-{split}")
        found[split] = TsvLines(asked), Lines(judged)
    return Parts(TsvLines(Member(tar, "collection.tsv")), found, tar)


def beir(place: Place, splits: Iterable[str]) -> Parts:
    """A BEIR folder in a zip; nothing is unpacked."""
    archive = place.file("archive")
    return _beir(lambda file: Member(archive, f"{place.row.inside}/{file}"), splits, archive)


def beir_folder(root: Path, splits: Iterable[str]) -> Parts:
    """A BEIR folder on disk."""
    return _beir(lambda file: root / file, splits, root)


def lotte(place: Place, splits: Iterable[str]) -> Parts:
    """A folder of LoTTE's archive, which is unpacked once for all of them.

    Raises:
        ArtifactError: what is unpacked lacks a file, as after an unpacking that was killed.
    """
    whole = fetch.home() / EXTRACTED
    if not whole.exists():
        unpacked(place.file("archive"), whole)
    root = whole / place.row.inside
    found = {s: (TsvLines(root / f"questions.{s}.tsv"), AnswerLines(root / f"qas.{s}.jsonl")) for s in splits}
    parts = Parts(TsvLines(root / "collection.tsv"), found, whole)
    for one in (parts.corpus, *(line for pair in found.values() for line in pair)):
        if not Path(str(one.path)).is_file():
            raise ArtifactError(f"{place.where}: {one.path} is not there; delete {whole} and run again")
    return parts


def nano(place: Place, splits: Iterable[str]) -> Parts:
    """Three Parquet files."""
    corpus, queries, qrels = (place.file(part) for part in ("corpus", "queries", "qrels"))
    return Parts(ParquetLines(corpus), {s: (ParquetLines(queries), ParquetQrels(qrels)) for s in splits}, corpus)


LAYOUTS: Mapping[str, Callable[[Place, Iterable[str]], Parts]] = {
    "msmarco": msmarco,
    "beir": beir,
    "lotte": lotte,
    "nano": nano,
}


def _beir(at: Callable[[str], Readable], splits: Iterable[str], kept: Path) -> Parts:
    found = {split: (Lines(at("queries.jsonl")), Lines(at(f"qrels/{split}.tsv"))) for split in splits}
    return Parts(Lines(at("corpus.jsonl")), found, kept)
