import pytest
from whole_sets import augment

from dragon.errors import ConfigError


def test_training_queries_point_at_their_first_relevant_passage(inputs):
    made = augment("human", {}, *inputs, {})
    assert [query.text for query in made.queries] == list(inputs[1].texts)
    assert [query.source_row for query in made.queries] == [0, 1, 3, 1, 4, -1]
    assert made.report == {"queries": 6, "without_relevant_passage": 1}


def test_unknown_kinds_and_options_are_named(inputs):
    with pytest.raises(ConfigError, match="did you mean 'human'"):
        augment("humans", {}, *inputs, {})
    with pytest.raises(ConfigError, match="unknown key"):
        augment("human", {"size": 3}, *inputs, {})
