"""Pool: other collections of the same scale joined into one, as LoTTE's pooled sets are (paper A.6).

The harder search: a query's own collection is not known. Queries keep their judgments; what another collection
holds is not judged. A pool of one is that collection under new ids.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from dragon import artifacts, typed
from dragon.artifacts import Layout
from dragon.core import Corpus, Passage, Qrels, Queries
from dragon.core.queries import NO_SOURCE, Query
from dragon.datasets import SOURCES, Collection
from dragon.datasets.expected import Expected
from dragon.errors import ArtifactError, ConfigError


@dataclass(frozen=True, kw_only=True)
class Options:
    """What is joined."""

    of: tuple[str, ...]
    """``<suite>/<dataset>``, materialised before; passages stand in this order."""
    expect: Expected | None
    """Null accepts whatever the collections give."""


@SOURCES("pool")
def pool(options: Mapping[str, Any], where: str, layout: Layout) -> Collection:
    """Join the collections; ids of passages and queries get the prefix ``<dataset>/``.

    Every split that one of them has is there; its queries are those of all collections that have it.

    Raises:
        ConfigError: an option is wrong, or two collections have one name.
        ArtifactError: a collection is not there yet, or the result is not what ``expect`` says.
    """
    settings = typed.build(Options, options, where)
    folders = _folders(settings.of, f"{where}.of", layout)
    passages: list[Passage] = []
    queries: dict[str, list[Query]] = {}
    grades: dict[str, dict[str, dict[str, int]]] = {}
    for name, folder in folders.items():
        for split in _splits(folder):
            rows = Queries.open(folder / "queries" / split)
            queries.setdefault(split, []).extend(_renamed(rows, name, len(passages)))
            judged = Qrels.read(folder / "qrels" / f"{split}.trec")
            grades.setdefault(split, {}).update(_prefixed(judged, name))
        passages += (one._replace(doc_id=f"{name}/{one.doc_id}") for one in Corpus.open(folder / "corpus"))
    qrels = {split: Qrels(one) for split, one in grades.items()}
    found = Expected.of(passages, queries, qrels)
    if settings.expect and (differences := list(settings.expect.differences(found))):
        advice = "look at the collections that it joins, or set `expect` to what was found if they should differ"
        raise ArtifactError(f"{where}.expect: {'; '.join(differences)}; {advice}")
    return Collection(passages, queries, qrels, {"of": list(settings.of), **_rule(folders), **asdict(found)})


def _folders(places: Iterable[str], where: str, layout: Layout) -> dict[str, Path]:
    """Dataset name -> folder, in the order given."""
    folders: dict[str, Path] = {}
    for place in places:
        suite, _, name = place.partition("/")
        if not (suite and name) or "/" in name:
            raise ConfigError(f"{where}: found {place!r}, allowed: <suite>/<dataset>")
        if name in folders:
            raise ConfigError(f"{where}: found two collections {name!r}, allowed: one, since ids start with the name")
        folders[name] = layout.dataset(suite, name)
    if not folders:
        raise ConfigError(f"{where}: found an empty list, allowed: one or more of <suite>/<dataset>")
    return folders


def _rule(folders: Mapping[str, Path]) -> dict[str, list[str]]:
    """``drop_same_id`` of the collections that have it, by the prefix of their ids."""
    prefixes = [f"{name}/" for name, folder in folders.items() if artifacts.read_meta(folder).get("drop_same_id")]
    return {"drop_same_id": prefixes} if prefixes else {}


def _splits(folder: Path) -> list[str]:
    artifacts.read_meta(folder)
    return sorted(path.name for path in (folder / "queries").iterdir())


def _renamed(queries: Queries, name: str, before: int) -> Iterator[Query]:
    """The queries under new ids; a source row moves by the passages that stand before its collection's."""
    for row in range(len(queries)):
        query_id, text, source = queries[row]
        yield Query(f"{name}/{query_id}", text, source if source == NO_SOURCE else source + before)


def _prefixed(qrels: Qrels, name: str) -> Iterator[tuple[str, dict[str, int]]]:
    for query_id, docs in qrels.grades.items():
        yield f"{name}/{query_id}", {f"{name}/{doc_id}": grade for doc_id, grade in docs.items()}
