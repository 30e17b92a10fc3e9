import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragon.core import row_index
from dragon.core.row_index import RowIndex
from dragon.errors import ArtifactError

ID = st.integers(0, 10**20).map(str) | st.text(max_size=6) | st.sampled_from(["007", "7", "٣", "-1", "1e3"])


@given(st.lists(ID, unique=True, max_size=30), st.lists(ID, max_size=30))
def test_rows_are_those_of_a_dictionary(ids, asked):
    known = {name: row for row, name in enumerate(ids)}
    found = RowIndex.of(ids, "here").rows([*asked, *ids])
    assert found.tolist() == [known.get(name, -1) for name in [*asked, *ids]]


def test_an_id_that_stands_twice_is_named():
    with pytest.raises(ArtifactError, match="here: rows 1 and 3 have ids 'x' and 'x'"):
        RowIndex.of(["5", "x", "y", "x"], "here")


def test_a_digest_that_another_id_has_is_looked_at(monkeypatch):
    monkeypatch.setattr(row_index, "_key", lambda text: -5)
    assert np.array_equal(RowIndex.of(["a"], "here").rows(["a", "b"]), [0, -1])
