"""Training queries made of the questions that passages hold: which sentences, whose judgments, which sample."""

import json
import tracemalloc

import numpy as np
import pytest
from beir_folder import HEADER, LAYOUT, options, read_folder, write_folder

from dragon import artifacts
from dragon.core import Corpus, Qrels, Queries
from dragon.core.queries import NO_SOURCE
from dragon.datasets import materialise
from dragon.datasets.beir_corpus import Stream
from dragon.datasets.beir_lines import Lines
from dragon.datasets.expected import Expected
from dragon.datasets.folder import fingerprint
from dragon.datasets.questions import Options, questions_of, sentences
from dragon.errors import ArtifactError, ConfigError

TRAIN = {"split": "train", "words": [4, 8], "per_passage": None, "seed": 1, "limit": None}
CORPUS = [
    {"_id": "a", "title": "", "text": "Why do rivers bend so often? Slow water drops sand. Why?"},
    {"_id": "b", "title": "How old are the hills?", "text": "Nobody knows. What is a moraine made of? Rubble."},
    {"_id": "c", "title": "", "text": "Stones! why do\n rivers  bend so often? They just do."},
    {"_id": "d", "title": "", "text": "No question here, only a sentence of some words."},
    {"_id": "e", "title": "", "text": "Where does all the sand go? It goes to the sea. What is left behind then?"},
]
ASKED = [{"_id": "q1", "text": "where does all the  Sand go"}, {"_id": "q2", "text": "hills"}]
DEV = HEADER + "q1\te\t2\nq2\tb\t1\n"


@pytest.fixture
def root(tmp_path):
    return write_folder(tmp_path / "valleys", corpus=CORPUS, queries=ASKED, dev=DEV)


@pytest.fixture
def made(tmp_path):
    return tmp_path / "made"


def read(root, made, **changes):
    standard = {"splits": {"dev": "qrels/dev.tsv"}, "role": "in-domain", "questions": TRAIN}
    return read_folder(root, made, **{**standard, **changes})


def train_of(made):
    """``{id: (text, judgments)}`` in order."""
    rows, qrels = Queries.open(made / "queries" / "train"), Qrels.read(made / "qrels" / "train.trec").grades
    assert list(qrels) == list(rows.ids)
    assert set(rows.source_rows) == {NO_SOURCE}  # like other topics
    return {row: (text, qrels[row]) for row, text in zip(rows.ids, rows.texts, strict=True)}


def numbered(tmp_path, texts):
    path = tmp_path / "c.jsonl"
    path.write_text("".join(json.dumps({"_id": f"p{n}", "text": text}) + "\n" for n, text in enumerate(texts)))
    return Stream(Lines(path), True, set())


def test_questions_become_a_split(root, made):
    facts = read(root, made)
    assert train_of(made) == {
        "question-0-0": ("Why do rivers bend so often?", {"a": 1, "c": 1}),  # one query, judged where it stands
        "question-1-0": ("How old are the hills?", {"b": 1}),  # the title's
        "question-1-1": ("What is a moraine made of?", {"b": 1}),
        "question-4-1": ("What is left behind then?", {"e": 1}),  # question-4-0 is a query of dev
    }
    counted = {"found": 6, "distinct": 5, "also_queries_of_other_splits": 1, "beyond_per_passage": 0, "kept": 4}
    assert facts["report"]["questions"] == {"train": counted}
    assert facts["queries"] == {"dev": 2, "train": 4}
    assert list(facts["report"]["splits"]) == ["dev"]
    assert artifacts.read_meta(made)["report"] == facts["report"]


def test_without_titles_their_questions_are_not_read(root, made):
    read(root, made, titles=False)
    assert [text for text, _ in train_of(made).values()] == [
        "Why do rivers bend so often?",
        "What is a moraine made of?",
        "What is left behind then?",
    ]


def test_the_digest_covers_the_split_as_the_others(root, made):
    facts = read(root, made)
    qrels = {split: Qrels.read(made / "qrels" / f"{split}.trec") for split in ("dev", "train")}
    queries = {split: Queries.open(made / "queries" / split) for split in qrels}
    rows = {split: [one[row] for row in range(len(one))] for split, one in queries.items()}
    held = Expected.of(list(Corpus.open(made / "corpus")), rows, qrels)
    expect = {key: facts[key] for key in ("passages", "queries", "sha256")}
    assert held == Expected(**expect)
    assert read(root, made, expect=expect) == facts
    with pytest.raises(ArtifactError, match=r"expect: queries: found .*'train': 1.*; sha256: found"):
        read(root, made, expect=expect, questions={**TRAIN, "limit": 1})


def test_null_changes_nothing(root, made):
    """The digest is what the collection came to before there was the option."""
    facts = read(root, made, questions=None)
    assert facts["sha256"] == "89373d721cc459752568397d6e20f496b47e46b4858436f5b50e830163cf5b16"
    assert "questions" not in facts["report"]
    without = options(root, splits={"dev": "qrels/dev.tsv"}, role="in-domain")
    assert facts == materialise("beir", "rivers", without, made, LAYOUT)  # an entry need not name it


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("One. Two? Three! Four", ["One.", "Two?", "Three!", "Four"]),
        ("how much? it depends", ["how much?", "it depends"]),
        ("Did the U.S. army go? Yes.", ["Did the U.S. army go?", "Yes."]),
        ('"Why?" she asked. (Was it "so?") Is it?', ['"Why?" she asked.', '(Was it "so?") Is it?']),
        ("He said \u201cgo.\u201d What now?", ["He said \u201cgo.\u201d", "What now?"]),
        ("A heading\n \nIs this\nall?", ["A heading", "Is this all?"]),
        ("Version 2.5? 1. What is it?", ["Version 2.5?", "1.", "What is it?"]),
        ("Q: why not?  A: so.", ["Q: why not?", "A: so."]),
        (" \n\n ", []),
    ],
)
def test_where_sentences_are_cut(text, found):
    assert list(sentences(text)) == found


def test_long_runs_of_white_space_take_no_time():
    blank = " " * 200_000
    assert list(sentences(f"a.{blank}b?{blank}\n{blank}c")) == ["a. b?", "c"]


def test_the_number_of_words_is_a_setting_and_ids_do_not_depend_on_it(tmp_path):
    texts = ["Is it? Is it so? Is it so now? Is it so now then?"]
    for words, ids in (((2, 4), [0, 1, 2]), ((4, 4), [2]), ((5, 9), [3])):
        made = questions_of(
            numbered(tmp_path, texts), Options(split="t", words=words, per_passage=None, seed=1, limit=None), [], "here"
        )
        assert [query.query_id for query in made.queries] == [f"question-0-{n}" for n in ids]


def test_a_question_twice_in_one_passage_is_found_twice_and_judged_once(tmp_path):
    stream = numbered(tmp_path, ["Is it so now? IS IT SO  NOW ??"])
    made = questions_of(stream, Options(split="t", words=(4, 5), per_passage=None, seed=1, limit=None), [], "here")
    assert (made.report["found"], made.report["distinct"]) == (2, 1)
    assert made.qrels.grades == {"question-0-0": {"p0": 1}}


def test_more_than_the_limit_is_a_seeded_sample_in_passage_order(tmp_path):
    stream = numbered(tmp_path, [f"What is number {n}?" for n in range(50)])
    drawn = {}
    for seed in (1, 2):
        made = questions_of(stream, Options(split="t", words=(4, 4), per_passage=None, seed=seed, limit=10), [], "here")
        drawn[seed] = [int(query.query_id.split("-")[1]) for query in made.queries]
        shuffled = np.random.Generator(np.random.Philox(seed)).permutation(50).tolist()
        assert drawn[seed] == sorted(shuffled[:10])
        assert made.report == {
            "found": 50,
            "distinct": 50,
            "also_queries_of_other_splits": 0,
            "beyond_per_passage": 0,
            "kept": 10,
        }
        assert list(made.qrels.grades) == [query.query_id for query in made.queries]
    assert drawn[1] != drawn[2]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"split": "dev"}, r"rivers\.options\.questions\.split: found 'dev', allowed: a name that `splits` does not"),
        ({"split": "a/b"}, r"options\.questions\.split: found 'a/b', allowed: letters, digits"),
        ({"words": [5, 4]}, r"options\.questions\.words: found \[5, 4\], allowed: \[fewest, most\]"),
        ({"words": [0, 4]}, r"options\.questions\.words: found \[0, 4\]"),
        ({"words": 4}, r"options\.questions\.words: found 4, allowed: a list"),
        ({"seed": -1}, r"options\.questions\.seed: found -1, allowed: 0 or more"),
        ({"per_passage": 0}, r"options\.questions\.per_passage: found 0, allowed: 1 or more, or null"),
        ({"limit": 0}, r"options\.questions\.limit: found 0, allowed: 1 or more, or null"),
        ({"spilt": "train"}, r"options\.questions\.spilt: unknown key.*did you mean 'split'"),
    ],
)
def test_wrong_options_of_questions_are_named(root, made, changes, message):
    (root / "corpus.jsonl").unlink()  # said before anything is read
    with pytest.raises(ConfigError, match=message):
        read(root, made, questions={**TRAIN, **changes})


def test_a_corpus_without_questions_is_an_error_that_says_what_to_do(root, made):
    with pytest.raises(ArtifactError, match=r"questions: found no question of 30-40 words in the passages; widen"):
        read(root, made, questions={**TRAIN, "words": [30, 40]})
    write_folder(root, corpus="", queries=ASKED, dev=DEV)
    with pytest.raises(ArtifactError, match=r"corpus\.jsonl: found nothing"):
        read(root, made)


def test_a_corpus_that_changes_between_the_readings_is_noticed(root, made, monkeypatch):
    whole = Stream.__iter__

    def changing(self):
        yield from whole(self)
        write_folder(root, corpus=CORPUS[:-1], queries=ASKED, dev=DEV)

    monkeypatch.setattr(Stream, "__iter__", changing)
    with pytest.raises(ArtifactError, match=r"corpus\.jsonl: changed while it was read; run the stage again"):
        read(root, made)
    assert not made.exists()


def test_the_files_that_dvc_watches_are_the_same(root):
    plain = options(root, splits={"dev": "qrels/dev.tsv"})
    assert fingerprint({**plain, "questions": TRAIN}) == fingerprint(plain)


def test_passages_are_not_held(tmp_path):
    """Peak memory while questions are read: passages without one add 8 bytes each for ids that stand twice."""
    peaks = {}
    for passages in (250, 1_500):
        stream = numbered(tmp_path, ["What is this about?"] + ["words and words " * 60 + "?"] * passages)
        tracemalloc.start()
        questions_of(stream, Options(split="t", words=(4, 4), per_passage=None, seed=1, limit=None), [], "here")
        peaks[passages] = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peaks[1_500] - peaks[250] < 60 * 1_250


def test_a_passage_gives_its_first_questions_only(tmp_path):
    texts = ["What is one thing? What is two things? What is three things?", "What is two things? What is four things?"]
    options = Options(split="t", words=(4, 4), per_passage=2, seed=1, limit=None)
    made = questions_of(numbered(tmp_path, texts), options, [], "here")
    # `two` counts for the passage that asked it first
    assert [query.text for query in made.queries] == [
        "What is one thing?",
        "What is two things?",
        "What is four things?",
    ]
    assert made.report["beyond_per_passage"] == 1
