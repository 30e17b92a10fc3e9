"""What the Lucene engines share: the Java machine's options, Anserini's indexing, and hits as they come back."""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from dragon.errors import ArtifactError, ConfigError
from dragon.teachers import jvm

HITS_PER_CALL = 50_000
"""Java objects of one call: 8,000 queries x 100 hits in a single call took 5 GB (measured with Pyserini 1.6.0)."""
QUERIES_PER_CALL = 500
IMPACTS = {"collectionClass": "JsonVectorCollection", "impact": True, "pretokenized": True}
"""How a collection of vectors is indexed."""


def start_machine(threads: int, heap: str) -> None:
    """Start the Java machine; ``heap`` counts for the first engine of a process only.

    Raises:
        ConfigError: an option is wrong.
        UserError: no Java 21, or no Anserini jar.
    """
    if threads < 1:
        raise ConfigError(f"options.engine.threads: found {threads}, allowed: 1 or more")
    if not re.fullmatch(r"[1-9]\d*[kmgKMG]", heap):
        raise ConfigError(f"options.engine.heap: found {heap!r}, allowed: a size such as 512m or 2g")
    jvm.start(heap)


def build_index(source: Path, index: Path, threads: int, expected: int, **arguments: object) -> None:
    """Anserini's ``IndexCollection`` over the JSON lines in the folder ``source``.

    Raises:
        ArtifactError: the index does not hold ``expected`` passages.
    """
    found = jvm.java_class("io.anserini.index.IndexCollection$Args")()
    found.generatorClass = "DefaultLuceneDocumentGenerator"
    found.input, found.index, found.threads = str(source), str(index), threads
    found.optimize, found.quiet = True, True
    for name, value in arguments.items():
        setattr(found, name, value)
    jvm.java_class("io.anserini.index.IndexCollection")(found).run()
    if (held := size(index)) != expected:
        raise ArtifactError(f"{index}: Lucene holds {held} of {expected} passages; free disk space and repeat")


def size(index: Path) -> int:
    """Passages that a Lucene index holds."""
    reader = jvm.java_class("io.anserini.search.SimpleSearcher")(str(index))
    held = reader.get_total_num_docs()
    reader.close()
    return int(held)


def queries_per_call(depth: int) -> int:
    """How many queries of so many hits are asked at once."""
    return max(1, min(QUERIES_PER_CALL, HITS_PER_CALL // depth))


def batch_search(
    searcher: Any, queries: Mapping[int, Any], depth: int, threads: int
) -> Iterator[tuple[int, list[dict[str, Any]]]]:
    """One call of Java for many queries by row; each row's hits, ``docid`` and ``score``, best first.

    JSON goes both ways, since every object passed singly costs microseconds.
    """
    mapper, kind = jvm.json_mapper(), jvm.class_of("java.util.ArrayList")
    asked = mapper.readValue(json.dumps(list(queries.values())), kind)
    names = mapper.readValue(json.dumps([str(row) for row in queries]), kind)
    found = searcher.batch_search(asked, names, depth, threads)
    yield from ((int(name), hits) for name, hits in json.loads(mapper.writeValueAsString(found)).items())
