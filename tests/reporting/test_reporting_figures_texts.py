"""Texts in pictures: shared words in bold, lines that fit, characters that the font lacks."""

import pytest
from hypothesis import given as forall
from hypothesis import settings
from hypothesis import strategies as st

from dragon.reporting.figures import passages
from dragon.reporting.figures.flow import Flow, drawable
from dragon.reporting.figures.style import canvas, house_style


def test_shared_words_are_bold_and_neighbours_one_span():
    shared = frozenset({"atomic", "bomb"})
    assert passages.spans("The Atomic bomb, a bombing", shared, 9) == (
        ("The ", False),
        ("Atomic bomb", True),
        (", a bombing", False),
    )


@forall(st.text(max_size=80), st.integers(1, 20))
def test_spans_keep_every_word(text, words):
    shared = passages.words_of(text, 2)
    joined = "".join(piece for piece, _ in passages.spans(text, shared, words))
    kept = text.split()[:words]
    assert joined.split() == kept + ["…"] * (len(text.split()) > words)


@pytest.fixture(scope="module")
def flow():
    with house_style():
        yield Flow(canvas(1), 8.5)


@settings(max_examples=40)
@forall(st.lists(st.tuples(st.text(max_size=40), st.booleans()), max_size=6))
def test_wrapped_lines_fit_and_lose_nothing(flow, spans):
    with house_style():
        paragraph = flow.wrap(spans, 1.2)
        for line in paragraph.lines:
            for run in line:
                assert run.left + flow.width(run.text, run.bold) <= 1.2 + 0.05
    kept = "".join(run.text for line in paragraph.lines for run in line)
    expected = "".join(drawable(piece) for text, _ in spans for piece in text.split())
    assert kept.replace(" ", "") == expected.replace(" ", "")


def test_characters_without_a_glyph_are_replaced():
    assert drawable("a\u4e2d\u0007 b") == "a\ufffd\ufffd b"
    assert drawable("naïve → ✓ Ω") == "naïve → ✓ Ω"
