"""Measure this machine for `make plan`: `python -m stages.calibrate [scale]` writes artifacts/<scale>/rates.json."""

from dragon import artifacts
from dragon.config import Params
from dragon.planning.calibrate import Effort, calibrate
from dragon.planning.rates import read_rates
from dragon.planning.sizes import sizes
from dragon.teachers.hardware import hardware
from stages.entry import run

EFFORT = Effort(rounds=3, seconds=1.0)


def main(scale: str = "") -> None:
    params = Params.load(scale=scale)
    machine = hardware(gpu=False)
    found = calibrate(sizes(params.scale_name), params.training, machine, EFFORT)
    artifacts.write_json(params.layout.rates(), found)
    for kind, rate in read_rates(params.layout.rates()).work.items():
        print(f"{kind}: {rate.flop_per_second:.3g} FLOP/s ({rate.source})")
    print(f"{params.layout.rates()}: `make plan` shows it as `here`")


if __name__ == "__main__":
    run(main)
