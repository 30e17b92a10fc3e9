import json

import numpy as np
import pytest

from dragon.errors import ArtifactError, ConfigError
from dragon.evaluation.significance import compare, compare_all, read_values


def by_query(values):
    return {f"q{i:03}": float(value) for i, value in enumerate(values)}


def against_zero(*strata, samples=10_000, seed=42):
    left = [by_query(stratum) for stratum in strata]
    return compare(left, [dict.fromkeys(one, 0.0) for one in left], samples, seed)


def test_three_equal_gains_by_hand():
    """Of 8 sign patterns only +++ and --- reach the observed mean."""
    found = against_zero([1, 1, 1])
    assert (found.difference, found.p_value, found.queries) == (pytest.approx(1.0), 0.25, 3)
    assert (found.low, found.high) == (1.0, 1.0)


def test_an_exact_p_value_by_hand():
    """0.4, 0.3, -0.1: |sum| >= 0.6 for +++, ++-, and their mirrors: 4 of 8."""
    assert against_zero([0.4, 0.3, -0.1]).p_value == 0.5


def test_collections_weigh_equally_whatever_their_size():
    found = against_zero([1.0], [0.0, 0.0, 0.0])
    assert found.difference == pytest.approx(0.5)
    assert found.queries == 4


def test_sampling_agrees_with_enumerating_every_sign_pattern():
    values = np.random.Generator(np.random.Philox(5)).normal(0.3, 1, 13)
    exact, sampled = (against_zero(values, samples=samples).p_value for samples in (2**13, 2**13 - 1))
    assert 0.01 < exact < 0.99
    assert exact != sampled
    assert sampled == pytest.approx(exact, abs=0.02)


def test_the_interval_is_that_of_the_mean():
    values = np.random.Generator(np.random.Philox(6)).normal(0.1, 0.2, 400)
    found = against_zero(values)
    half = 1.96 * values.std() / np.sqrt(len(values))
    assert found.low == pytest.approx(values.mean() - half, abs=half / 10)
    assert found.high == pytest.approx(values.mean() + half, abs=half / 10)


def test_equal_systems_do_not_differ():
    found = against_zero(np.zeros(40))
    assert (found.difference, found.low, found.high, found.p_value) == (0, 0, 0, 1)


def test_swapping_sides_swaps_the_sign_only():
    left, right = ([by_query(np.random.Generator(np.random.Philox(i)).random(50))] for i in (1, 2))
    one, other = compare(left, right, 2000, 0), compare(right, left, 2000, 0)
    assert other.difference == -one.difference
    assert other.p_value == one.p_value
    assert (other.low, other.high) == pytest.approx((-one.high, -one.low))


def test_the_order_of_queries_does_not_matter_and_the_seed_does():
    values = by_query(np.random.Generator(np.random.Philox(3)).normal(0.02, 0.1, 60))
    zero = dict.fromkeys(values, 0.0)
    first = compare([values], [zero], 2000, 7)
    assert compare([dict(reversed(values.items()))], [zero], 2000, 7) == first
    assert compare([values], [zero], 2000, 8).p_value != first.p_value


def test_many_comparisons_at_once_are_as_one_at_a_time():
    """Two over the same queries, one over others, one over two collections; the order is the callers'."""
    random = np.random.Generator(np.random.Philox(4))
    a, b, c, d = (by_query(random.random(40)) for _ in range(4))
    e, f = (by_query(random.random(25)) for _ in range(2))
    pairs = [([a], [b]), ([e], [f]), ([c], [d]), ([a, e], [b, f])]
    found = compare_all(pairs, 3000, 1, 500)
    assert [one.queries for one in found] == [40, 25, 40, 65]
    for pair, together in zip(pairs, found, strict=True):
        alone = compare(*pair, 3000, 1, 500)
        assert together.p_value == alone.p_value
        assert (together.difference, together.low, together.high) == pytest.approx(
            (alone.difference, alone.low, alone.high)
        )
    assert compare_all([], 100, 1, 100) == []


def test_bootstrap_draws_may_differ_in_number_from_sign_patterns():
    values, zero = by_query(np.random.Generator(np.random.Philox(8)).random(50)), by_query(np.zeros(50))
    assert compare([values], [zero], 3000, 1) == compare([values], [zero], 3000, 1, 3000)
    few, many = compare([values], [zero], 3000, 1, 300), compare([values], [zero], 3000, 1)
    assert few.p_value == many.p_value
    assert (few.low, few.high) != (many.low, many.high)


def test_different_queries_cannot_be_compared():
    with pytest.raises(ArtifactError, match="2 and 1 queries"):
        compare([{"a": 1.0, "b": 1.0}], [{"a": 1.0}], 100, 0)
    with pytest.raises(ArtifactError, match="1 and 1 queries"):
        compare([{"a": 1.0}], [{"b": 1.0}], 100, 0)


def test_values_are_read_by_measure(tmp_path):
    path = tmp_path / "dev.per_query.json"
    path.write_text(json.dumps({"RR@10": {"a": 1.0}}))
    assert read_values(path, "RR@10") == {"a": 1.0}
    with pytest.raises(ConfigError, match=r"found 'RR@1', allowed: RR@10; did you mean"):
        read_values(path, "RR@1")
