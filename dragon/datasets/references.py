"""Which object a name in a "See Also" section means."""

from collections.abc import Iterable


class References:
    """Resolves names as written against the dotted names of all documented objects."""

    def __init__(self, names: Iterable[str]) -> None:
        self._names = set(names)
        self._by_last: dict[str, list[str]] = {}
        for name in names:
            self._by_last.setdefault(_last(name), []).append(name)

    def resolve(self, written: str, origin: str) -> str | None:
        """The object that ``written`` means in the documentation of ``origin``, or None when that is not clear.

        First what an enclosing scope defines (class, module, package, inside out). Else the public path is not the
        file's (``numpy.linalg.eig`` lies in ``numpy.linalg._linalg.eig``): among objects of that last name whose
        path has the written parts in order, the one that shares the longest path with ``origin``, if one does.
        """
        scopes = origin.split(".")
        for depth in range(len(scopes) - 1, -1, -1):
            candidate = ".".join([*scopes[:depth], written])
            if candidate in self._names and candidate != origin:
                return candidate
        parts = written.split(".")
        found = [name for name in self._by_last.get(parts[-1], []) if name != origin and _in_order(parts, name)]
        near = [_shared(scopes, name.split(".")) for name in found]
        best = [name for name, depth in zip(found, near, strict=True) if depth == max(near)]
        return best[0] if len(best) == 1 else None


def _last(name: str) -> str:
    return name.rpartition(".")[2]


def _in_order(parts: list[str], name: str) -> bool:
    remaining = iter(name.split("."))
    return all(part in remaining for part in parts)


def _shared(left: list[str], right: list[str]) -> int:
    depth = 0
    while depth < min(len(left), len(right)) and left[depth] == right[depth]:
        depth += 1
    return depth
