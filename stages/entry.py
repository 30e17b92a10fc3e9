"""How every stage starts: names from the command line, one clear line when something is the user's to mend."""

import inspect
import sys
from collections.abc import Callable

from dragon.errors import UserError


def run(main: Callable[..., None]) -> None:
    """Call ``main`` with the command line's names; a UserError becomes one line and status 2."""
    names = sys.argv[1:]
    try:
        inspect.signature(main).bind(*names)
    except TypeError:
        usage = " ".join(_shown(parameter) for parameter in inspect.signature(main).parameters.values())
        sys.exit(f"usage: python -m {sys.modules['__main__'].__spec__.name} {usage}")
    try:
        main(*names)
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)


def _shown(parameter: inspect.Parameter) -> str:
    return f"<{parameter.name}>" if parameter.default is inspect.Parameter.empty else f"[{parameter.name}]"
