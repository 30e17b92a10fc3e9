"""Documentation strings of Python files, read with ``ast``; nothing is imported or executed."""

import ast
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePath

_UNDERLINE = r"\n[ \t]*[-=~]{3,}[ \t]*\n"
_SEE_ALSO = re.compile(rf"(?:^|\n)[ \t]*See [Aa]lso{_UNDERLINE}")
_HEADER = re.compile(rf"\n[^\s][^\n]*{_UNDERLINE}")
_ROLE = re.compile(r":[\w:]+:(?=`)")
_NAME = re.compile(r"[A-Za-z_][\w.]*")


@dataclass(frozen=True)
class Documented:
    """A module, class, function or method with its documentation, white space normalised.

    ``name``      dotted, from the file's path: ``numpy.linalg._linalg.eig``
    ``summary``   the first paragraph
    ``body``      the rest, without its "See Also" section
    ``see_also``  the names in that section, as written
    """

    name: str
    summary: str
    body: str
    see_also: tuple[str, ...]


def module_name(path: PurePath) -> str:
    """``numpy/linalg/__init__.py`` -> ``numpy.linalg``."""
    parts = path.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" and len(parts) > 1 else parts)


def read(source: bytes, module: str) -> Iterator[Documented]:
    """Every documented object of a file: the module, its classes and functions, and classes' members, in order.

    Raises:
        SyntaxError: the file is not Python that this interpreter reads.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # invalid escapes in other people's strings
        tree = ast.parse(source)
    yield from _walk(tree, module)


def parse(name: str, docstring: str) -> Documented:
    """Split one (dedented) documentation string into summary, body and "See Also" names."""
    rest, names = _without_see_also(docstring.strip())
    summary, _, body = re.sub(r"\n\s*\n", "\0", rest, count=1).partition("\0")
    return Documented(name, " ".join(summary.split()), " ".join(body.split()), names)


def _walk(node: ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef, name: str) -> Iterator[Documented]:
    docstring = ast.get_docstring(node)
    if docstring:
        yield parse(name, docstring)
    if isinstance(node, ast.Module | ast.ClassDef):
        for child in node.body:
            if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                yield from _walk(child, f"{name}.{child.name}")


def _without_see_also(docstring: str) -> tuple[str, tuple[str, ...]]:
    start = _SEE_ALSO.search(docstring)
    if not start:
        return docstring, ()
    end = _HEADER.search(docstring, start.end() - 1)
    stop = end.start() if end else len(docstring)
    lines = docstring[start.end() : stop].split("\n")
    names = [name for line in lines if line and not line[0].isspace() for name in _names(line)]
    return docstring[: start.start()] + "\n\n" + docstring[stop:], tuple(dict.fromkeys(names))


def _names(line: str) -> list[str]:
    """``eigh, :func:`~numpy.eig` : description`` -> ``[eigh, numpy.eig]``; prose gives nothing."""
    items = re.split(r"\s:(?:\s|$)", _ROLE.sub("", line))[0].split(",")
    cleaned = [item.strip().strip("`~").removesuffix("()").rstrip(".:") for item in items]
    return [item for item in cleaned if _NAME.fullmatch(item)]
