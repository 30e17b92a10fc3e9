"""A real, tiny student: two-layer BERTs with weights from a seed, real tokens, real label lists."""

import dataclasses

import numpy as np
import pytest
import torch

from dragon import artifacts
from dragon.config import Experiment, MaxLength, Source, Training
from dragon.core import Checkpoint, LabelStore
from dragon.models.bi_encoder import new_bert, save_bert
from dragon.models.starts import initialise
from dragon.models.tokens import Tokens
from dragon.models.vocabulary import write_vocabulary
from dragon.settings import Soft
from dragon.training.iterations import Inputs

WORDS = ["array", "axis", "sum", "mean", "matrix", "solve", "vector", "norm", "sort", "index", "table", "column"]
WORDS += ["row", "graph", "node", "edge", "path", "tree", "plot", "line"]


def texts(seed, count, length):
    generator = np.random.Generator(np.random.Philox(seed))
    return [" ".join(WORDS[i] for i in generator.integers(0, len(WORDS), length)) for _ in range(count)]


@pytest.fixture
def tiny(tmp_path, make_lists):
    """Inputs of a student over 64 queries and 120 passages; files below ``tmp_path``."""
    source = Source(kind="wordpiece", options={"size": 60, "lowercase": True, "alphabet": 26, "min_frequency": 2})
    write_vocabulary(source, texts(0, 300, 9), "test: vocabulary", tmp_path / "vocabulary")
    Tokens.write(tmp_path / "queries", texts(1, 64, 5), tmp_path / "vocabulary")
    Tokens.write(tmp_path / "passages", texts(2, 120, 12), tmp_path / "vocabulary")
    folders = {}
    for seed, name in enumerate(("unicoil", "contriever", "colbertv2")):
        make_lists(seed, queries=64, passages=120).write(tmp_path / name)
        folders[name] = tmp_path / name
    return Inputs(
        experiment=_experiment(),
        init=_start(tmp_path),
        labels=LabelStore.write(tmp_path / "pool.json", "crop", folders),
        queries=tmp_path / "queries",
        passages=tmp_path / "passages",
    )


def _experiment():
    training = Training(
        seed=42,
        positives=10,
        negatives=(46, 50),
        tied_encoders=False,
        pooling="cls",
        temperature=1.0,
        loss="info-nce",
        soft=Soft(passages=4, normalisation="z-score", temperature=1.0),
        queries=0,
        budget="epochs",
        epochs=1.0,
        epochs_scale=1.0,
        batch_size=16,
        learning_rate=1e-3,
        embedding_lr_scale=1.0,
        weight_decay=0.01,
        warmup=0.25,
        clip_norm=2.0,
        dropout=0.0,
        max_length=MaxLength(query=8, passage=12),
        threads=1,
    )
    trajectory = ("unicoil", "contriever", "colbertv2")
    knobs = {"labels": "crop/pilot", "init": "x", "supervision": "progressive"}
    return Experiment(name="tiny", **knobs, trajectory=trajectory, iterations=3, training=training)


def _start(tmp_path):
    size = {"vocab_size": 60, "hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2}
    model = new_bert({**size, "intermediate_size": 32, "max_position_embeddings": 32})
    initialise(model, 0.2, seed=5)
    with artifacts.folder(tmp_path / "start", {"kind": "checkpoint"}) as part:
        for name in ("query_encoder", "context_encoder"):
            save_bert(model, tmp_path / "vocabulary", part / name)
    return Checkpoint.open(tmp_path / "start")


@pytest.fixture
def changed():
    """A copy of inputs with other training settings or knobs."""

    def change(inputs, **values):
        fields = {f.name for f in dataclasses.fields(Training)}
        training = dataclasses.replace(inputs.experiment.training, **{k: v for k, v in values.items() if k in fields})
        knobs = {k: v for k, v in values.items() if k not in fields}
        return dataclasses.replace(
            inputs, experiment=dataclasses.replace(inputs.experiment, training=training, **knobs)
        )

    return change


@pytest.fixture(autouse=True)
def _one_thread():
    torch.set_num_threads(1)
