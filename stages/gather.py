"""A mixture's lists, gathered from those of the sets that it mixes: `python -m stages.gather unicoil mix`."""

import numpy as np

from dragon.config import Params
from dragon.core import RankedLists
from dragon.errors import ConfigError
from dragon.queries.mixture import ORIGIN_ROW, ORIGIN_SET, gather
from dragon.registry import unknown
from stages.entry import run


def main(teacher: str, mixture: str) -> None:
    params = Params.load()
    layout, sets, file = params.layout, params.scale.query_sets, f"scales/{params.scale_name}.yaml"
    params.teacher(teacher)
    if mixture not in sets:
        raise unknown(f"{file}: query_sets", mixture, sets)
    if sets[mixture].kind != "mixture":
        raise ConfigError(f"{file}: query_sets.{mixture}: found kind {sets[mixture].kind!r}, allowed: mixture")
    lists = [RankedLists.open(layout.ranking(part, teacher)) for part in sets[mixture].options["of"]]
    origins = [np.load(layout.queries(mixture) / f"{name}.npy") for name in (ORIGIN_SET, ORIGIN_ROW)]
    gathered = gather(lists, *origins).write(layout.ranking(mixture, teacher), teacher=teacher, query_set=mixture)
    print(f"{teacher} {mixture}: " + ", ".join(f"{name} {count}" for name, count in gathered.facts().items()))


if __name__ == "__main__":
    run(main)
