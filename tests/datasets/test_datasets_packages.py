from pathlib import Path

import pytest

from dragon.datasets.packages import locked_versions, modified_files, open_packages, python_files
from dragon.errors import ArtifactError


def test_lock_names_are_normalised_and_local_suffixes_left_out(tmp_path):
    lock = tmp_path / "requirements.lock"
    lock.write_text("SQLAlchemy==2.1.9\ntorch==2.13.0+cpu\n# no\nruamel.yaml==0.18 ; python_version > '3'\n")
    assert locked_versions(lock) == {"sqlalchemy": "2.1.9", "torch": "2.13.0", "ruamel-yaml": "0.18"}


@pytest.mark.parametrize("text", [None, "# nothing pinned\n"])
def test_no_lock_no_collection(tmp_path, text):
    lock = tmp_path / "requirements.lock"
    if text is not None:
        lock.write_text(text)
    with pytest.raises(ArtifactError, match=r"requirements\.lock"):
        locked_versions(lock)


def test_the_pinned_version_opens_with_a_local_suffix(install):
    install("demo-docs", "1.2+cpu", {"demo_docs/a.py": ""}, lock="1.2")
    assert open_packages(["Demo_Docs"])["Demo_Docs"].version == "1.2+cpu"


def test_all_wrong_packages_are_named_at_once(install):
    install("demo-docs", "1.3", {"demo_docs/a.py": ""}, lock="1.2")
    with Path("requirements.lock").open("a") as file:
        file.write("demo-absent==7.0\n")
    with pytest.raises(ArtifactError) as error:
        open_packages(["demo-docs", "demo-absent"])
    message = str(error.value)
    assert "demo-docs 1.3 (locked: 1.2)" in message
    assert "demo-absent is not installed (locked: 7.0)" in message
    assert "make env" in message


def test_a_package_that_is_not_pinned(install):
    install("demo-docs", "1.2", {"demo_docs/a.py": ""})
    with pytest.raises(ArtifactError, match="does not pin demo-other"):
        open_packages(["demo-other"])


def test_tests_generated_and_foreign_files_are_left_out(install):
    kept = ["demo_docs/__init__.py", "demo_docs/sub/b.py"]
    skipped = ["demo_docs/tests/c.py", "demo_docs/test_d.py", "demo_docs/version.py", "demo_docs/__config__.py"]
    install("demo-docs", "1.2", dict.fromkeys([*reversed(kept), *skipped, "demo_docs/data.txt"], ""))
    opened = open_packages(["demo-docs"])["demo-docs"]
    assert [str(file) for file in python_files(opened)] == kept


def test_modified_and_missing_files_are_named(install):
    site = install("demo-docs", "1.2", {f"demo_docs/{name}.py": name for name in "abc"})
    opened = open_packages(["demo-docs"])["demo-docs"]
    assert modified_files(opened) == []
    (site / "demo_docs/a.py").write_text("changed")
    (site / "demo_docs/c.py").unlink()
    assert modified_files(opened) == ["demo_docs/a.py", "demo_docs/c.py"]
