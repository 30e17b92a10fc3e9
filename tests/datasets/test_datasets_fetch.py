"""Fetching named collections through the production path, from hosts on loopback that behave and that do not."""

import hashlib

import pytest
from hosts import serving
from tiny_collections import FILES, tarred, write_registry, zipped

from dragon.artifacts import Layout
from dragon.core import Corpus
from dragon.datasets import materialise
from dragon.errors import ArtifactError

STONES = {"collection": "stones", "splits": ["test"]}
WRITING = {"collection": "writing", "splits": ["search"]}


@pytest.fixture
def host(tmp_path, monkeypatch):
    """A host that serves every file, a working folder with the registry, and an empty cache; fetching is allowed."""
    monkeypatch.chdir(tmp_path)
    settings = {"HOME": tmp_path / "home", "TMP": tmp_path / "tmp", "DL_DISABLE_PBAR": "true", "DL_TIMEOUT": "0.3"}
    for name, value in settings.items():
        monkeypatch.setenv(f"IR_DATASETS_{name}", str(value))
    monkeypatch.setenv("DRAGON_DOWNLOAD", "1")
    monkeypatch.setenv("NO_PROXY", "*")
    with serving() as one:
        one.files = dict(FILES)
        write_registry(tmp_path, one.url)
        yield one


def make(tmp_path, options=STONES):
    return materialise("registered", "tiny", options, tmp_path / "made", Layout("paper"))


def home(tmp_path):
    return {str(path.relative_to(tmp_path / "home")) for path in (tmp_path / "home").rglob("*") if path.is_file()}


def refused(tmp_path, options=STONES):
    """The one line that the user sees; nothing was made and nothing is left in the cache."""
    with pytest.raises(ArtifactError) as caught:
        make(tmp_path, options)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "made").exists()
    assert home(tmp_path) == set()
    return str(caught.value)


def test_a_good_file_is_fetched_once_and_then_taken_from_the_cache(host, tmp_path, monkeypatch):
    facts = make(tmp_path)
    assert facts["passages"] == 2 and facts["queries"] == {"test": 1}
    assert home(tmp_path) == {"tiny/stones.zip"}
    monkeypatch.delenv("DRAGON_DOWNLOAD")
    again = make(tmp_path)
    assert again == facts
    assert host.asked == [("stones.zip", None)]


def test_no_network_unless_it_is_allowed(host, tmp_path, monkeypatch):
    monkeypatch.setenv("DRAGON_DOWNLOAD", "0")
    said = refused(tmp_path)
    assert "export DRAGON_DOWNLOAD=1" in said and host.url("stones.zip") in said
    assert hashlib.md5(FILES["stones.zip"]).hexdigest() in said  # where a copy would be taken from
    assert host.asked == []


def test_a_copy_named_by_its_md5_is_taken_without_the_network(host, tmp_path, monkeypatch):
    monkeypatch.delenv("DRAGON_DOWNLOAD")
    seeds = tmp_path / "home" / "downloads"
    seeds.mkdir(parents=True)
    (seeds / hashlib.md5(FILES["stones.zip"]).hexdigest()).write_bytes(FILES["stones.zip"])
    assert make(tmp_path)["passages"] == 2
    assert host.asked == []


def test_a_wrong_copy_is_refused_and_not_replaced_from_the_network(host, tmp_path, monkeypatch):
    monkeypatch.delenv("DRAGON_DOWNLOAD")
    seed = tmp_path / "home" / "downloads" / hashlib.md5(FILES["stones.zip"]).hexdigest()
    seed.parent.mkdir(parents=True)
    seed.write_bytes(b"something else")
    with pytest.raises(ArtifactError, match=f"{seed}.*[Hh]ash"):
        make(tmp_path)
    assert host.asked == [] and home(tmp_path) == {f"downloads/{seed.name}"}


def test_a_file_that_is_cut_short_once_is_resumed_where_it_broke(host, tmp_path):
    host.cut["stones.zip"] = [20_000]  # ir_datasets keeps what came in whole buffers
    assert make(tmp_path)["passages"] == 2
    assert host.asked == [("stones.zip", None), ("stones.zip", "bytes=16384-")]


def test_a_file_that_is_always_cut_short_is_refused(host, tmp_path):
    host.cut["stones.zip"] = [0] * 9
    assert "cannot be had" in refused(tmp_path)
    assert len(host.asked) == 3


def test_other_bytes_are_refused(host, tmp_path):
    host.files["stones.zip"] = zipped({"stones/corpus.jsonl": "{}"})
    found = hashlib.md5(host.files["stones.zip"]).hexdigest()
    assert found in refused(tmp_path)


def test_a_page_that_says_404_is_no_file(host, tmp_path):
    del host.files["stones.zip"]
    assert "404" in refused(tmp_path)


def test_a_host_that_stalls_is_given_up(host, tmp_path):
    host.cut["stones.zip"], host.stalled = [0] * 9, {"stones.zip"}
    assert "timed out" in refused(tmp_path).lower()


def test_a_redirect_to_another_host_is_followed_and_its_bytes_checked(host, tmp_path):
    with serving() as other:
        host.moved["stones.zip"] = other.url("copy", host="localhost")
        other.files["copy"] = zipped({"x": "not it"})
        assert hashlib.md5(other.files["copy"]).hexdigest() in refused(tmp_path)
        other.files["copy"] = FILES["stones.zip"]
        assert make(tmp_path)["passages"] == 2
        assert ("copy", None) in other.asked


def test_a_cached_file_that_was_changed_is_not_trusted(host, tmp_path):
    make(tmp_path)
    (tmp_path / "home" / "tiny" / "stones.zip").write_bytes(FILES["stones.zip"] + b"!")
    with pytest.raises(ArtifactError, match=r"found md5 .* delete it and run again"):
        make(tmp_path)


@pytest.mark.parametrize("name", ["../outside.txt", "lotte/../../outside.txt"])
def test_an_archive_that_would_leave_its_folder_is_refused(host, tmp_path, name):
    data = tarred({"lotte/readme": "kept nowhere", name: "escaped"})
    host.files["lotte.tar.gz"] = data
    write_registry(tmp_path, host.url, {**FILES, "lotte.tar.gz": data})
    with pytest.raises(ArtifactError, match=r"outside the destination.*do not use this archive"):
        make(tmp_path, WRITING)
    assert not list(tmp_path.rglob("outside.txt")) and not list(tmp_path.rglob("readme"))
    assert home(tmp_path) == {"tiny/lotte.tar.gz"}


def test_a_tree_whose_unpacking_was_killed_is_named(host, tmp_path):
    assert make(tmp_path, WRITING)["passages"] == 2
    tree = tmp_path / "home" / "lotte" / "lotte_extracted"
    collection = tree / "lotte" / "writing" / "test" / "collection.tsv"
    collection.write_text("0\tsemicolons\n")
    with pytest.raises(ArtifactError, match=f"passages: found 1, expected 2.*{tree}.*delete it"):
        make(tmp_path, WRITING)
    collection.unlink()
    with pytest.raises(ArtifactError, match=f"not there; delete {tree} and run again"):
        make(tmp_path, WRITING)
    assert len(Corpus.open(tmp_path / "made" / "corpus")) == 2  # what was made before stays
