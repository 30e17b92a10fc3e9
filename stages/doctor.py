"""Can a scale run here? `python -m stages.doctor [scale]`: one line per thing; exit status 0 says yes, 1 no."""

import sys
from collections.abc import Iterator

from dragon.config import Params
from dragon.doctor import Finding, can_run
from dragon.doctor.data import data
from dragon.doctor.machine import machine
from dragon.doctor.places import disk, memory, store, switches
from dragon.errors import UserError
from dragon.planning.disk import disk as kept
from dragon.planning.disk import held
from dragon.planning.plan import make_plan
from dragon.planning.sizes import sizes
from stages.entry import run
from stages.systems import MAIN_SUITES


def main(scale: str = "") -> None:
    found = {}
    for one in findings(scale):
        if (one.state, one.says) not in found:  # a file that several collections share is one line
            print(one.line, flush=True)
        found.setdefault((one.state, one.says), one)
    lacking = sum(state == "missing" for state, _ in found)
    print(f"missing: {lacking}" if lacking else "everything that the scale needs is here")
    if not can_run(found.values()):
        sys.exit(1)


def findings(scale: str) -> Iterator[Finding]:
    """The machine first, then what depends on the scale's settings, if they can be read."""
    try:
        params = Params.load(scale=scale)
    except UserError as error:
        params = None
        yield Finding("settings", "missing", str(error))
    yield from machine(params)
    yield store()
    yield from switches()
    if params:
        yield Finding("settings", "ok", f"scale {params.scale_name}, recipe {params.recipe}")
        yield from _room(params)
        yield from data(params)


def _room(params: Params) -> Iterator[Finding]:
    try:
        found = sizes(params.scale_name)
        plan = make_plan(params, found, MAIN_SUITES)
        needed, largest = kept(plan, plan.whole), held(plan)
    except UserError as error:
        yield Finding("need", "note", str(error))
        yield from disk(None)
        yield memory(None)
        return
    seen, stored = found.gigabytes.get("disk"), sum(size for name, size in needed.items() if "store" in name)
    rest = sum(needed.values()) if seen is None else seen * 1e9
    yield from disk({"checkout": rest - stored, "store": stored})
    yield memory(largest)


if __name__ == "__main__":
    run(main)
