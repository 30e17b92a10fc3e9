"""Name -> implementation, with a suggestion when the name is wrong."""

import difflib
from collections.abc import Callable, Iterable, Iterator
from typing import Generic, TypeVar

from dragon.errors import ConfigError

T = TypeVar("T")


def suggestion(found: str, allowed: Iterable[str]) -> str:
    """``"; did you mean 'x'?"`` for the closest allowed name, or an empty string."""
    close = difflib.get_close_matches(str(found), [str(name) for name in allowed], n=1)
    return f"; did you mean {close[0]!r}?" if close else ""


def unknown(where: str, found: object, allowed: Iterable[str]) -> ConfigError:
    """One line that names the key, what was found and what is allowed."""
    names = list(allowed)
    allowed_text = ", ".join(names) or "nothing"
    return ConfigError(f"{where}: found {found!r}, allowed: {allowed_text}{suggestion(str(found), names)}")


class Registry(Generic[T]):
    """A named family of implementations, filled by decorator where each one is defined."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._entries: dict[str, T] = {}

    def __call__(self, name: str) -> Callable[[T], T]:
        """Register the decorated function or class under ``name``."""

        def register(entry: T) -> T:
            if name in self._entries:
                raise ValueError(f"{self.kind} {name!r} is registered twice")
            self._entries[name] = entry
            return entry

        return register

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __getitem__(self, name: str) -> T:
        if name not in self._entries:
            raise unknown(self.kind, name, self._entries)
        return self._entries[name]
