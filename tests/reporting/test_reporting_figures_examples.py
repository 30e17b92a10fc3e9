"""Figure 4: unions and examples by hand, texts of a collection to the letter."""

import dataclasses
from xml.etree import ElementTree

import figure_world as world
import numpy as np
import pytest
from figure_world import PARAMS, PASSAGES, check_apart, check_inside, drawn, examples, records, texts
from hypothesis import given as forall
from hypothesis import strategies as st

from dragon.errors import ArtifactError, ConfigError
from dragon.reporting.figures import passages
from dragon.reporting.figures.content import to_markdown
from dragon.reporting.figures.render import render
from dragon.reporting.figures.style import house_style


@pytest.fixture
def here(tmp_path, monkeypatch):
    world.enter(tmp_path, monkeypatch)


@pytest.fixture
def tiny(here):
    return world.write_tiny()


def test_unions_and_examples_by_hand(tiny):
    """Query a: {0, 1} and {3, 0} make 3; 0 is the source, 3 (rank 1) goes before 1 (rank 2).

    Query b: {0} and {0, 1} make 2, 1 is left. GenQ has the same lists, and everything was shown before.
    """
    rows = records(examples(tiny, passages=["d0"]))
    assert [(row["query_set"], row["number"]) for row in rows] == [(k, n) for k in ("Cropping", "GenQ") for n in "12"]
    assert [row["unique_positives"] for row in rows] == ["3", "2", "3", "2"]
    assert [(row["example"], row["votes"]) for row in rows] == [("d3", "1"), ("d1", "1"), ("", "0"), ("", "0")]
    assert rows[0]["shared_words"] == "physics"
    assert {row["teachers"] for row in rows} == {"one two"}
    assert {row["depth"] for row in rows} == {"2"}
    assert rows[0]["passage_text"] == PASSAGES[0].text


def test_the_example_is_never_the_source(tiny):
    rows = records(examples(tiny, passages=["d0"]))
    assert all(row["example"] != row["passage"] for row in rows)
    assert "none but those shown above" in to_markdown(examples(tiny, passages=["d0"]))


def test_positives_go_by_votes_then_ranks_then_rows():
    lists = [np.array([4, 7, 9]), np.array([9, 2, -1]), np.array([7, 9, 1])]
    # 7 is at ranks 2 and 1, 9 at ranks 1 and 2; 4 at rank 1, 2 at rank 2
    assert list(passages.positives(lists, 2).items()) == [(7, 2), (9, 2), (4, 1), (2, 1)]


@forall(st.lists(st.lists(st.integers(-1, 8), min_size=4, max_size=4, unique=True), min_size=1, max_size=4))
def test_positives_are_the_union(found):
    lists = [np.array([doc for doc in one if doc >= 0] + [-1] * (4 - sum(doc >= 0 for doc in one))) for one in found]
    for depth in (1, 3, 4):
        union = {int(doc) for one in lists for doc in one[:depth] if doc >= 0}
        assert set(passages.positives(lists, depth)) == union


def test_a_seeded_choice_takes_passages_with_enough_queries(tiny):
    rows = records(examples(tiny, passages={"count": 1, "seed": 5}))
    assert {row["passage"] for row in rows} == {"d0"}  # d1 has one query only


def test_a_scale_may_name_its_examples(tiny):
    def named(*ids):
        return dataclasses.replace(tiny, scale=dataclasses.replace(tiny.scale, examples=ids))

    by_scale = examples(named("d0"), passages={"count": 1, "seed": 5})
    assert records(by_scale) == records(examples(tiny, passages=["d0"]))
    assert not [note for note in by_scale.notes if "seeded choice" in note]
    drawn_here = examples(tiny, passages={"count": 1, "seed": 5})
    assert [note for note in drawn_here.notes if "seeded choice" in note]
    with pytest.raises(ConfigError, match="'d1' has 1 Cropping queries"):
        examples(named("d1"), passages=["d0"])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"passages": ["d9"]}, "passages: found 'd9', allowed: an id of the collection"),
        ({"passages": ["d1"]}, "passages: 'd1' has 1 Cropping queries, not 2"),
        ({"passages": {"count": 2, "seed": 1}}, "passages: found 1 with 2 queries of each kind, not enough"),
    ],
)
def test_passages_that_cannot_be_shown_are_named(tiny, options, message):
    with pytest.raises(ConfigError, match=message):
        examples(tiny, **options)


def test_missing_labels_are_named(tiny):
    PARAMS.layout.labels("crop/full").unlink()
    with pytest.raises(ArtifactError, match=r"crop/full\.json: not there; run `dvc repro`"):
        examples(tiny, passages=["d0"])


def test_texts_of_a_collection_are_drawn_to_the_letter(tiny):
    figure = examples(tiny, passages=["d0"])
    with house_style():
        picture = drawn(figure)
        check_inside(picture)
        check_apart([(one, box) for one, box in texts(picture)])
    written = " ".join(one.get_text() for one, _ in texts(picture))
    assert "$5 & <b>bold</b> | `code` _x_ *y*" in written
    assert "$x^2$" in written
    assert {one.get_text() for one, _ in texts(picture) if one.get_fontweight() == "bold"} >= {
        "physics",
        "Physics",
        "Q1",
    }
    svg = render(figure)["svg"].decode()
    spelt = "".join(ElementTree.fromstring(svg).itertext())
    assert "$5 & <b>bold</b>" in spelt
    assert "\u0007" not in svg


def test_texts_of_a_collection_in_markdown(tiny):
    lines = to_markdown(examples(tiny, passages=["d0"])).splitlines()
    first = next(line for line in lines if "Costs" in line)
    assert r"Costs \$5 &amp; &lt;b&gt;bold&lt;/b&gt; \| \`code\` \_x\_ \*y\* physics" in first
    assert r"**Physics** costs \$x^2\$" in first
    heads = next(line for line in lines if line.startswith("| Passage"))
    for line in lines:
        if line.startswith("|"):
            assert line.replace("\\|", "").count("|") == heads.count("|")


def test_long_texts_are_cut_in_the_picture_only(tiny):
    figure = examples(tiny, passages=["d0"], words=3)
    assert "Costs \\$5 &amp; …" in to_markdown(figure)
    assert records(figure)[0]["passage_text"] == PASSAGES[0].text
