"""Arithmetic of training, labelling and evaluating: FLOP by kind of work, and what Lucene searches."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from dragon.config import Training
from dragon.planning.sizes import Sizes, TeacherSize, Texts, Transformer
from dragon.planning.units import Unit, steps

BACKWARD = 2
"""A backward pass costs two forward ones."""
LONGEST = 512
"""Positions of a BERT."""


@dataclass(frozen=True)
class Work:
    """FLOP by kind (``rates.KINDS``), and queries times passages by teacher for what is timed on a CPU host."""

    flop: dict[str, float] = field(default_factory=dict)
    lucene: dict[str, float] = field(default_factory=dict)

    def __add__(self, other: "Work") -> "Work":
        return Work(_sum(self.flop, other.flop), _sum(self.lucene, other.lucene))


@dataclass(frozen=True)
class Trained:
    """One iteration's size: epochs are passes over ``queries``; visits are those of the steps taken."""

    queries: int
    epochs: float
    steps: int
    visits: int
    real_tokens: float
    """Of queries, positives and negatives, as long as they are."""
    padded_tokens: float
    """As long as the longest allowed, the most that this loop computes."""
    flop: float
    """Of the padded tokens."""
    real_flop: float


def trained(unit: Unit, sizes: Sizes) -> Trained:
    """What an iteration computes; raises ConfigError when the size of its query set is not known."""
    available, training = sizes.queries(unit.query_set), unit.training
    queries = unit.queries(available.number)
    taken = steps(queries, available.number, training)
    visits = taken * training.batch_size
    real = (available.each(training.max_length.query), sizes.passages.each(training.max_length.passage))
    padded = (float(training.max_length.query), float(training.max_length.passage))
    return Trained(
        queries=queries,
        epochs=training.epochs * training.epochs_scale,
        steps=taken,
        visits=visits,
        real_tokens=visits * _triplet(*real),
        padded_tokens=visits * _triplet(*padded),
        flop=visits * _step_flop(sizes.student.transformer, *padded),
        real_flop=visits * _step_flop(sizes.student.transformer, *real),
    )


def visits_by_epochs(unit: Unit, sizes: Sizes) -> float:
    """Visits if no epoch lost its last short batch: epochs times queries, the paper's own arithmetic."""
    queries = unit.queries(sizes.queries(unit.query_set).number)
    return queries * unit.training.epochs * unit.training.epochs_scale


def labelled(teacher: str, size: TeacherSize, queries: Texts, passages: Texts) -> Work:
    """One teacher ranks one query set; the stage encodes the passages anew unless their index is downloaded."""
    if size.search == "re-ranking":
        return reranked(size, queries, passages)
    length = size.query_tokens or queries.each(size.max_length[0])
    asked = queries.number * length
    flop = {"encoding": size.forward(asked, length)}
    if not size.prebuilt:
        flop["encoding"] += encoded(size, [passages], size.max_length[1])
    if size.search == "dense":
        flop["dense-search"] = 2.0 * queries.number * passages.number * size.vector
    elif size.search == "max-sim":
        tokens = asked * (size.candidates or passages.number) * passages.each(size.max_length[1])
        flop["max-sim"] = 2.0 * tokens * size.vector
    pairs = float(queries.number) * passages.number
    return Work(flop, {teacher: pairs} if size.search == "lucene" else {})


def reranked(size: TeacherSize, queries: Texts, passages: Texts) -> Work:
    """Pairs of a query and a passage through a cross-encoder, cut to its longest."""
    pair = min(queries.tokens + passages.tokens + 3, size.max_length[1])
    return Work({"re-ranking": size.forward(queries.number * size.candidates * pair, pair)})


def searched_by_student(sizes: Sizes, queries: Texts, training: Training) -> Work:
    """A student encodes the passages and a query set and searches: the candidates of a re-ranker."""
    student, length = sizes.student.transformer, queries.each(training.max_length.query)
    flop = student.forward(queries.number * length, length)
    flop += encoded(student, [sizes.passages], training.max_length.passage)
    search = 2.0 * queries.number * sizes.passages.number * sizes.student.hidden
    return Work({"encoding": flop, "dense-search": search})


def evaluated(model: Transformer, collections: Iterable[Texts]) -> Work:
    """Every passage of a suite once, up to the 512 tokens that the paper reads of BEIR; its few queries are nothing."""
    return Work({"encoding": encoded(model, [texts for texts in collections if not texts.gated], LONGEST)})


def encoded(model: Transformer, texts: Iterable[Texts], limit: int) -> float:
    """FLOP of encoding texts without padding."""
    return sum(model.forward(one.number * one.each(limit), one.each(limit)) for one in texts)


def _triplet(query: float, passage: float) -> float:
    return query + 2 * passage


def _step_flop(model: Transformer, query: float, passage: float) -> float:
    """Forward and backward of a query, its positive and its hard negative."""
    return (1 + BACKWARD) * (model.forward(query, query) + 2 * model.forward(passage, passage))


def _sum(left: dict[str, float], right: dict[str, float]) -> dict[str, float]:
    return {name: left.get(name, 0.0) + right.get(name, 0.0) for name in {**left, **right}}
