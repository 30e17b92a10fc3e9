import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from whole_sets import augment

from dragon.core import Queries, RankedLists
from dragon.core.queries import Query
from dragon.errors import ArtifactError, ConfigError
from dragon.queries.mixture import alternatives, coins, gather

OPTIONS = {"of": ["crop", "genq"], "rule": "half", "seed": 3}


@pytest.fixture
def others(tmp_path):
    def write(name, count):
        return Queries.write(tmp_path / name, (Query(f"{i}", f"{name} text {i}", i // 2) for i in range(count)))

    return {"crop": write("crop", 21), "genq": write("genq", 24), "human": write("human", 3)}


@given(st.integers(0, 300), st.integers(0, 2**32))
def test_exactly_half_come_from_each(rows, seed):
    assert abs(int(coins(rows, seed).sum()) * 2 - rows) <= 1


def test_coins_are_not_in_a_pattern():
    found = coins(10_000, 1)
    assert abs(float(np.corrcoef(found[:-1], found[1:])[0, 1])) < 0.05
    assert (found != coins(10_000, 2)).any()


def test_rows_keep_text_source_and_provenance(inputs, others):
    made = augment("mixture", OPTIONS, *inputs, others)
    sets, rows = made.arrays["origin_set"], made.arrays["origin_row"]
    assert (sets.dtype, rows.dtype, len(sets), len(rows)) == (np.int8, np.int32, 21, 21)
    for query, which, row in zip(made.queries, sets, rows, strict=True):
        name = OPTIONS["of"][which]
        origin = others[name][int(row)]
        assert query == (f"{name}:{origin.query_id}", origin.text, origin.source_row)
    assert made.report["from_crop"] + made.report["from_genq"] == 21
    assert (made.report["rows_of_crop_beyond"], made.report["rows_of_genq_beyond"]) == (0, 3)


def test_lists_are_gathered_from_where_each_query_stands(make_lists):
    left, right = make_lists(1, queries=6, depth=4), make_lists(2, queries=5, depth=4)
    sets, rows = np.array([1, 0, 1, 0], dtype=np.int8), np.array([4, 5, 0, 0], dtype=np.int32)
    made = gather([left, right], sets, rows)
    for i, (which, row) in enumerate(zip(sets, rows, strict=True)):
        assert made.docs_QK[i].tolist() == (left, right)[which].docs_QK[row].tolist()
        assert made.scores_QK[i].tolist() == (left, right)[which].scores_QK[row].tolist()
    assert made.digest != gather([left, right], 1 - sets, np.minimum(rows, 4)).digest


def test_lists_that_do_not_fit_are_refused(make_lists):
    four, five = make_lists(1, queries=6, depth=4), make_lists(2, queries=6, depth=5)
    sets, rows = np.zeros(7, dtype=np.int8), np.arange(7, dtype=np.int32)
    with pytest.raises(ArtifactError, match=r"\[4, 5\] deep"):
        gather([four, five], sets, rows)
    with pytest.raises(ArtifactError, match="row 6 of set 0"):
        gather([four, RankedLists(four.docs_QK, four.scores_QK)], sets, rows)


@pytest.mark.parametrize("of", [["crop", "crop"], ["crop", "gen"], ["crop"]])
def test_two_known_sets_are_mixed(inputs, others, of):
    with pytest.raises(ConfigError, match=r"\.of"):
        augment("mixture", {**OPTIONS, "of": of}, *inputs, others)


def test_by_coin_both_queries_of_a_row_are_there_as_alternatives(inputs, others, make_lists, tmp_path):
    made = augment("mixture", {**OPTIONS, "rule": "coin"}, *inputs, others)
    sets, rows = made.arrays["origin_set"], made.arrays["origin_row"]
    assert (sets.dtype, rows.dtype) == (np.int8, np.int32)
    assert made.queries == [
        (f"{name}:{row}", f"{name} text {row}", row // 2) for name in ("crop", "genq") for row in range(21)
    ]
    assert (sets.tolist(), rows.tolist()) == ([0] * 21 + [1] * 21, [*range(21), *range(21)])
    assert made.report == {
        "from_crop": 21,
        "from_genq": 21,
        "rows_of_crop_beyond": 0,
        "rows_of_genq_beyond": 3,
        "alternatives": 2,
    }
    left, right = make_lists(1, queries=21, depth=4), make_lists(2, queries=24, depth=4)
    assert gather([left, right], sets, rows).docs_QK.tolist() == [*left.docs_QK.tolist(), *right.docs_QK[:21].tolist()]
    for rule, each in (("coin", 2), ("half", 1)):
        made = augment("mixture", {**OPTIONS, "rule": rule}, *inputs, others)
        assert (
            alternatives(Queries.write(tmp_path / rule, made.queries, made.arrays, report=made.report).folder) == each
        )
