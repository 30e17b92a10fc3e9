"""What decides an evaluation's runs and values, as one digest: the key of its entry in the store."""

from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

from dragon import artifacts
from dragon.config import Params, Suite, Training
from dragon.core import Checkpoint
from dragon.core.absent import absent_tests, without

_PACKAGE = Path(__file__).parents[1]
_CODE = ("retrieval", "evaluation/measures.py", "evaluation/suites.py")
_MODEL = ("models/bi_encoder.py", "models/cls_state.py", "models/tokens.py")
_NOUNS = ("core/run.py", "core/qrels.py", "core/metric_table.py")
_GROUPS = ("evaluation/groups.py",)
_PACKAGES = ("torch", "transformers", "numpy", "ir_measures", "pytrec_eval-terrier")


def evaluation_key(params: Params, system: str, suite: str, checkpoint: Checkpoint, training: Training) -> str:
    """Digest of the checkpoint, the suite's texts, judgments and tokens, the settings, and the code that computes.

    The system's name is part of it, since run files carry it in their last column.
    """
    encoding = ("tied_encoders", "pooling", "threads", "max_length")
    return artifacts.digest(
        {
            "system": system,
            "checkpoint": checkpoint.digest,
            "suite": _suite(params, suite),
            "encoding": {name: asdict(training)[name] for name in encoding},
            "depth": [params.scale.run_depth, params.scale.encode_batch_size],
            "code": source_digest(),
            "versions": {name: version(name) for name in _PACKAGES},
        }
    )


def source_digest() -> str:
    """Digest of the modules that compute an evaluation."""
    return artifacts.source_digest(_PACKAGE, (*_CODE, *_MODEL, *_NOUNS))


def _suite(params: Params, name: str) -> dict[str, Any]:
    suite, layout = params.suite(name), params.layout
    there = without(suite.tests, absent_tests(suite, layout.dataset(name, "")))
    datasets = {place.split("/")[0] for place in suite.tests.values()}
    data = {one: _data(layout.dataset(name, one)) for one in sorted(datasets)}
    tokens = {place: artifacts.read_meta(layout.tokens(name) / place)["files"] for place in _token_folders(there)}
    rules = {"tests": suite.tests, "measures": suite.measures, "mean_of": suite.mean_of}
    return {"name": name, **rules, **_test_measures(suite), **_groups(suite), "data": data, "tokens": tokens}


def _test_measures(suite: Suite) -> dict[str, Any]:
    """Nothing where all tests are measured alike: such a suite keeps the key that it had."""
    if not suite.test_measures:
        return {}
    return {"test_measures": suite.test_measures, "code": artifacts.source_digest(_PACKAGE, ("evaluation/by_test.py",))}


def _groups(suite: Suite) -> dict[str, Any]:
    """Nothing where there are none: such a suite keeps the key that it had."""
    return {"groups": suite.groups, "mean": artifacts.source_digest(_PACKAGE, _GROUPS)} if suite.groups else {}


def _data(folder: Path) -> dict[str, Any]:
    """Files of a collection, and the rule that its results follow where there is one."""
    meta = artifacts.read_meta(folder)
    if not (rule := meta.get("drop_same_id")):
        return meta["files"]
    return {**meta["files"], "drop_same_id": rule, "code": artifacts.source_digest(_PACKAGE, ("core/same_id.py",))}


def _token_folders(tests: dict[str, str]) -> list[str]:
    places = {place for test in tests.values() for place in (test, f"{test.split('/')[0]}/corpus")}
    return sorted(places)
