import math
from collections import Counter

import numpy as np
import pytest
from whole_sets import augment

from dragon.errors import ArtifactError, ConfigError
from dragon.queries.copying import KeepRates
from dragon.queries.generator import COMPONENTS, Counted, Fit, Generator, estimate
from dragon.queries.language import END, RARE, START, QueryLanguage
from dragon.queries.words import Draw, PassageWords, surface_forms, words

OPTIONS = {
    "seed": 1,
    "language": "en",
    "length": [3, 8],
    "held_out": 0.4,
    "candidates": 2,
    "attempts": 30,
    "sample": None,
    "fit": {"rare": 2, "common": 0.9, "prior": 1.0, "temperature": 0.8},
}
SENTENCES = {"splitter": "sentence-splitter", "language": "en", "sample": None}


def test_words_and_their_spelling():
    assert words("Fits a k-means' model (RBF) to x_2.") == ["fits", "a", "k-means", "model", "rbf", "to", "x_2"]
    assert surface_forms(["RBF rbf", "RBF kernel"]) == {"rbf": "RBF", "kernel": "kernel"}


def test_what_a_passage_offers():
    passage = PassageWords.of("The matrix of a matrix, of x.")
    assert passage.content == {"the": 1, "matrix": 2}
    assert passage.following["of"] == {"a": 1.0, "x": 1.0}
    assert passage.following["matrix"] == {"of": 1.0}  # once: words on both sides of a comma do not follow


def test_draws_follow_their_shares():
    draw = Draw.of({"a": 1.0, "b": 3.0})
    picked = Counter(draw.pick(uniform) for uniform in np.linspace(0, 1, 1000, endpoint=False))
    assert picked == {"a": 250, "b": 750}
    assert Draw.of({"a": 1.0, "b": 3.0}, power=2.0).shares == {"a": 0.1, "b": 0.9}
    assert draw.pick(1.0) == "b"


def test_rare_words_are_one_class():
    language = QueryLanguage.fit([["fit", "the", "kernel"], ["fit", "the", "forest"]], rare=2)
    assert language.vocabulary == {"fit", "the"}
    assert language.after(2, (START, START)) == {"fit": 2.0}
    assert language.after(2, ("fit", "the")) == {RARE: 2.0}
    assert language.after(1, ("anything", RARE)) == {END: 2.0}
    assert language.after(0, ("x", "y")) == {"fit": 2.0, "the": 2.0, RARE: 2.0, END: 2.0}


def test_keep_rates_are_shrunk_to_words_as_frequent():
    passages = [PassageWords.of(text) for text in ("alpha beta", "alpha gamma", "delta delta everywhere")]
    rates = KeepRates.fit(passages, [(["alpha"], [0]), (["gamma"], [1])], common=0.5, prior=2.0)
    # frequency 1 is one octave (beta, gamma: kept 1 of 2), frequency 2 another (alpha: kept 1 of 2)
    draw = rates.draw(passages[1])
    assert set(draw.shares) == {"gamma"}  # alpha stands in 2 of 3 passages, more than half
    assert rates._rate("gamma") == pytest.approx((1 + 2 * 0.5) / (1 + 2))
    assert rates._rate("beta") == pytest.approx((0 + 2 * 0.5) / (1 + 2))
    assert rates._rate("delta") == pytest.approx(0.5)  # never in a pair: the octave's rate


def test_component_shares_are_probabilities_and_weights_raise_the_likelihood(inputs):
    corpus, queries, _ = inputs
    passages = [PassageWords.of(text) for text in corpus.texts]
    rows = [0, 1, 3, 4, 4]
    pairs = [(words(text), [row]) for text, row in zip(queries.texts, rows, strict=False)]
    counted = Counted(QueryLanguage.fit((q for q, _ in pairs), 2), KeepRates.fit(passages, pairs, 0.9, 1.0), passages)
    copied = counted.rates.draw(passages[4])
    path = [START, START, "return", "the"]
    space = {*counted.language.vocabulary, *copied.shares, *passages[4].following.get("the", {}), END}
    totals = np.sum([counted.shares(path, word, passages[4], copied) for word in sorted(space)], axis=0)
    assert totals[:4] == pytest.approx(np.ones(4))

    def likelihood(weights):
        total = 0.0
        for query, (row,) in pairs:
            path = [START, START, *query, END]
            copied = counted.rates.draw(passages[row])
            for place in range(2, len(path)):
                shares = counted.shares(path[:place], path[place], passages[row], copied)
                context = counted.context(path[:place], passages[row])
                total += math.log(max(float(np.dot(shares, weights(context))), 1e-12))
        return total

    weights = estimate(counted, pairs, prior=1.0)
    assert all(found.sum() == pytest.approx(1.0) and (found >= 0).all() for found in weights.values())
    assert likelihood(weights.__getitem__) > likelihood(lambda _: np.full(len(COMPONENTS), 1 / len(COMPONENTS)))


def test_as_many_queries_per_passage_as_sentences(inputs):
    made = augment("genq", OPTIONS, *inputs, {})
    cropped = augment("sentences", SENTENCES, *inputs, {})
    assert Counter(q.source_row for q in made.queries) == Counter(q.source_row for q in cropped.queries)
    assert made.report["queries"] == len(made.queries) == 10
    assert len({q.query_id for q in made.queries}) == 10


def test_queries_are_new_and_of_the_asked_length(inputs):
    made = augment("genq", OPTIONS, *inputs, {})
    unfit = 0
    for query in made.queries:
        text = words(query.text)
        inside = f" {' '.join(text)} " in f" {' '.join(words(inputs[0].texts[query.source_row]))} "
        twice = sum(other.text == query.text and other.source_row == query.source_row for other in made.queries) > 1
        unfit += inside or twice or not 3 <= len(text) <= 8
        assert RARE not in query.text
        assert query.text[0] == query.text[0].upper()
    assert unfit <= made.report["kept_unfit"] < 10


def test_a_query_depends_on_its_passage_and_number_only(inputs):
    first = augment("genq", OPTIONS, *inputs, {})
    assert augment("genq", OPTIONS, *inputs, {}) == first
    assert augment("genq", {**OPTIONS, "seed": 2}, *inputs, {}).queries != first.queries


def test_a_class_that_the_passage_cannot_fill_ends_the_sample():
    passages = [PassageWords.of("1 2 3"), PassageWords.of("kernel forest")]
    pairs = [(["fit", "kernel"], [1]), (["fit", "forest"], [1])]
    generator = Generator.fit(passages, pairs, pairs, Fit(rare=3, common=1.0, prior=1.0, temperature=1.0))
    assert generator.sampler(0)(np.full((4, 3), 0.5)) is None


def test_too_few_pairs_and_wrong_options_are_named(inputs):
    with pytest.raises(ArtifactError, match="training pairs"):
        augment("genq", {**OPTIONS, "held_out": 0.01}, *inputs, {})
    for key, value in {"length": [5, 2], "attempts": 1, "seed": -1}.items():
        with pytest.raises(ConfigError, match=key):
            augment("genq", {**OPTIONS, key: value}, *inputs, {})
    with pytest.raises(ConfigError, match=r"fit\.temperature"):
        augment("genq", {**OPTIONS, "fit": {**OPTIONS["fit"], "temperature": 0}}, *inputs, {})
