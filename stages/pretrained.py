"""One start of ``pretrained:``, from which students begin."""

import dragon.models.copies
import dragon.models.lightning
import dragon.training.pretraining
import dragon.training.retromae  # noqa: F401 - these four register kinds of starts
from dragon.config import Params
from dragon.core import Checkpoint
from dragon.models.starts import StartData, write_start
from dragon.models.tokens import Tokens
from dragon.registry import unknown
from stages.entry import run


def main(start: str) -> None:
    params = Params.load()
    layout, starts = params.layout, params.scale.pretrained
    if start not in starts:
        raise unknown(f"scales/{params.scale_name}.yaml: pretrained", start, starts)
    dataset = next(iter(params.suite("in-domain").datasets))
    data = StartData(
        vocabulary=layout.vocabulary(),
        passages=Tokens.open(layout.tokens("in-domain") / dataset / "corpus"),
        checkpoint=lambda name: Checkpoint.open(layout.checkpoint(name)),
    )
    write_start(starts[start], data, f"scales/{params.scale_name}.yaml: pretrained.{start}", layout.checkpoint(start))


if __name__ == "__main__":
    run(main)
