"""How every stage starts: names from the command line, one clear line when something is the user's to mend."""

import inspect
import sys
import time
from collections.abc import Callable
from pathlib import Path

from dragon.config import Params
from dragon.errors import UserError
from dragon.store import Store


def run(main: Callable[..., None]) -> None:
    """Call ``main`` with the command line's names; a UserError becomes one line and status 2."""
    names = sys.argv[1:]
    module = sys.modules["__main__"].__spec__.name
    try:
        inspect.signature(main).bind(*names)
    except TypeError:
        usage = " ".join(_shown(parameter) for parameter in inspect.signature(main).parameters.values())
        sys.exit(f"usage: python -m {module} {usage}")
    start = time.perf_counter()
    try:
        main(*names)
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)
    _record(module, names, time.perf_counter() - start)


def _record(module: str, names: list[str], seconds: float) -> None:
    """Let the report say what took how long; checkout and scale keep runs apart that share a store."""
    if not Store.off():
        where = {"checkout": str(Path.cwd()), "scale": Params.load().scale_name}
        event = {"event": "stage", "module": module, "names": names, **where}
        Store.default().record({**event, "seconds": round(seconds, 2)})


def _shown(parameter: inspect.Parameter) -> str:
    if parameter.kind is inspect.Parameter.VAR_POSITIONAL:
        return f"<{parameter.name}> ..."
    return f"<{parameter.name}>" if parameter.default is inspect.Parameter.empty else f"[{parameter.name}]"
