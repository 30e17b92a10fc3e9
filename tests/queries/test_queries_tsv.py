import gzip
import itertools
import tracemalloc

import pytest

from dragon.core import Queries
from dragon.core.queries import Query
from dragon.errors import ArtifactError, ConfigError
from dragon.queries import SOURCES, tsv  # noqa: F401 - registers the kind

TEXT = "0\tfirst query\n7\twith\ttabs and 'quotes\"\n3\tünïcode\r\n"
EXPECTED = [("0", "first query", -1), ("7", "with\ttabs and 'quotes\"", -1), ("3", "ünïcode", -1)]


def made(path, **changes):
    return SOURCES["tsv"]({"file": str(path), "expect": None, "malformed": 0, **changes}, None, "here")


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_ids_and_texts_stay_as_they_are(tmp_path, pack):
    (tmp_path / "q.tsv").write_bytes(pack(TEXT.encode()))
    found = made(tmp_path / "q.tsv", expect=3)
    queries = Queries.write(tmp_path / "queries", found.queries)
    assert [tuple(query) for query in map(queries.__getitem__, range(3))] == EXPECTED
    assert found.report == {"queries": 3, "malformed": 0, "first_malformed": []}


def test_malformed_lines_are_counted_and_named(tmp_path):
    path = tmp_path / "q.tsv"
    path.write_bytes(b"1\tone\nno tab\n2\t\n\t3\n5\t\xff\n4\tfour\n")
    found = made(path, malformed=4)
    assert list(found.queries) == [Query("1", "one"), Query("4", "four")]
    assert found.report == {"queries": 2, "malformed": 4, "first_malformed": [2, 3, 4, 5]}
    with pytest.raises(ArtifactError, match=r"q\.tsv:4: found 3 malformed lines \(first: 2, 3, 4\), allowed: 2"):
        list(made(path, malformed=2).queries)


def test_another_number_of_queries_is_refused(tmp_path):
    (tmp_path / "q.tsv").write_text(TEXT)
    with pytest.raises(ArtifactError, match="found 3 queries and 0 malformed lines, expected 28545938"):
        list(made(tmp_path / "q.tsv", expect=28_545_938).queries)


def test_a_missing_or_damaged_file_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"here\.file: found .*absent"):
        made(tmp_path / "absent")
    (tmp_path / "cut").write_bytes(gzip.compress(TEXT.encode() * 100)[:-12])
    with pytest.raises(ArtifactError, match="cut: cannot be read"):
        list(made(tmp_path / "cut").queries)


def test_lines_are_not_held(tmp_path):
    path = tmp_path / "q.tsv"
    path.write_text("".join(f"{number}\t{'word ' * 20}\n" for number in range(20_000)))
    tracemalloc.start()
    try:
        for _ in itertools.islice(made(path).queries, 20_000):
            pass
        assert tracemalloc.get_traced_memory()[1] < 400_000 < path.stat().st_size
    finally:
        tracemalloc.stop()
