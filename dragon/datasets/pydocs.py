"""PyDocs: a collection made from the documentation strings of installed, pinned packages.

Real text by many hands, the same wherever ``requirements.lock`` is installed, and nothing is redistributed. The
one-line summary of an object is a query; the chunks of the rest of its documentation, where the summary is not
repeated, are relevant. The split ``see-also`` asks with a summary for what the authors point to.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import Distribution
from pathlib import Path
from typing import Any, Literal

from dragon import typed
from dragon.artifacts import Layout
from dragon.datasets import SOURCES, Collection, docstrings, packages
from dragon.datasets.docstrings import Documented
from dragon.datasets.expected import Expected
from dragon.datasets.judgments import judge
from dragon.datasets.selection import select
from dragon.errors import ArtifactError, ConfigError
from dragon.progress import progress

SPLITS = {"in-domain": ("dev", "train"), "zero-shot": ("test",)}


@dataclass(frozen=True, kw_only=True)
class Options:
    """How a PyDocs collection is made."""

    packages: tuple[str, ...]
    """Distributions as ``requirements.lock`` spells them."""
    role: Literal["in-domain", "zero-shot"]
    """In-domain collections have splits dev and train, zero-shot ones test."""
    passages: int
    """Limit; objects are taken in a seeded order until it is reached."""
    chunk_words: int
    chunk_min_words: int
    """A shorter last chunk is left out."""
    chunks_per_object: int
    document_min_words: int
    """Shorter documentation is left out."""
    summary_words: tuple[int, int]
    """Shortest and longest summary that becomes a query, inclusive."""
    max_relevant: int
    """Summaries with more relevant passages ("Return self.") are left out."""
    queries: dict[str, int]
    """At most so many queries of each split, which are filled in this order."""
    see_also_min: int
    """The split ``see-also`` is written when it has at least so many queries."""
    seed: int
    expect: Expected | None
    """Null accepts whatever the packages give."""


@SOURCES("pydocs")
def pydocs(options: Mapping[str, Any], where: str, layout: Layout) -> Collection:
    """Read the packages and make the collection; no other collection is read.

    Raises:
        ConfigError: an option is wrong.
        ArtifactError: a package is not the pinned one, or the result is not what ``expect`` says.
    """
    settings = typed.build(Options, options, where)
    _check(settings, where)
    opened = packages.open_packages(settings.packages)
    objects, read = _read(opened)
    picked = select(objects, settings)
    queries, qrels, judged = judge(picked, objects, settings)
    found = Expected.of(picked.passages, queries, qrels)
    if settings.expect:
        _compare(settings.expect, found, opened, where)
    versions = {name: distribution.version for name, distribution in opened.items()}
    facts = {"role": settings.role, "packages": versions, **asdict(found)}
    return Collection(picked.passages, queries, qrels, {**facts, "report": {**read, **picked.report, **judged}})


def _check(options: Options, where: str) -> None:
    allowed = SPLITS[options.role]
    if tuple(options.queries) != allowed:
        raise ConfigError(f"{where}.queries: found {', '.join(options.queries)}, allowed for its role: {allowed}")
    low, high = options.summary_words
    rules = {
        "passages": options.passages >= 1,
        "chunk_words": options.chunk_words >= options.chunk_min_words,
        "chunk_min_words": options.chunk_min_words >= 1,
        "chunks_per_object": options.chunks_per_object >= 1,
        "document_min_words": options.document_min_words >= options.chunk_min_words,
        "summary_words": 1 <= low <= high,
        "max_relevant": options.max_relevant >= 1,
        "packages": len(options.packages) >= 1,
        "seed": options.seed >= 0,
    }
    for key, holds in rules.items():
        if not holds:
            raise ConfigError(f"{where}.{key}: found {getattr(options, key)!r}, out of range")


def _read(opened: Mapping[str, Distribution]) -> tuple[dict[str, Documented], dict[str, int]]:
    """Documented objects by name, in package and path order; the first definition of a name is the one."""
    files = [file for distribution in opened.values() for file in packages.python_files(distribution)]
    objects: dict[str, Documented] = {}
    report = {"files": len(files), "files_unreadable": 0, "objects": 0, "objects_redefined": 0}
    for file in progress(files, "reading documentation", "file"):
        try:
            found = list(docstrings.read(Path(file.locate()).read_bytes(), docstrings.module_name(file)))
        except SyntaxError:
            report["files_unreadable"] += 1
            continue
        for documented in found:
            report["objects_redefined"] += documented.name in objects
            objects.setdefault(documented.name, documented)
    report["objects"] = len(objects)
    return objects, report


def _compare(expected: Expected, found: Expected, opened: Mapping[str, Distribution], where: str) -> None:
    differences = list(expected.differences(found))
    if not differences:
        return
    modified = [file for distribution in opened.values() for file in packages.modified_files(distribution)]
    cause = f"modified since installation: {', '.join(modified[:5])}" if modified else "the files are as installed"
    raise ArtifactError(
        f"{where}.expect: {'; '.join(differences)}. If these options were changed, set `expect` to what was found. "
        f"Else the packages have the locked versions but other contents ({cause}): their build for this platform or "
        f"Python differs, or needs installing again (`make env`)"
    )
