"""Teachers: retrievers that label queries. An entry of ``scales/*.yaml`` names an engine (kind) and an encoder.

Importing this package is light; the module behind a kind or an encoder is imported when an entry names it.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path

from dragon.artifacts import Layout
from dragon.config import Teacher
from dragon.core import Corpus
from dragon.errors import ConfigError
from dragon.models.encoder import ENCODERS, Encoder, FitData
from dragon.registry import unknown
from dragon.teachers.base import ENGINES, Searcher

__all__ = ["chain", "fit_teacher", "open_teacher", "opened"]

ENGINE_MODULES = {
    "lucene": "dragon.teachers.lucene",
    "lucene-bm25": "dragon.teachers.bm25",
    "dense": "dragon.teachers.dense",
    "late-interaction": "dragon.teachers.late_interaction",
    "cross-encoder": "dragon.teachers.cross_encoder",
    "import": "dragon.teachers.imported",
}
ENCODER_MODULES = {
    "bm25": "dragon.models.sparse.bm25",
    "expansion": "dragon.models.sparse.expansion",
    "lucene-english": "dragon.teachers.bm25",
    "run-files": "dragon.teachers.run_files",
    "dragon-labels": "dragon.teachers.dragon_labels",
    "lsa": "dragon.models.lsa",
    "char-lsa": "dragon.models.char_lsa",
    "contextual-terms": "dragon.models.contextual_terms",
    "pair-scorer": "dragon.models.pair_scorer",
    "st-dense": "dragon.models.checkpoints.dense",
    "st-dense-pair": "dragon.models.checkpoints.pair",
    "dragon-ckpt": "dragon.models.checkpoints.pair",
    "st-late-interaction": "dragon.models.checkpoints.late_interaction",
    "st-cross-encoder": "dragon.models.checkpoints.cross_encoder",
    "st-splade": "dragon.models.checkpoints.splade",
    "unicoil": "dragon.models.checkpoints.unicoil",
    "colbert": "dragon.models.checkpoints.colbert",
}
FIRST_STAGE = "first_stage"


def fit_teacher(teachers: Mapping[str, Teacher], name: str, layout: Layout, data: FitData) -> Encoder:
    """Fit a teacher's encoder on in-domain text.

    Raises:
        ConfigError: the entry, its encoder or one of the encoder's options is wrong.
    """
    with _named(layout, name):
        _engine_module(_entry(teachers, name))
        return _encoder_class(_entry(teachers, name)).fit(data, _options(_entry(teachers, name), "encoder"))


def open_teacher(teachers: Mapping[str, Teacher], name: str, layout: Layout, corpus: Corpus, work: Path) -> Searcher:
    """Open a fitted teacher on a corpus, after the teacher that it re-ranks, if any.

    Index files go below ``work``, which may not exist yet; each teacher has its own folder there.

    Raises:
        ConfigError: the entry or one of the engine's options is wrong.
        ArtifactError: the encoder was not fitted yet.
    """
    searcher = None
    for stage in reversed(chain(teachers, name, layout)):
        searcher = opened(teachers, stage, layout, corpus, work, searcher)
    assert searcher is not None  # a chain has at least one stage
    return searcher


def opened(
    teachers: Mapping[str, Teacher],
    name: str,
    layout: Layout,
    corpus: Corpus,
    work: Path,
    first_stage: Searcher | None,
    options: Mapping[str, object] | None = None,
) -> Searcher:
    """Open one teacher over a first stage that is open already (or none); ``options`` replace those of its engine."""
    encoder = _encoder_class(_entry(teachers, name)).load(layout.teacher(name))
    (work / name).mkdir(parents=True)
    with _named(layout, name):
        engine = ENGINES[_engine_module(teachers[name])]
        settings = {**_options(teachers[name], "engine"), **(options or {})}
        return engine(encoder, settings, corpus, work / name, first_stage=first_stage)


def chain(teachers: Mapping[str, Teacher], name: str, layout: Layout) -> list[str]:
    """A teacher, the teacher whose lists it re-ranks, and so on.

    Raises:
        ConfigError: a first stage is unknown, or re-ranks the teacher that re-ranks it.
    """
    stages = [name]
    with _named(layout, name):
        while first := _options(_entry(teachers, stages[-1]), "engine").get(FIRST_STAGE):
            if first in stages:
                raise ConfigError(f"options.engine.{FIRST_STAGE}: found a circle, {' > '.join([*stages, first])}")
            stages.append(first)
        _entry(teachers, stages[-1])
    return stages


def _entry(teachers: Mapping[str, Teacher], name: str) -> Teacher:
    if name not in teachers:
        raise unknown("teacher", name, teachers)
    return teachers[name]


def _options(entry: Teacher, part: str) -> dict:
    for key, value in entry.options.items():
        if key not in ("encoder", "engine"):
            raise unknown(f"options.{key}: unknown key", key, ("encoder", "engine"))
        if not isinstance(value, Mapping):
            raise ConfigError(f"options.{key}: found {value!r}, allowed: a mapping")
    return dict(entry.options.get(part, {}))


def _engine_module(entry: Teacher) -> str:
    """Import the module that registers the entry's kind; returns the kind."""
    if entry.kind not in ENGINE_MODULES:
        raise unknown("kind", entry.kind, ENGINE_MODULES)
    import_module(ENGINE_MODULES[entry.kind])
    return entry.kind


def _encoder_class(entry: Teacher) -> type[Encoder]:
    if entry.encoder not in ENCODER_MODULES:
        raise unknown("encoder", entry.encoder, ENCODER_MODULES)
    import_module(ENCODER_MODULES[entry.encoder])
    return ENCODERS[entry.encoder]


@contextmanager
def _named(layout: Layout, name: str) -> Iterator[None]:
    """An engine or encoder knows its options, not where they stand."""
    try:
        yield
    except ConfigError as error:
        raise ConfigError(f"scales/{layout.scale}.yaml: teachers.{name}: {error}") from None
