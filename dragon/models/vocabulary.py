"""The student's WordPiece vocabulary: trained on in-domain text, or a checkpoint's own.

Written in Hugging Face layout, so ``AutoTokenizer.from_pretrained`` opens it and every checkpoint carries a copy.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tokenizers import BertWordPieceTokenizer, Tokenizer

from dragon import artifacts, typed
from dragon.config import Source
from dragon.errors import ArtifactError, ConfigError
from dragon.progress import progress
from dragon.registry import Registry

SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
"""Special tokens with ids 0-4, the order in which :func:`train_wordpiece` numbers them."""
TOKENIZER_FILES = ("tokenizer.json", "tokenizer_config.json", "vocab.txt")

Make = Callable[[Sequence[str], dict[str, Any], str, Path], None]
VOCABULARIES: Registry[Make] = Registry("vocabulary kind")


@dataclass(frozen=True, kw_only=True)
class WordPiece:
    """Options of kind ``wordpiece``."""

    size: int
    """Most entries that the vocabulary may have, special tokens included."""
    lowercase: bool
    alphabet: int
    """Most characters that words may be made of."""
    min_frequency: int
    """A merge of two pieces is made only if the pair was seen this often."""


def write_vocabulary(source: Source, texts: Sequence[str], where: str, folder: Path) -> None:
    """Make the vocabulary that ``source`` describes and write its folder atomically.

    Args:
        source: the entry ``vocabulary`` of a scale.
        texts: in-domain passages; a kind that reads a checkpoint ignores them.
        where: opens error messages, e.g. ``scales/mini.yaml: vocabulary``.
        folder: becomes a tokenizer folder with ``meta.json``.

    Raises:
        ConfigError: an unknown kind or option.
    """
    make = VOCABULARIES[source.kind]
    with artifacts.folder(folder, {"kind": "vocabulary", "source": source.kind, **source.options}) as part:
        make(texts, source.options, f"{where}.options", part)


@VOCABULARIES("wordpiece")
def train_wordpiece(texts: Sequence[str], options: dict[str, Any], where: str, part: Path) -> None:
    """Train BERT's WordPiece on ``texts``: the same texts always give the same files.

    The trainer of ``tokenizers`` numbers word-inner characters in the order of a hash map and breaks ties between
    merges by those numbers, so two runs differ in hundreds of entries. Here all characters are numbered beforehand,
    by handing them over as special tokens; what remains of the trainer's work has one outcome.
    """
    settings = typed.build(WordPiece, options, where)
    words = _words(texts, settings.lowercase)
    alphabet = _alphabet(words, settings, where)
    trainer = BertWordPieceTokenizer(lowercase=settings.lowercase)
    trainer.train_from_iterator(
        (word for word in words if set(word) <= set(alphabet)),
        vocab_size=settings.size,
        min_frequency=settings.min_frequency,
        limit_alphabet=len(alphabet),
        special_tokens=[*SPECIAL, *alphabet, *(f"##{character}" for character in alphabet)],
        show_progress=False,
    )
    tokenizer = BertWordPieceTokenizer(trainer.get_vocab(), lowercase=settings.lowercase)
    save_tokenizer(tokenizer, settings.lowercase, part)


def _words(texts: Sequence[str], lowercase: bool) -> list[str]:
    """Words as the tokenizer sees them: normalised, split at spaces and punctuation."""
    bare = BertWordPieceTokenizer(lowercase=lowercase)
    split = bare.pre_tokenizer.pre_tokenize_str
    normalised = (bare.normalize(text) for text in progress(texts, "words", "passage"))
    return [word for text in normalised for word, _ in split(text)]


def _alphabet(words: Sequence[str], settings: WordPiece, where: str) -> list[str]:
    """The most frequent characters in code point order; words with any other become ``[UNK]``."""
    counts = Counter(character for word in words for character in word)
    kept = sorted(sorted(counts, key=lambda character: (-counts[character], character))[: settings.alphabet])
    needed = len(SPECIAL) + 2 * len(kept)
    if settings.size < needed:
        raise ConfigError(
            f"{where}.size: found {settings.size}, allowed: {needed} or more for {len(kept)} characters;"
            " raise it or lower alphabet"
        )
    return kept


def save_tokenizer(tokenizer: BertWordPieceTokenizer, lowercase: bool, part: Path) -> None:
    """Write ``tokenizer.json``, ``vocab.txt`` (one entry a line, in id order) and ``tokenizer_config.json``."""
    tokenizer.save(str(part / "tokenizer.json"))
    vocabulary = sorted(tokenizer.get_vocab().items(), key=lambda item: item[1])
    artifacts.write_text(part / "vocab.txt", "".join(f"{piece}\n" for piece, _ in vocabulary))
    names = ("pad_token", "unk_token", "cls_token", "sep_token", "mask_token")
    config = {"tokenizer_class": "BertTokenizer", "do_lower_case": lowercase, "model_max_length": 512}
    artifacts.write_json(part / "tokenizer_config.json", {**config, **dict(zip(names, SPECIAL, strict=True))})


def open_tokenizer(folder: Path) -> Tokenizer:
    """The fast tokenizer of a Hugging Face folder, without truncation or padding.

    Raises:
        ArtifactError: there is no ``tokenizer.json``.
    """
    path = folder / "tokenizer.json"
    if not path.exists():
        raise ArtifactError(f"{path}: not there; allowed: a Hugging Face tokenizer folder; run `dvc repro`")
    tokenizer = Tokenizer.from_file(str(path))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer
