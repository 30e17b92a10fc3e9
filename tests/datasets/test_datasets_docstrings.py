from pathlib import PurePath

import pytest

from dragon.datasets.docstrings import module_name, parse, read

SOURCE = b'''"""Module summary.

Module body.
"""
import never_imported

def solve(a):
    """Solve a linear
    system.

    The matrix must\tbe square.

    See Also
    --------
    inverse : Invert a matrix.
        More about it.
    :func:`~pkg.lu`, qr
    Some prose, which names nothing.

    Notes
    -----
    Uses \\d escapes.
    """
    def inner():
        """Not listed."""

class Matrix:
    """A matrix."""
    def trace(self):
        """Sum of the diagonal."""
    async def load(self):
        """Load it."""
    def undocumented(self): ...
'''


@pytest.mark.parametrize(
    ("path", "name"),
    [("pkg/sub/mod.py", "pkg.sub.mod"), ("pkg/sub/__init__.py", "pkg.sub"), ("single.py", "single")],
)
def test_module_names(path, name):
    assert module_name(PurePath(path)) == name


def test_every_documented_object_in_order():
    names = [documented.name for documented in read(SOURCE, "pkg.mod")]
    assert names == ["pkg.mod", "pkg.mod.solve", "pkg.mod.Matrix", "pkg.mod.Matrix.trace", "pkg.mod.Matrix.load"]


def test_summary_body_and_see_also():
    solve = list(read(SOURCE, "pkg.mod"))[1]
    assert solve.summary == "Solve a linear system."
    assert solve.body == r"The matrix must be square. Notes ----- Uses \d escapes."
    assert solve.see_also == ("inverse", "pkg.lu", "qr")


def test_a_docstring_without_paragraphs_is_all_summary():
    documented = parse("f", "One line\nand another.")
    assert (documented.summary, documented.body, documented.see_also) == ("One line and another.", "", ())


def test_see_also_at_the_end_and_in_prose():
    last = parse("f", "Do it.\n\nSee also the guide.\n\nSee Also\n--------\ng, h.k\n")
    assert last.body == "See also the guide."
    assert last.see_also == ("g", "h.k")


def test_other_peoples_syntax_errors_are_raised():
    with pytest.raises(SyntaxError):
        list(read(b"def (:", "broken"))
