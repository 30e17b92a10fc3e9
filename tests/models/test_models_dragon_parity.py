"""The example of the model card of facebook/dragon-plus-query-encoder, where the model is on this machine."""

import os
from pathlib import Path

import pytest
from huggingface_hub import try_to_load_from_cache
from tiny_checkpoints import COMMON

from dragon.core.checkpoint import CONTEXT_ENCODER, QUERY_ENCODER
from dragon.models.checkpoints.pair import DensePair
from dragon.releases import Releases

ROOT = Path(__file__).parents[2]
QUERY = "Where was Marie Curie born?"
PASSAGES = [
    "Maria Sklodowska, later known as Marie Curie, was born on November 7, 1867.",
    "Born in Paris on 15 May 1859, Pierre Curie was the son of Eugène Curie, a doctor of French Catholic origin from"
    " Alsace.",
]
SCORES = [396.5625, 393.8340]
TOLERANCE = 0.02
"""Sums of 768 products near 400 in single precision, in another order."""
MAX_LENGTH = {"query": 512, "passage": 512}
OPTIONS = {**COMMON, "max_length": MAX_LENGTH, "query_prefix": "", "passage_prefix": "", "threads": 1}


def folder_of(hub_id):
    """Below ``DRAGON_DATA``, with or without the organisation's folder, or in the hub's cache; None where it is not."""
    data = Path(os.environ.get("DRAGON_DATA", "/nonexistent"))
    places = [data / hub_id, data / hub_id.split("/")[1]]
    cached = try_to_load_from_cache(hub_id, "config.json")
    places += [Path(cached).parent] if isinstance(cached, str) else []
    return next((place for place in places if (place / "config.json").is_file()), None)


def test_scores_of_the_model_card():
    port = Releases.load(ROOT).models["dragon-plus"]
    ids = {QUERY_ENCODER: port.query_encoder, CONTEXT_ENCODER: port.context_encoder}
    folders = {side: folder_of(hub_id) for side, hub_id in ids.items()}
    if missing := [hub_id for side, hub_id in ids.items() if folders[side] is None]:
        pytest.skip(f"{' and '.join(missing)}: neither in the hub's cache nor below DRAGON_DATA")
    paths = {side: str(folder) for side, folder in folders.items()}
    encoder = DensePair.fit(None, {**OPTIONS, **paths, "pooling": "cls", "similarity": "dot"})
    found = encoder.encode_passages(PASSAGES) @ encoder.encode_queries([QUERY])[0]
    assert found.tolist() == pytest.approx(SCORES, abs=TOLERANCE)
