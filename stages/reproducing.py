"""Write the plan's numbers into docs/reproducing.md: `python -m stages.reproducing`."""

from dragon import artifacts
from dragon.config import Params
from dragon.planning.plan import make_plan
from dragon.planning.rates import all_rates
from dragon.planning.reproducing import PAGE, SHOWN, blocks, filled
from dragon.planning.sizes import sizes
from stages.entry import run
from stages.systems import MAIN_SUITES

SCALE = "paper"


def main() -> None:
    params = Params.load(scale=SCALE)
    found, machines = sizes(SCALE), {name: all_rates(params.layout, name)[name] for name in SHOWN}
    plans = [make_plan(params, found, MAIN_SUITES, own=own) for own in (True, False)]
    text = filled(PAGE.read_text(encoding="utf-8"), blocks(*plans, machines))
    artifacts.write_text(PAGE, text)
    print(f"{PAGE}: written")


if __name__ == "__main__":
    run(main)
