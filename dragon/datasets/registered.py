"""Collections by name: kind ``registered``, a row of ``registry/collections.yaml``, read from what ir_datasets fetches.

Nothing is unpacked that need not be, passages are streamed, and at the end counts must be the registry's.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from dragon import artifacts, typed
from dragon.artifacts import Layout
from dragon.core import Passage
from dragon.core.queries import Query
from dragon.datasets import SOURCES, Collection
from dragon.datasets.beir_corpus import Stream
from dragon.datasets.beir_qrels import read_qrels
from dragon.datasets.beir_queries import read_queries
from dragon.datasets.beir_report import Split, report_of, warnings_of
from dragon.datasets.folder import separator_of, split_of
from dragon.datasets.forms import Repaired
from dragon.datasets.layouts import LAYOUTS, Parts, Place
from dragon.datasets.rows import PATH, Collections, Row
from dragon.errors import ArtifactError, ConfigError
from dragon.registry import unknown

KIND = "registered"


@dataclass(frozen=True, kw_only=True)
class Options:
    """Which row, and what of it."""

    collection: str
    """A name in ``registry/collections.yaml``."""
    splits: tuple[str, ...]
    text: Literal["raw", "fixed", ""] = ""
    """MS MARCO's passages as they are, or with their encoding repaired as ir_datasets does; others have no choice."""
    title_separator: str | None = None
    """What students read between a title and its text, see ``Passage.joined``; null is a space."""


@SOURCES(KIND)
def registered(options: Mapping[str, Any], where: str, layout: Layout) -> Collection:
    """Queries and judgments now, the corpus when its passages are taken; no other collection is read.

    Raises:
        ConfigError: an option is wrong, or the row is of a collection that only the user can bring.
        ArtifactError: a file cannot be had or is another, or counts are not the registry's.
    """
    settings, registry, row = _checked_options(options, where)
    parts = LAYOUTS[row.layout](Place(registry, row, f"{where}.collection {settings.collection}"), settings.splits)
    if settings.text == "fixed":
        parts = replace(parts, corpus=type(parts.corpus)(Repaired(parts.corpus.path)))
    facts = {"collection": settings.collection, **({"text": settings.text} if settings.text else {})}
    return collection_of(parts, row, facts | separator_of(settings.title_separator), where)


def fingerprint(options: Mapping[str, Any], where: str) -> dict[str, str]:
    """Digest of the row and of what it says of its files, so that DVC notices when the registry changes.

    Raises:
        ConfigError: as the kind does.
    """
    _, registry, row = _checked_options(options, where)
    files = {part: asdict(registry.file(row, part)) for part in row.files}
    return {str(PATH): artifacts.digest([asdict(row), files])}


def _checked_options(options: Mapping[str, Any], where: str) -> tuple[Options, Collections, Row]:
    settings, registry = typed.build(Options, options, where), Collections.load()
    row = registry.row(settings.collection, f"{where}.collection")
    if row.gated:
        raise ConfigError(f"{where}.collection: {settings.collection} may not be redistributed; use kind gated")
    check_splits(settings.splits, row, where)
    if bool(settings.text) is not (row.layout == "msmarco"):
        allowed = "raw or fixed" if row.layout == "msmarco" else "nothing, since only MS MARCO has a choice"
        raise ConfigError(f"{where}.text: found {settings.text!r}, allowed for {settings.collection}: {allowed}")
    return settings, registry, row


def check_splits(splits: tuple[str, ...], row: Row, where: str) -> None:
    """Raise ConfigError for no split, or one that the row lacks."""
    for split in splits:
        if split not in row.splits:
            raise unknown(f"{where}.splits", split, row.splits)
    if not splits:
        raise ConfigError(f"{where}.splits: found an empty list, allowed: one or more of {', '.join(row.splits)}")


def collection_of(parts: Parts, row: Row, facts: Mapping[str, Any], where: str) -> Collection:
    """The collection that the parts hold; its counts are compared with the row's when the last passage was taken."""
    splits, noticed = {}, Counter[str]()
    for name, (asked, judged) in parts.splits.items():
        texts = read_queries(asked, row.query_field)
        split = split_of(name, read_qrels(judged), texts, judged)
        if row.splits[name].all_queries is not None:
            split = replace(split, queries=[Query(*one) for one in texts.items()])
        splits[name] = split
        noticed.update(asked.noticed)
    wanted = {doc for split in splits.values() for docs in split.qrels.grades.values() for doc in docs}
    if row.drop_same_id:
        wanted |= {query.query_id for split in splits.values() for query in split.queries}
    whole = {**facts, "titles": row.titles, "drop_same_id": row.drop_same_id}
    passages = _checked(Stream(parts.corpus, row.titles, wanted), parts, splits, noticed, row, where, whole)
    queries = {name: split.queries for name, split in splits.items()}
    return Collection(passages, queries, {name: split.qrels for name, split in splits.items()}, whole)


def _checked(
    stream: Stream,
    parts: Parts,
    splits: Mapping[str, Split],
    noticed: Mapping[str, int],
    row: Row,
    where: str,
    facts: dict[str, Any],
) -> Iterator[Passage]:
    """The passages; after the last one ``facts`` are complete, or what is wrong with the whole is raised."""
    yield from stream
    if differences := list(_differences(stream, splits, row)):
        raise ArtifactError(
            f"{where}: {'; '.join(differences)} ({PATH}); {parts.kept} is incomplete or another version: "
            "delete it and run again"
        )
    for split in splits.values():
        split.check_known(stream.found)
    queries, qrels = {n: s.queries for n, s in splits.items()}, {n: s.qrels for n, s in splits.items()}
    facts |= asdict(stream.expected(queries, qrels))
    facts["judgments"] = {name: split.judged.judgments for name, split in splits.items()}
    lines = {"corpus": parts.corpus}
    for name, (asked, judged) in parts.splits.items():
        lines |= {f"queries/{name}": asked, f"qrels/{name}": judged}
    facts["read"] = {name: one.sha256 for name, one in lines.items()}
    facts["report"] = report_of(stream, noticed, splits)
    facts["warnings"] = warnings_of(facts["report"], row.drop_same_id)


def _differences(stream: Stream, splits: Mapping[str, Split], row: Row) -> Iterator[str]:
    """``passages: found 3, expected 4``, one for each count that differs."""
    counts: dict[str, tuple[int, int | None]] = {"passages": (stream.passages, row.passages)}
    for name, split in splits.items():
        stated = row.splits[name]
        counts[f"{name}: judged queries"] = (len(split.qrels), stated.queries)
        counts[f"{name}: queries"] = (len(split.queries), stated.all_queries or stated.queries)
        counts[f"{name}: judgments"] = (split.judged.judgments, stated.judgments)
    for what, (found, expected) in counts.items():
        if expected not in (None, found):
            yield f"{what}: found {found:,}, expected {expected:,}"
