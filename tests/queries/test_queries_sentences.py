from concurrent.futures import Future

import pytest
from sentence_splitter import SentenceSplitter
from whole_sets import augment

from dragon import queries
from dragon.core import Corpus, Passage, Queries
from dragon.errors import ArtifactError, ConfigError
from dragon.queries import sentences

OPTIONS = {"splitter": "sentence-splitter", "language": "en", "sample": None}


def test_every_sentence_in_passage_order(inputs):
    made = augment("sentences", OPTIONS, *inputs, {})
    assert made.queries[:5] == [
        ("0-0", "The matrix must be square.", 0),
        ("0-1", "Raises an error, e.g. LinAlgError, if it is singular!", 0),
        ("0-2", "Is it stable?", 0),
        ("0-3", "Yes.", 0),  # no filter on length
        ("1-0", "A kernel smooths the signal.", 1),
    ]
    assert made.report == {"passages": 5, "sentences": 10, "empty_left_out": 1}


@pytest.mark.parametrize("workers", [1, 2, 3])
def test_any_number_of_workers_gives_the_same(tmp_path, monkeypatch, workers):
    texts = [f"Passage {i} begins. It ends after {i % 5} words. " * (i % 4) for i in range(4500)]
    corpus = Corpus.write(tmp_path / "corpus", (Passage(str(i), "", text) for i, text in enumerate(texts)))
    splitter = SentenceSplitter(language="en")
    assert list(sentences.split_corpus(corpus, "en", workers)) == [splitter.split(text) for text in texts]


def test_unknown_languages_and_splitters_are_named(inputs):
    with pytest.raises(ConfigError, match="language: found 'xx'"):
        augment("sentences", {**OPTIONS, "language": "xx"}, *inputs, {})
    with pytest.raises(ConfigError, match="splitter: found 'spacy'"):
        augment("sentences", {**OPTIONS, "splitter": "spacy"}, *inputs, {})


def test_the_number_of_sentences_is_checked(inputs, tmp_path):
    whole = augment("sentences", OPTIONS, *inputs, {})
    expected = augment("sentences", {**OPTIONS, "expected": 10}, *inputs, {})
    assert (expected.queries, expected.report) == (whole.queries, whole.report)
    part = {"queries": 6, "seed": 3, "whole": []}
    assert len(augment("sentences", {**OPTIONS, "expected": 10, "sample": part}, *inputs, {}).queries) == 6
    made = queries.augment("sentences", {**OPTIONS, "expected": 11}, *inputs, {})
    with pytest.raises(ArtifactError, match=r"options\.expected: found 10 sentences in 5 passages .* expected 11"):
        Queries.write(tmp_path / "crop", made.queries, made.arrays, report=made.report)
    assert not (tmp_path / "crop").exists()


def test_sentences_are_made_while_they_are_written(inputs, tmp_path):
    made = queries.augment("sentences", OPTIONS, *inputs, {})
    first = next(iter(made.queries))
    assert first.text == "The matrix must be square."
    assert made.report["sentences"] == 4  # of the first passage: the others are not split yet
    whole = queries.augment("sentences", OPTIONS, *inputs, {})
    assert len(Queries.write(tmp_path / "crop", whole.queries, whole.arrays, report=whole.report)) == 10
    assert '"empty_left_out": 1' in (tmp_path / "crop" / "meta.json").read_text()


def test_processes_run_only_so_far_ahead_of_what_is_written():
    waiting: list[Future] = []

    class Pool:
        def submit(self, work, start):
            waiting.append(Future())
            waiting[-1].set_result([[str(start)]])
            return waiting[-1]

    made = sentences._in_order(Pool(), range(0, 20_000, 2000), ahead=4)
    for n, chunk in enumerate(made):
        assert chunk == [[str(2000 * n)]]
        assert len(waiting) <= n + 4
    assert len(waiting) == 10
