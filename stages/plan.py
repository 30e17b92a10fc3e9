"""What a scale would compute and cost, before it does: `python -m stages.plan [scale] [rates]`.

No data and no network are needed. `rates` is a name in registry/rates/, `here` (after `make calibrate`) or a file;
without it every machine that is known is shown. SCALE= and RATES= of `make plan` come here.
"""

from dragon.config import Params
from dragon.planning.downloads import downloads
from dragon.planning.plan import make_plan
from dragon.planning.rates import all_rates
from dragon.planning.render import lines
from dragon.planning.sizes import sizes
from stages.entry import run
from stages.systems import MAIN_SUITES


def main(scale: str = "", rates: str = "") -> None:
    params = Params.load(scale=scale)
    machines = all_rates(params.layout, rates)
    plan = make_plan(params, sizes(params.scale_name), MAIN_SUITES)
    paper = make_plan(params, plan.sizes, MAIN_SUITES, own=False)
    print("\n".join(lines(plan, paper, machines, downloads(params))))


if __name__ == "__main__":
    run(main)
