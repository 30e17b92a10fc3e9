import pytest
from sentence_splitter import SentenceSplitter

from dragon.core import Corpus, Passage
from dragon.errors import ConfigError
from dragon.queries import augment, sentences

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
