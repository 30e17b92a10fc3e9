"""Evaluate a start before any label: `python -m stages.evaluate_start plain`."""

from dragon.config import Params
from dragon.core import Checkpoint
from stages.entry import run
from stages.scoring import score_checkpoint


def main(start: str) -> None:
    params = Params.load()
    checkpoint = Checkpoint.open(params.layout.checkpoint(start))
    facts = {"evidence": params.scale.evidence, "about": params.scale.pretrained[start].about}
    for suite in params.scale.suites:
        score_checkpoint(params, f"start-{start}", suite, checkpoint, params.training, facts)


if __name__ == "__main__":
    run(main)
