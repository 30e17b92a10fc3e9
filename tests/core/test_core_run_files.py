"""Run files as people bring them: what is accepted, and what is refused with its line."""

import gzip
import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dragon.core import Run
from dragon.errors import ArtifactError

GOOD = "q1 Q0 a 1 3.5 t\nq1 Q0 b 2 2 t\nq2 Q0 a 1 1e-3 t\n"
READ = {"q1": [("a", 3.5), ("b", 2.0)], "q2": [("a", 0.001)]}


def read(folder, content):
    path = folder / "some.trec"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return Run.read(path).results


@pytest.mark.parametrize(
    "content",
    [
        GOOD,
        GOOD.replace("\n", "\r\n"),
        "\ufeff" + GOOD,
        GOOD.replace(" ", "\t"),
        GOOD.replace(" ", "   "),
        GOOD.rstrip(),
        GOOD + "\n  \n",
        gzip.compress(GOOD.encode()),
        "q1 Q0 b 2 2 t\nq2 Q0 a 1 1e-3 t\nq1 Q0 a 1 3.5 t\n",  # in any order of lines; q1 is still the first query
        GOOD.replace(" 1 ", " 0 ").replace(" 2 ", " 0 "),  # an engine that numbers nothing
        GOOD.replace(" 1 ", " -5 "),
    ],
    ids=["plain", "crlf", "bom", "tabs", "spaces", "cut-end", "blanks", "gzip", "shuffled", "no-ranks", "negative"],
)
def test_run_files_of_other_engines_are_read(tmp_path, content):
    found = read(tmp_path, content)
    assert found == READ
    assert list(found) == ["q1", "q2"]


def test_equal_scores_stand_in_the_order_of_ranks_then_of_lines(tmp_path):
    lines = "q Q0 c 3 1 t\nq Q0 b 1 1 t\nq Q0 e 3 1 t\nq Q0 a 2 1 t\nq Q0 z 4 0 t\n"
    assert [doc for doc, _ in read(tmp_path, lines)["q"]] == ["b", "a", "c", "e", "z"]


def test_ids_may_have_slashes_and_other_letters_and_be_long(tmp_path):
    name = "ä/ж/" + "语" * 300
    assert read(tmp_path, f"{name} Q0 {name} 1 1 t\n") == {name: [(name, 1.0)]}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "some.trec: empty; allowed: lines of `query_id Q0 doc_id rank score tag`"),
        ("\n \n", "some.trec: empty"),
        (gzip.compress(b""), "some.trec: empty"),
        ("q Q0 a 1 2 t\nq Q0 b 2 1\n", "some.trec:2: found 'q Q0 b 2 1', allowed: `query_id Q0"),
        ("q Q0 a 1 2 t\nq Q0 b 2 1 t 7\n", "some.trec:2: found 'q Q0 b 2 1 t 7'"),
        ("q Q0 an id 1 2 t\n", "some.trec:1: found 'q Q0 an id 1 2 t'.*no white space"),
        ("q Q0 a 1 2 t\n\nq Q0 b 2 1 t\n", "some.trec:2: found ''"),
        ("q Q0 a one 2 t\n", "some.trec:1: found 'q Q0 a one 2 t'.*ranks are whole numbers"),
        ("q Q0 a 1.0 2 t\n", "some.trec:1: found"),
        ("q Q0 a 1 high t\n", "some.trec:1: found"),
        ("q Q0 a 1 " + "x" * 999 + "\n", r"some.trec:1: found 'q Q0 a 1 x{191}'\.\.\., allowed"),
        ("q Q0 a 1 2 t\nq Q0 b 2 nan t\n", "some.trec:2: query q: found score nan, allowed: finite numbers"),
        ("q Q0 a 1 NaN t\n", "some.trec:1: query q: found score nan"),
        ("q Q0 a 1 inf t\nq Q0 b 2 1 t\n", "some.trec:1: query q: found score inf"),
        ("q Q0 a 1 2 t\nq Q0 b 2 -inf t\n", "some.trec:2: query q: found score -inf"),
        ("q Q0 a 1 1e39 t\n", "some.trec:1: query q: found score 1e[+]39, .*single precision"),
        (
            "p Q0 a 1 2 t\nq Q0 a 1 2 t\nq Q0 a 2 1 t\n",
            "some.trec:3: query q: document 'a' stands twice, first in line 2",
        ),
        (
            "q Q0 a 1 2 t\np Q0 a 1 2 t\nq Q0 a 1 2 t\n",
            "some.trec:3: query q: document 'a' stands twice, first in line 1",
        ),
        (
            "q Q0 a 1 2 t\nq Q0 b 2 3 t\n",
            "some.trec:2: query q: found rank 2 with score 3, above 2 of rank 1 in line 1; allowed: scores that do not",
        ),
        (
            "q Q0 b 2 3 t\nq Q0 a 1 2 t\n",
            "some.trec:1: query q: found rank 2 with score 3, above 2 of rank 1 in line 2",
        ),
        (
            "q Q0 a 2 3 t\nq Q0 b 1 2 t\n",
            "some.trec:1: query q: found rank 2 with score 3, above 2 of rank 1 in line 2",
        ),
        (b"q Q0 a 1 2 t\nq Q0 \xe4 2 1 t\n", "some.trec:2: cannot be read as a run file .*UTF-8"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(tmp_path, content, message):
    with pytest.raises(ArtifactError, match=message):
        read(tmp_path, content)


def test_a_missing_file_and_a_folder_are_named(tmp_path):
    with pytest.raises(ArtifactError, match=r"none\.trec: not there"):
        Run.read(tmp_path / "none.trec")
    with pytest.raises(ArtifactError, match="cannot be read as a run file"):
        Run.read(tmp_path)


def test_damaged_gzip_is_refused_wherever_the_damage_is(tmp_path):
    whole = gzip.compress("".join(f"q Q0 d{i} {i} {-i} t\n" for i in range(2000)).encode())
    for cut in (3, 12, len(whole) // 2, len(whole) - 9, len(whole) - 1):
        with pytest.raises(ArtifactError, match=r"some\.trec: cannot be read as a run file .*copy it again"):
            read(tmp_path, whole[:cut])
    middle = len(whole) // 2
    with pytest.raises(ArtifactError, match="cannot be read as a run file"):
        read(tmp_path, whole[:middle] + bytes(40) + whole[middle + 40 :])


ONE_RUN = st.dictionaries(
    st.sampled_from(["q1", "q2", "q3"]),
    st.dictionaries(st.sampled_from("abcdefgh"), st.integers(-3, 3), min_size=1, max_size=8),
    min_size=1,
)


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ONE_RUN, st.integers(0, 2**32))
def test_the_order_of_lines_does_not_matter(tmp_path, scores, seed):
    ranked = {query: sorted(docs.items(), key=lambda hit: -hit[1]) for query, docs in scores.items()}
    lines = [f"{q} Q0 {d} {i} {s} t\n" for q, hits in ranked.items() for i, (d, s) in enumerate(hits, 1)]
    assert read(tmp_path, "".join(lines)) == ranked
    random.Random(seed).shuffle(lines)
    assert read(tmp_path, "".join(lines)) == ranked


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=5))
def test_ranks_contradict_exactly_when_a_later_rank_has_a_higher_score(tmp_path, pairs):
    content = "".join(f"q Q0 d{i} {rank} {score} t\n" for i, (rank, score) in enumerate(pairs))
    if any(r1 < r2 and s1 < s2 for r1, s1 in pairs for r2, s2 in pairs):
        with pytest.raises(ArtifactError, match="allowed: scores that do not rise"):
            read(tmp_path, content)
    else:
        assert [score for _, score in read(tmp_path, content)["q"]] == sorted((s for _, s in pairs), reverse=True)
