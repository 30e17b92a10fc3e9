"""A folder outside the repository that changes is noticed, and one that does not is not read again."""

import os
import time

import pytest
from beir_folder import QRELS, options, read_folder, write_folder

from dragon import artifacts
from dragon.datasets import beir_fingerprint
from dragon.datasets.folder import fingerprint
from dragon.errors import ArtifactError, ConfigError


@pytest.fixture
def root(tmp_path):
    return write_folder(tmp_path / "rivers")


@pytest.fixture
def reads(monkeypatch):
    """Names of the files whose bytes are read for a fingerprint."""
    names = []
    whole = artifacts.file_digest
    monkeypatch.setattr(artifacts, "file_digest", lambda path: names.append(path.name) or whole(path))
    return names


def settle(monkeypatch):
    """As if the files had been lying there for a while."""
    now = time.time()
    monkeypatch.setattr(beir_fingerprint.time, "time", lambda: now + 60)


def test_a_fingerprint_names_every_file_that_is_read(root, tmp_path):
    found = fingerprint(options(root))
    assert found == {
        name: artifacts.file_digest(root / name) for name in ("corpus.jsonl", "queries.jsonl", "qrels/test.tsv")
    }
    assert read_folder(root, tmp_path / "made")["read"] == found


def test_files_are_read_again_only_when_they_may_have_changed(root, reads, monkeypatch):
    settle(monkeypatch)
    first = fingerprint(options(root))
    assert len(reads) == 3
    assert fingerprint(options(root)) == first
    assert len(reads) == 3
    os.utime(root / "corpus.jsonl", ns=(1, 1))
    assert fingerprint(options(root)) == first  # same bytes: nothing that depends on them runs again
    assert reads[3:] == ["corpus.jsonl"]


def test_a_change_of_one_letter_is_noticed_even_if_size_and_time_stay(root, monkeypatch):
    settle(monkeypatch)
    before, path = fingerprint(options(root)), root / "qrels" / "test.tsv"
    times = path.stat()
    path.write_text(QRELS.replace("\t2\n", "\t1\n"))
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    after = fingerprint(options(root))
    assert [name for name in before if before[name] != after[name]] == ["qrels/test.tsv"]


def test_what_has_just_changed_is_not_remembered(root, reads):
    fingerprint(options(root))
    fingerprint(options(root))
    assert len(reads) == 6


def test_a_broken_note_in_the_store_is_no_answer(root, tmp_path, monkeypatch):
    settle(monkeypatch)
    first = fingerprint(options(root))
    for note in (tmp_path / "store" / beir_fingerprint.KIND).iterdir():
        note.write_text("{")
    assert fingerprint(options(root)) == first


def test_missing_files_and_folders_are_named(root):
    (root / "queries.jsonl").unlink()
    with pytest.raises(ArtifactError, match=r"rivers/queries\.jsonl: cannot be read \(No such file"):
        fingerprint(options(root))
    with pytest.raises(ConfigError, match=r"local\.folder: found '/nowhere', but /nowhere is no folder"):
        fingerprint(options("/nowhere"), "local")
