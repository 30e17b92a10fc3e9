"""A step on another device than the CPU's: tensors of torch's shape-only device meet no tensor of the CPU."""

import dataclasses

import numpy as np
import pytest
import torch

from dragon.models import bi_encoder
from dragon.models.bi_encoder import BiEncoder
from dragon.models.tokens import Tokens
from dragon.supervision.schedule import iterations
from dragon.training.iterations import sampler_of
from dragon.training.objectives import Data, objective


@pytest.mark.parametrize("loss", ["info-nce", "kl"])
def test_a_step_runs_where_the_model_lies(tiny, monkeypatch, loss):
    monkeypatch.setattr(bi_encoder, "device", lambda: "meta")
    training = dataclasses.replace(tiny.experiment.training, loss=loss)
    tiny = dataclasses.replace(tiny, experiment=dataclasses.replace(tiny.experiment, training=training))
    model = BiEncoder.load(tiny.init, training.tied_encoders, "cls", dropout=0.1)
    assert {parameter.device.type for parameter in model.parameters()} == {"meta"}
    sampler = sampler_of(tiny, iterations(tiny.experiment)[0])
    step = objective(training, Data(Tokens.open(tiny.queries), Tokens.open(tiny.passages)), sampler)
    value, missing = step(model.train(), np.arange(8), 0)
    assert (value.device.type, value.shape, missing) == ("meta", (), 0)
    value.backward()
    assert all(p.grad.device.type == "meta" for p in model.query_encoder.embeddings.word_embeddings.parameters())


def test_without_a_gpu_students_stay_on_the_cpu(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert bi_encoder.device() == "cpu"
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert bi_encoder.device() == "cuda"
