"""What the settings are: frozen dataclasses that ``params.yaml`` and ``scales/<scale>.yaml`` are read into."""

from dataclasses import dataclass, field, replace
from typing import Any, Literal

from dragon.errors import ConfigError
from dragon.imports import Imported

BASELINES = "baselines"
"""The key in a scale; a folder of their own among runs and metrics."""


@dataclass(frozen=True, kw_only=True)
class MaxLength:
    """Tokens, special tokens included."""

    query: int
    passage: int

    def check(self, most: int, where: str) -> None:
        """Raise ConfigError for a length that a model with ``most`` positions does not read."""
        for side, length in (("query", self.query), ("passage", self.passage)):
            if not 2 < length <= most:
                raise ConfigError(f"{where}.{side}: found {length}, allowed: 3 to {most}, which the student reads")


@dataclass(frozen=True, kw_only=True)
class Soft:
    """How a teacher's scores become soft labels (paper section 5 tried it and gives no details)."""

    passages: int
    """Passages drawn from a query's list, spread over its ranks."""
    normalisation: Literal["none", "min-max", "z-score"]
    """Over the whole list of one teacher and query, before the softmax."""
    temperature: float
    """Divides the normalised scores."""


@dataclass(frozen=True, kw_only=True)
class Training:
    """Everything that one iteration of training depends on, resolved."""

    seed: int
    positives: int
    """The positive is drawn from ranks 1..positives (paper 3.2: 10)."""
    negatives: tuple[int, int]
    """The hard negative is drawn from these ranks, inclusive (paper 3.2: 46-50)."""
    tied_encoders: bool
    """One encoder for queries and passages; the paper uses two (4.3)."""
    pooling: Literal["cls", "mean"]
    temperature: float
    loss: Literal["info-nce", "kl"]
    """Hard labels (equation 2), or soft labels: KL divergence over passages drawn from the list (section 5)."""
    soft: Soft
    queries: int
    """Train on this many queries only, a nested seeded subset (Figure 3); 0 takes all."""
    budget: Literal["epochs", "steps"]
    """What a smaller query set keeps of a full one's training: its epochs (fewer steps), or its steps."""
    epochs: float
    """Passes over the query set in one iteration; a fraction takes the head of a seeded order."""
    epochs_scale: float
    """Multiplies ``epochs``: the fused student trains 60 epochs in one go where others train 3 x 20."""
    batch_size: int
    """Queries per step, over all devices."""
    learning_rate: float
    embedding_lr_scale: float
    """Factor on the learning rate of the word embeddings."""
    weight_decay: float
    warmup: float
    """Fraction of an iteration's steps."""
    clip_norm: float
    dropout: float
    max_length: MaxLength
    threads: int
    """CPU threads of torch; part of what a result depends on, to the bit."""


@dataclass(frozen=True, kw_only=True)
class Iteration:
    """One unit of work: which teachers label the queries of iteration ``number`` (1-based)."""

    number: int
    sources: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Experiment:
    """One student: where its labels come from, where it starts, and its trajectory."""

    name: str
    labels: str
    """``<query set>/<pool>``."""
    init: str
    """A start of the scale, or another student, which this one continues."""
    supervision: str
    trajectory: tuple[str, ...]
    iterations: int
    """How many iterations; one per teacher of the trajectory unless the experiment says otherwise."""
    training: Training

    @property
    def query_set(self) -> str:
        return self.labels.split("/")[0]

    @property
    def pool(self) -> str:
        return self.labels.split("/")[1]


@dataclass(frozen=True, kw_only=True)
class Source:
    """An entry that names an implementation and its options, which that implementation checks."""

    kind: str
    about: str = ""
    options: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Teacher:
    """A retriever that labels queries: an engine (kind) over an encoder."""

    kind: str
    encoder: str
    stands_for: str
    """What takes this slot at this scale, in words; reports print it."""
    options: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Baseline(Teacher):
    """A retriever that somebody else trained, evaluated as students are (Table 4); ``stands_for`` says what it is."""

    max_length: dict[str, MaxLength] = field(default_factory=dict)
    """Suite -> what replaces ``options.encoder.max_length`` there."""


@dataclass(frozen=True, kw_only=True)
class Suite:
    """Test sets that are evaluated and averaged together."""

    about: str
    tests: dict[str, str]
    """Name of the test -> ``<dataset>/<split>``."""
    measures: tuple[str, ...]
    mean_of: tuple[str, ...]
    """Tests that the row ``mean`` averages."""
    datasets: dict[str, Source]
    test_measures: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Tests that are measured with another list: TREC's binary measures, for one, count passages from grade 2."""
    groups: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Name -> tests whose unweighted mean is printed and averaged as one (CQADupStack: 12 forums)."""
    max_length: MaxLength | None = None
    """What students read here, of queries and passages; null: as in training (paper: 512 on BEIR, 32 and 128 in it)."""

    def measures_of(self, test: str) -> tuple[str, ...]:
        """What a test, or every test of a group, is measured with: its own list, or the suite's."""
        return self.test_measures.get(self.parts_of(test)[0], self.measures)

    def parts_of(self, test: str) -> tuple[str, ...]:
        """The tests of a group; of a test, itself."""
        return self.groups.get(test, (test,))

    def read_by(self, training: Training) -> Training:
        """A student's settings with the lengths that it reads in this suite."""
        return replace(training, max_length=self.max_length) if self.max_length else training

    @property
    def named(self) -> tuple[str, ...]:
        """Everything that has a value beside the mean: tests, and groups of them."""
        return (*self.tests, *self.groups)

    @property
    def shown(self) -> tuple[str, ...]:
        """What stands by itself in tables: tests in order, those of a group as the group."""
        group_of = {test: name for name, tests in self.groups.items() for test in tests}
        return tuple(dict.fromkeys(group_of.get(test, test) for test in self.tests))

    @property
    def shared_measures(self) -> tuple[str, ...]:
        """What the row ``mean`` holds: the measures that all tests of ``mean_of`` have."""
        lists = [self.measures_of(test) for test in self.mean_of]
        return tuple(name for name in lists[0] if all(name in other for other in lists)) if lists else ()


@dataclass(frozen=True, kw_only=True)
class Fusion:
    """Linear score fusion; weights are tuned on one half of dev and both halves are reported."""

    pool: str
    depth: int
    weights: tuple[float, ...]
    """Grid of every weight but the first; 1 means equal say."""
    measure: str
    seed: int


@dataclass(frozen=True, kw_only=True)
class Latency:
    """How the cost of labelling is measured (Table 6, A.4)."""

    query_set: str
    queries: int
    batch: int
    rounds: int
    """Measured passes over the queries."""
    warmup: int
    """Passes before, not measured."""


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """Which queries a teacher's lists are compared on with those that the authors published."""

    queries: int
    seed: int


@dataclass(frozen=True, kw_only=True)
class Scale:
    """``scales/<scale>.yaml``."""

    about: str
    comparable: bool
    """Whether numbers may be compared with the paper's."""
    evidence: Literal["L1", "L2", "L3"]
    labels: dict[str, str]
    """How tables name this scale's stand-ins for the paper's collections and models."""
    suites: dict[str, Suite]
    query_sets: dict[str, Source]
    query_sizes: dict[str, int]
    """Names of subset sizes (Figure 3): ``small`` and ``medium`` stand for the paper's 0.8M and 8M queries."""
    vocabulary: Source
    pretrained: dict[str, Source]
    teachers: dict[str, Teacher]
    label_depth: int
    """K: passages per ranked list (paper: 50)."""
    encode_batch_size: int
    run_depth: int
    """Depth of a student's run files; the whole collection where it is smaller."""
    teacher_run_depth: int
    """Depth of a teacher's; Lucene's time grows with every hit it returns."""
    rerank_depth: int
    """How many of a student's passages the cross-encoder re-orders (paper section 5: 1,000)."""
    training: dict[str, Any]
    fusion: Fusion
    latency: Latency
    examples: tuple[str, ...] = ()
    """Ids of passages that Figure 4 shows; none: it draws some."""
    baselines: dict[str, Baseline] = field(default_factory=dict)
    """By name; a column of a table that names one shows it, or only the paper's print where a scale has none."""
    agreement: Agreement | None = None
    """Null where the authors published nothing about the scale's collection."""
    imported: dict[str, Imported] = field(default_factory=dict)
    """Systems that somebody else ran; most scales have none."""


@dataclass(frozen=True, kw_only=True)
class Pool:
    """Teachers over one query set; ``shuffle`` permutes queries against lists (a control)."""

    teachers: tuple[str, ...]
    shuffle: int | None = None
