"""Generated queries (the paper's GenQ of docT5query): here by a generator fitted on the in-domain training pairs."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from dragon import typed
from dragon.core.queries import Query
from dragon.errors import ArtifactError, ConfigError
from dragon.progress import progress
from dragon.queries import SOURCES, Augmented, Inputs
from dragon.queries.copying import Pair
from dragon.queries.generator import Fit, Generator
from dragon.queries.human import relevant_rows
from dragon.queries.sampling import Sample, check_sample, kept
from dragon.queries.sentences import split_corpus
from dragon.queries.words import PassageWords, surface_forms, words


@dataclass(frozen=True, kw_only=True)
class Options:
    """How queries are generated."""

    seed: int
    language: str
    """A passage gets as many queries as it has sentences in this language."""
    length: tuple[int, int]
    """Fewest and most words of a query."""
    held_out: float
    """Share of the training pairs that the mixture weights are estimated on."""
    candidates: int
    """Fit samples of which the one most specific to the passage is kept."""
    attempts: int
    """Samples at most; without a fit one the last is kept, and counted."""
    sample: Sample | None
    """Null: as many queries as there are sentences. The same sample as of cropping: as many of each passage."""
    fit: Fit


@SOURCES("genq")
def genq(options: Mapping[str, Any], inputs: Inputs, where: str) -> Augmented:
    """As many queries per passage as cropping gives; ids are ``<passage row>-<number>``.

    A sample is drawn again while it has another length, stands in its passage, or repeats one of the passage.

    Raises:
        ArtifactError: there are too few training pairs to fit on.
    """
    settings = typed.build(Options, options, where)
    _check(settings, where)
    check_sample(settings.sample, where)
    forms = surface_forms([*inputs.corpus.texts, *inputs.train_queries.texts])
    generator = _fit(settings, inputs)
    report: Counter[str] = Counter(passages=len(inputs.corpus), queries=0, resampled=0, kept_unfit=0)
    queries: list[Query] = []
    split = split_corpus(inputs.corpus, settings.language, workers=1)
    counts = _counts(split, inputs, settings.sample, where)
    for row, count in enumerate(progress(counts, "generating queries", "passage")):
        made = _generate(generator, row, count, inputs.corpus.texts[row], settings, report)
        queries.extend(Query(f"{row}-{k}", _render(query, forms), row) for k, query in enumerate(made))
    report["queries"] = len(queries)
    return Augmented(queries, dict(report))


def _counts(split: Iterator[list[str]], inputs: Inputs, sample: Sample | None, where: str) -> list[int]:
    """Queries of each passage: its sentences, or those of them that the sample holds."""
    sentences_D = [sum(map(bool, sentences)) for sentences in split]
    ends = np.cumsum([0, *sentences_D])
    held = np.concatenate([[0], np.cumsum(kept(sentences_D, inputs.corpus.ids, sample, where))])
    return np.diff(held[ends]).tolist()


def _check(options: Options, where: str) -> None:
    low, high = options.length
    rules = {
        "seed": (options.seed, options.seed >= 0),
        "length": (options.length, 1 <= low <= high),
        "held_out": (options.held_out, 0 < options.held_out < 1),
        "candidates": (options.candidates, options.candidates >= 1),
        "attempts": (options.attempts, options.attempts >= options.candidates),
        "fit.rare": (options.fit.rare, options.fit.rare >= 1),
        "fit.common": (options.fit.common, 0 < options.fit.common <= 1),
        "fit.prior": (options.fit.prior, options.fit.prior > 0),
        "fit.temperature": (options.fit.temperature, options.fit.temperature > 0),
    }
    for key, (found, holds) in rules.items():
        if not holds:
            raise ConfigError(f"{where}.{key}: found {found!r}, out of range")


def _fit(settings: Options, inputs: Inputs) -> Generator:
    relevant = relevant_rows(inputs)
    texts = zip(inputs.train_queries.ids, inputs.train_queries.texts, strict=True)
    pairs: list[Pair] = [(words(text), relevant[query_id]) for query_id, text in texts if query_id in relevant]
    held_out = round(len(pairs) * settings.held_out)
    if not 0 < held_out < len(pairs):
        raise ArtifactError(f"genq: {len(pairs)} training pairs, {held_out} of them held out; both parts need some")
    passages = [PassageWords.of(text) for text in progress(inputs.corpus.texts, "reading passages", "passage")]
    return Generator.fit(passages, pairs[held_out:], pairs[:held_out], settings.fit)


def _generate(
    generator: Generator, row: int, count: int, text: str, settings: Options, report: Counter[str]
) -> list[list[str]]:
    """The queries of one passage, each the most specific of some fit samples."""
    sample, said, made = generator.sampler(row), words(text), list[list[str]]()
    spoken = f" {' '.join(said)} "
    for k in range(count):
        found: list[list[str]] = []
        spare = said[: settings.length[1]]
        for uniforms in _uniforms(settings, row, k):
            query = sample(uniforms) or []
            if len(query) >= settings.length[0] and f" {' '.join(query)} " not in spoken and query not in made:
                found.append(query)
            else:
                report["resampled"] += 1
                spare = query or spare
            if len(found) == settings.candidates:
                break
        report["kept_unfit"] += not found
        made.append(max(found or [spare], key=lambda query: generator.specificity(query, row)))
    return made


def _uniforms(settings: Options, row: int, k: int) -> Iterator[np.ndarray]:
    """Random numbers of every attempt, float64 ``[steps, 3]``: a function of (seed, passage row, query number)."""
    philox = np.random.Philox(key=np.array([settings.seed, (row << 24) | k], dtype=np.uint64))
    generator = np.random.Generator(philox)
    for _ in range(settings.attempts):
        yield generator.random((settings.length[1] + 1, 3))


def _render(query: list[str], forms: Mapping[str, str]) -> str:
    text = " ".join(forms.get(word, word) for word in query)
    return text[:1].upper() + text[1:]
