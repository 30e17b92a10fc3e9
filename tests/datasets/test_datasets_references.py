import pytest

from dragon.datasets.references import References

NAMES = [
    "numpy.linalg._linalg.eig",
    "numpy.linalg._linalg.eigh",
    "scipy.linalg._decomp.eig",
    "scipy.sparse.linalg._eigen.eigs",
    "scipy.stats._a.Norm.fit",
    "scipy.stats._a.Norm.pdf",
    "scipy.stats._a.Expon.fit",
    "scipy.stats._b.fit",
    "pkg.one.twin",
    "pkg.two.twin",
    "pkg.three.user",
]


@pytest.mark.parametrize(
    ("written", "origin", "meant"),
    [
        ("eigh", "numpy.linalg._linalg.eig", "numpy.linalg._linalg.eigh"),  # the same module
        ("fit", "scipy.stats._a.Norm.pdf", "scipy.stats._a.Norm.fit"),  # the same class before all else
        ("Expon.fit", "scipy.stats._a.Norm.pdf", "scipy.stats._a.Expon.fit"),
        ("numpy.linalg.eig", "scipy.linalg._decomp.eig", "numpy.linalg._linalg.eig"),  # public path, other package
        ("eig", "scipy.sparse.linalg._eigen.eigs", "scipy.linalg._decomp.eig"),  # the nearest of two
        ("twin", "pkg.three.user", None),  # equally near: not clear
        ("svd", "numpy.linalg._linalg.eig", None),  # not documented
        ("eigh", "numpy.linalg._linalg.eigh", None),  # only itself
    ],
)
def test_resolve(written, origin, meant):
    assert References(NAMES).resolve(written, origin) == meant
