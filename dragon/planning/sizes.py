"""How large things are: counted from artifacts where they are there, else as ``registry/sizes/<scale>.yaml`` says."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from dragon import artifacts, typed
from dragon.artifacts import Layout
from dragon.config import read_yaml
from dragon.errors import ConfigError

FOLDER = Path("registry/sizes")
SPECIAL = 2
"""[CLS] and [SEP]."""


@dataclass(frozen=True, kw_only=True)
class Texts:
    """Passages or queries.

    tokens  on average, without special tokens
    gated   nobody may hand them on; counted only by a user who has them
    fixed   a count of what is there does not replace it: an epoch visits half of what a mixture may hold
    """

    number: int
    tokens: float
    source: str
    gated: bool = False
    fixed: bool = False

    def each(self, limit: int) -> float:
        """Tokens of one text as an encoder reads it: special tokens included, cut to ``limit``; at most this."""
        return min(self.tokens + SPECIAL, limit)


@dataclass(frozen=True, kw_only=True)
class Transformer:
    """A transformer's arithmetic.

    parameters  that every token meets: embeddings and heads over the vocabulary are left out
    width       of all attention heads together
    """

    layers: int
    width: int
    parameters: float
    source: str

    def forward(self, tokens: float, length: float) -> float:
        """FLOP of ``tokens`` tokens in texts of ``length``: two per parameter, and attention over the text."""
        return tokens * (2 * self.parameters + 4 * self.layers * length * self.width)


@dataclass(frozen=True, kw_only=True)
class Student:
    """A BERT of these sizes on either side."""

    layers: int
    hidden: int
    heads: int
    intermediate: int
    vocabulary: int
    positions: int
    source: str

    @property
    def transformer(self) -> Transformer:
        h, f = self.hidden, self.intermediate
        blocks = self.layers * (4 * h * h + 2 * h * f + 9 * h + f)  # weights, biases and two layer norms
        return Transformer(layers=self.layers, width=h, parameters=blocks, source=self.source)

    @property
    def bytes(self) -> int:
        """Of one encoder's weights in fp32."""
        embeddings = (self.vocabulary + self.positions + 2 + 2) * self.hidden
        return 4 * round(self.transformer.parameters + embeddings)


@dataclass(frozen=True, kw_only=True)
class TeacherSize(Transformer):
    """A teacher's encoder and how it searches.

    search          lucene: on the CPU, timed and not counted in FLOP
    candidates      pairs that a query is re-ranked with, or passages that max-sim looks at; 0: all of them
    vector          dimensions of a vector, of a token for max-sim; 0 where there is none
    max_length      tokens of a query and of a passage
    query_tokens    null: as long as the query is; a number: every query is padded to it (ColBERT's [MASK] expansion)
    prebuilt        the passages' index is downloaded, not made
    """

    search: Literal["dense", "max-sim", "lucene", "re-ranking"]
    vector: int
    max_length: tuple[int, int]
    query_tokens: int | None = None
    candidates: int = 0
    prebuilt: bool = False


@dataclass(frozen=True, kw_only=True)
class Sizes:
    """Of one scale. ``suites``: collection -> passages."""

    about: str
    student: Student
    passages: Texts
    query_sets: dict[str, Texts]
    suites: dict[str, dict[str, Texts]]
    teachers: dict[str, TeacherSize] = field(default_factory=dict)
    gigabytes: dict[str, float] = field(default_factory=dict)
    """``disk`` that a run was seen to need; `make doctor` compares."""

    def queries(self, name: str) -> Texts:
        """Raises ConfigError when nobody has counted them yet."""
        if name not in self.query_sets:
            raise ConfigError(
                f"{FOLDER}: no size for query set {name!r}, allowed: {', '.join(self.query_sets) or 'none'}; add it, or"
                f" run `dvc repro tokens_queries@{name}` to have it counted"
            )
        return self.query_sets[name]


def sizes(scale: str, root: Path = Path()) -> Sizes:
    """What ``registry/sizes/<scale>.yaml`` says, with counts of artifacts that are there in its stead.

    Raises:
        ConfigError: the scale has no such file, or a value of it cannot be used.
    """
    path = root / FOLDER / f"{scale}.yaml"
    if not path.is_file():
        there = ", ".join(sorted(file.stem for file in (root / FOLDER).glob("*.yaml"))) or "none"
        raise ConfigError(
            f"{FOLDER / scale}.yaml: not there, allowed: a file that says how large scale {scale!r} is (as {there})"
        )
    found = typed.build(Sizes, read_yaml(path), f"{FOLDER / scale}.yaml:")
    layout = Layout(scale)
    counted = {
        name: texts if texts.fixed else _counted(root / layout.tokens(name)) or texts
        for name, texts in found.query_sets.items()
    }
    return replace(found, query_sets=counted)


def _counted(folder: Path) -> Texts | None:
    """Texts and pieces of a folder of tokens."""
    if not (folder / artifacts.META).is_file():
        return None
    meta: Mapping[str, int] = artifacts.read_meta(folder)
    texts = meta["texts"]
    return Texts(number=texts, tokens=meta["pieces"] / max(1, texts), source=f"counted: {folder}")
