"""Settings of scale `mini`."""

from pathlib import Path

from dragon.config import Params

PARAMS = Params.load(Path(__file__).parents[2], scale="mini")
