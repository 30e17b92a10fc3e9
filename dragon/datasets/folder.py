"""BEIR folders: test collections that a user already has, below ``DRAGON_DATA`` or anywhere else.

A folder holds ``corpus.jsonl`` (``_id``, ``title``, ``text``), ``queries.jsonl`` (``_id``, ``text``) and judgments
``qrels/<split>.tsv`` (BEIR, https://github.com/beir-cellar/beir, "load your custom dataset"). One entry in
``scales/local.yaml`` makes it a collection of the suite. The corpus is streamed; queries and judgments are held.
"""

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from dragon import typed
from dragon.artifacts import Layout
from dragon.config import project_root
from dragon.core import Passage, Qrels
from dragon.core.queries import Query
from dragon.datasets import SOURCES, Collection
from dragon.datasets.beir_corpus import Stream
from dragon.datasets.beir_fingerprint import sha256_of
from dragon.datasets.beir_lines import Lines
from dragon.datasets.beir_qrels import Judgments, read_qrels
from dragon.datasets.beir_queries import read_queries
from dragon.datasets.beir_report import Split, report_of, warnings_of
from dragon.datasets.expected import Expected
from dragon.datasets.questions import Options as QuestionOptions
from dragon.datasets.questions import Questions, questions_of
from dragon.errors import ArtifactError, ConfigError
from dragon.imports import DATA

KIND = "beir"
NEEDED = {"in-domain": ("dev",), "zero-shot": ()}
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")


@dataclass(frozen=True, kw_only=True)
class Options:
    """How a folder is read."""

    folder: str
    """Below ``DRAGON_DATA``, or absolute."""
    corpus: str
    queries: str
    """Files, relative to the folder."""
    splits: dict[str, str]
    """Name of the split -> its file of judgments."""
    query_field: str
    """What is asked with: ``text`` in BEIR."""
    titles: bool
    """Passages are ``title text``, as BEIR's encoders read them; false leaves titles out."""
    drop_same_id: bool
    """The document whose id is the query's id is not a result (ArguAna: the query is a document of the corpus). Only
    where ids name the same thing: many collections number their queries and documents from 1."""
    role: Literal["in-domain", "zero-shot"]
    """An in-domain collection needs a split ``dev``."""
    expect: Expected | None
    """Null accepts whatever the folder holds."""
    questions: QuestionOptions | None = None
    """A split made of questions that the passages hold, for a folder without training queries; null makes none."""
    title_separator: str | None = None
    """What students read between a title and its text, see ``Passage.joined``; null is a space."""


@SOURCES(KIND)
def beir(options: Mapping[str, Any], where: str, layout: Layout) -> Collection:
    """Read queries and judgments now and the corpus when its passages are taken; no other collection is read.

    With ``questions`` the corpus is read twice, now and when passages are taken; it is never held.

    Judgments of documents that the corpus lacks are kept, as trec_eval keeps them: relevant and never found. Queries
    without judgments, and judgments of queries without a text, are left out. All of it is counted.

    Raises:
        ConfigError: an option is wrong, ``DRAGON_DATA`` is not set or the folder is missing.
        ArtifactError: a file is missing or malformed (named with its line), or not what ``expect`` says.
    """
    settings = _settings(options, where)
    root = folder_of(settings, where)
    asked = Lines(root / settings.queries)
    texts = read_queries(asked, settings.query_field)
    judged = {name: Lines(root / file) for name, file in settings.splits.items()}
    splits = {name: split_of(name, read_qrels(lines), texts, lines) for name, lines in judged.items()}
    wanted = {doc for split in splits.values() for docs in split.qrels.grades.values() for doc in docs}
    wanted |= {query.query_id for split in splits.values() for query in split.queries}
    corpus = root / settings.corpus
    derived = _derived(Stream(Lines(corpus), settings.titles, set()), splits, settings, where)
    stream = Stream(Lines(corpus), settings.titles, wanted)
    facts: dict[str, Any] = {"role": settings.role, "folder": settings.folder}
    return Collection(
        _checked(stream, splits, derived, [stream.lines, asked, *judged.values()], settings, where, facts),
        {name: split.queries for name, split in {**splits, **derived}.items()},
        {name: split.qrels for name, split in {**splits, **derived}.items()},
        facts,
    )


def fingerprint(options: Mapping[str, Any], where: str = "options") -> dict[str, str]:
    """File of the folder -> sha256 of its bytes, in the order corpus, queries, splits.

    What a dataset's ``meta.json`` records under ``read`` is the same, of the bytes it was made from; a stage that asks
    here at every `dvc repro` lets DVC notice that a folder outside the repository has changed.

    Raises:
        ConfigError: an option is wrong, ``DRAGON_DATA`` is not set or the folder is missing.
        ArtifactError: a file is missing or cannot be read.
    """
    settings = _settings(options, where)
    root = folder_of(settings, where)
    return {file: sha256_of(root / file) for file in (settings.corpus, settings.queries, *settings.splits.values())}


def folder_of(settings: Options, where: str) -> Path:
    """Where the folder lies; raises ConfigError when ``DRAGON_DATA`` is needed and not set, or there is no folder."""
    folder, data = Path(settings.folder).expanduser(), os.environ.get(DATA, "")
    if not folder.is_absolute() and not data:
        raise ConfigError(
            f"{where}.folder: found {settings.folder!r}, a folder below {DATA}, which is not set; "
            f"`export {DATA}=/path/to/your/BEIR/folders`, or write an absolute path"
        )
    if (path := user_folder(settings.folder)) is None:
        advice = f"put the collection there, or change {DATA} or the option" if data else "change the option"
        tried = project_root() / Path(data).expanduser() / folder
        raise ConfigError(f"{where}.folder: found {settings.folder!r}, but {tried} is no folder; {advice}")
    return path


def user_folder(named: str) -> Path | None:
    """A folder as it is named, absolute or below ``DRAGON_DATA``; None where there is none."""
    folder, data = Path(named).expanduser(), os.environ.get(DATA, "")
    path = project_root() / Path(data).expanduser() / folder
    return path if path.is_dir() and (data or folder.is_absolute()) else None


def separator_of(title_separator: str | None) -> dict[str, str]:
    """What ``meta.json`` says of it: nothing for the usual space."""
    return {} if title_separator is None else {"title_separator": title_separator}


def _settings(options: Mapping[str, Any], where: str) -> Options:
    settings = typed.build(Options, options, where)
    if not settings.splits:
        raise ConfigError(f"{where}.splits: found none, allowed: one or more, e.g. {{test: qrels/test.tsv}}")
    named = dict.fromkeys(settings.splits, "splits")
    named |= {settings.questions.split: "questions.split"} if settings.questions else {}
    for name, key in named.items():
        if not _NAME.fullmatch(str(name)):
            raise ConfigError(f"{where}.{key}: found {name!r}, allowed: letters, digits and _ . - (it names a file)")
    for name in NEEDED[settings.role]:
        if name not in settings.splits:
            has = ", ".join(settings.splits)
            raise ConfigError(f"{where}.splits: found {has}, but role {settings.role} needs {name}; add its file")
    if settings.questions:
        settings.questions.check(settings.splits, f"{where}.questions")
    return settings


def split_of(name: str, judged: Judgments, texts: Mapping[str, str], lines: Lines) -> Split:
    """Queries in the order of the judgments, as trec_eval and BEIR's loader take them.

    Raises:
        ArtifactError: no judged query has a text.
    """
    known = {query: docs for query, docs in judged.grades.items() if query in texts}
    unknown = [query for query in judged.grades if query not in texts]
    if not known:
        first = ", ".join(unknown[:5])
        advice = "take queries and judgments of one collection, with the same ids"
        raise ArtifactError(f"{lines.path}: none of its {len(unknown)} queries ({first}) is in the queries; {advice}")
    queries = [Query(query, texts[query]) for query in known]
    return Split(name, lines, judged, queries, Qrels(known), unknown, len(texts) - len(known))


def _derived(stream: Stream, splits: Mapping[str, Split], settings: Options, where: str) -> dict[str, Questions]:
    """The split that ``questions`` asks for under its name, or nothing."""
    if not settings.questions:
        return {}
    others = [query.text for split in splits.values() for query in split.queries]
    return {settings.questions.split: questions_of(stream, settings.questions, others, f"{where}.questions")}


def _checked(
    stream: Stream,
    splits: Mapping[str, Split],
    derived: Mapping[str, Questions],
    read: list[Lines],
    settings: Options,
    where: str,
    facts: dict[str, Any],
) -> Iterator[Passage]:
    """The passages; after the last one ``facts`` are complete, or what is wrong with the whole is raised."""
    yield from stream
    for split in splits.values():
        split.check_known(stream.found)
    for made in derived.values():
        made.check_unchanged(stream)
    whole = {**splits, **derived}
    found = stream.expected({n: s.queries for n, s in whole.items()}, {n: s.qrels for n, s in whole.items()})
    if settings.expect and (differences := list(settings.expect.differences(found))):
        advice = "get the folder that the entry was written for, or set `expect` to what was found"
        raise ArtifactError(f"{where}.expect: {'; '.join(differences)}; {advice}")
    files = (settings.corpus, settings.queries, *settings.splits.values())
    facts |= {"titles": settings.titles, "drop_same_id": settings.drop_same_id, **asdict(found)}
    facts |= separator_of(settings.title_separator)
    facts["read"] = {file: lines.sha256 for file, lines in zip(files, read, strict=True)}
    facts["report"] = report_of(stream, read[1].noticed, splits)
    if derived:
        facts["report"]["questions"] = {name: made.report for name, made in derived.items()}
    facts["warnings"] = warnings_of(facts["report"], settings.drop_same_id)
