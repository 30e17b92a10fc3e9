import json
import subprocess
import sys

import pytest

from dragon import artifacts
from dragon.config import Source
from dragon.errors import ArtifactError, ConfigError
from dragon.models.vocabulary import SPECIAL, open_tokenizer, write_vocabulary

TEXTS = [
    "Compute the singular value decomposition of a matrix.",
    "Decompose a sparse matrix: the singular values are returned in descending order.",
    "Return the eigenvalues of a symmetric matrix; see also the singular value routines.",
    "Élan vital and naïve façade are words with accents, computing computed computes.",
] * 3
OPTIONS = {"size": 160, "lowercase": True, "alphabet": 60, "min_frequency": 2}


def make(folder, **changes):
    write_vocabulary(Source(kind="wordpiece", options={**OPTIONS, **changes}), TEXTS, "here", folder)
    return folder


def test_vocabulary_is_the_same_in_every_process(tmp_path):
    script = (
        "import sys, json, pathlib; sys.path.insert(0, 'tests/models'); "
        "from test_models_vocabulary import make; make(pathlib.Path(sys.argv[1]))"
    )
    digests = set()
    for seed in ("0", "1", "2"):
        folder = tmp_path / seed
        environment = {"PYTHONHASHSEED": seed, "PATH": "", "PYTHONPATH": "."}
        subprocess.run([sys.executable, "-c", script, str(folder)], check=True, env=environment)
        digests.add(json.dumps(artifacts.read_meta(folder)["files"]))
    assert len(digests) == 1


def test_auto_tokenizer_opens_it_and_agrees_with_ours(tmp_path):
    from transformers import AutoTokenizer

    folder = make(tmp_path / "vocabulary")
    theirs, ours = AutoTokenizer.from_pretrained(folder), open_tokenizer(folder)
    assert [
        theirs.pad_token_id,
        theirs.unk_token_id,
        theirs.cls_token_id,
        theirs.sep_token_id,
        theirs.mask_token_id,
    ] == [
        0,
        1,
        2,
        3,
        4,
    ]
    for text in [*TEXTS, "Unseen: Ωmega 漢字 x_y", ""]:
        assert theirs(text).input_ids == ours.encode(text).ids


def test_vocabulary_file_lists_pieces_in_id_order(tmp_path):
    folder = make(tmp_path / "vocabulary")
    lines = (folder / "vocab.txt").read_text().splitlines()
    assert tuple(lines[:5]) == SPECIAL
    assert len(lines) == len(set(lines)) <= OPTIONS["size"]
    assert "matrix" in lines
    assert open_tokenizer(folder).token_to_id("matrix") == lines.index("matrix")


def test_case_is_kept_when_asked(tmp_path):
    lower, cased = make(tmp_path / "lower"), make(tmp_path / "cased", lowercase=False)
    assert open_tokenizer(lower).encode("MATRIX").tokens == ["[CLS]", "matrix", "[SEP]"]
    assert open_tokenizer(cased).encode("MATRIX").tokens != ["[CLS]", "matrix", "[SEP]"]


def test_rare_characters_beyond_the_alphabet_are_unknown(tmp_path):
    small = open_tokenizer(make(tmp_path / "small", alphabet=20))
    assert small.encode("naïve façade").tokens[1:-1] == ["[UNK]"] or "[UNK]" in small.encode("façade:").tokens


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"size": 30}, ["here.options.size", "found 30", "or more"]),
        ({"sise": 30}, ["here.options.sise", "unknown key", "did you mean 'size'"]),
        ({"lowercase": "yes"}, ["here.options.lowercase", "found 'yes'"]),
    ],
)
def test_wrong_options_are_named(tmp_path, changes, words):
    with pytest.raises(ConfigError) as error:
        make(tmp_path / "vocabulary", **changes)
    assert all(word in str(error.value) for word in words)
    assert not list(tmp_path.iterdir())


def test_unknown_kind_is_named(tmp_path):
    with pytest.raises(ConfigError, match="did you mean 'wordpiece'"):
        write_vocabulary(Source(kind="wordpeice"), TEXTS, "here", tmp_path / "x")


def test_folder_without_a_tokenizer_is_an_error(tmp_path):
    with pytest.raises(ArtifactError, match=r"tokenizer\.json: not there"):
        open_tokenizer(tmp_path)
