"""A seeded sample of published queries: tiny archives in the published layout, and every way they can be wrong."""

import gzip
import hashlib
import json
import zipfile
from collections import Counter

import numpy as np
import pytest
from whole_sets import augment

from dragon import queries
from dragon.core import Corpus, Passage, Queries
from dragon.core.seeded_sample import keys
from dragon.errors import ArtifactError, ConfigError

CHUNKS = (4, 3, 2)
PASSAGES, EACH = sum(CHUNKS), 5
MEMBER = "predicted_queries_topk_sample{number:03}.txt{chunk:03}-1004000"


def said(place, number):
    return f"what is query {number} of passage {place} — naïve?"


def members(each=EACH):
    """Member name -> its bytes."""
    found, first = {}, 0
    for chunk, size in enumerate(CHUNKS):
        for number in range(each):
            lines = [f"{said(place, number)} \n" for place in range(first, first + size)]
            found[MEMBER.format(number=number, chunk=chunk)] = "".join(lines).encode()
        first += size
    return found


def write_zip(path, held):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(held, reverse=True):  # the order inside does not matter
            archive.writestr(name, held[name])
    return path


def write_jsonl(path, each=EACH):
    entries = [{"id": str(p), "predicted_queries": [said(p, n) for n in range(each)]} for p in range(PASSAGES)]
    with gzip.open(path, "wt", encoding="utf-8") as file:
        file.writelines(json.dumps(entry) + "\n" for entry in entries)
    return path


@pytest.fixture
def make(tmp_path, inputs):
    """``make(path, ids=..., **options)``: the query set over a corpus with those ids."""

    def made(path, ids=tuple(range(PASSAGES)), through=augment, **changes):
        corpus = Corpus.write(tmp_path / "places", (Passage(str(i), "", f"passage {i}") for i in ids))
        form = "zip" if path.suffix == ".zip" else "jsonl"
        base = {"archive": str(path), "form": form, "md5": None, "bytes": None, "passages": PASSAGES}
        sample = {"queries": 12, "seed": 3, "whole": []}
        options = {**base, "per_passage": EACH, "sample": sample, **changes}
        return through("doc2query-pool", options, corpus, *inputs[1:], {})

    return made


@pytest.fixture
def archive(tmp_path):
    return write_zip(tmp_path / "predicted_queries_topk_sampling.zip", members())


def test_the_sample_are_the_smallest_keys_of_the_pool(make, archive):
    made = make(archive)
    expected = sorted(np.argsort(keys(0, PASSAGES * EACH, 3), kind="stable")[:12].tolist())
    assert made.queries == [(f"{i // EACH}-{i % EACH}", said(i // EACH, i % EACH), i // EACH) for i in expected]
    digest = hashlib.md5(archive.read_bytes()).hexdigest()
    assert made.report == {
        "archive": archive.name,
        "md5": digest,
        "pool": 45,
        "queries": 12,
        "blank": 0,
        "passages_elsewhere": 0,
    }
    size = archive.stat().st_size
    assert make(archive, md5=digest, bytes=size).queries == made.queries
    assert make(archive, sample={"queries": 12, "seed": 4, "whole": []}).queries != made.queries


def test_both_published_forms_hold_the_same_queries(make, archive, tmp_path):
    from_hub = make(write_jsonl(tmp_path / "d2q.jsonl.gz"))
    assert from_hub.queries == make(archive).queries
    assert len(make(archive, sample=None).queries) == 45


def test_a_part_of_the_collection_has_a_part_of_the_pool(make, archive):
    made = make(archive, ids=(1, 4, 8), sample=None)
    assert Counter(query.source_row for query in made.queries) == {0: EACH, 1: EACH, 2: EACH}
    assert made.queries[EACH] == ("1-0", said(4, 0), 1)
    assert (made.report["pool"], made.report["passages_elsewhere"]) == (15, 6)
    assert len(make(archive, ids=(8, 1, 4)).queries) == 12


def test_only_the_first_queries_of_each_passage_are_the_pool(make, archive):
    assert {query.query_id.split("-")[1] for query in make(archive, per_passage=2, sample=None).queries} == {"0", "1"}


def test_a_passage_can_be_taken_whole(make, archive):
    sample = {"queries": 4, "seed": 3, "whole": ["6"]}
    drawn = make(archive, sample={**sample, "whole": []}).queries
    made = make(archive, sample=sample).queries
    assert [query for query in made if query.source_row == 6] == [(f"6-{n}", said(6, n), 6) for n in range(EACH)]
    assert [q for q in made if q.source_row != 6] == [q for q in drawn if q.source_row != 6]
    with pytest.raises(ConfigError, match=r"sample\.whole: found 'z'"):
        make(archive, sample={**sample, "whole": ["z"]})


def test_blank_queries_keep_the_sample_exact_and_are_counted(make, tmp_path):
    held = members()
    for name in held:
        held[name] = b"\n" * held[name].count(b"\n")
    made = make(write_zip(tmp_path / "blank.zip", held))
    assert (len(made.queries), made.report["blank"], {query.text for query in made.queries}) == (12, 12, {""})


def test_nothing_is_left_behind_by_a_broken_archive(make, archive, tmp_path):
    made = make(archive, through=queries.augment, passages=PASSAGES + 1)
    with pytest.raises(ArtifactError, match="found 9 passages, 0 of the corpus not among them, allowed: 10"):
        Queries.write(tmp_path / "genq", made.queries)
    assert not (tmp_path / "genq").exists()


def changed(edit):
    held = members()
    edit(held)
    return held


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (lambda held: held.pop(MEMBER.format(number=2, chunk=1)), r"sample002\.txt001-\.\.\. is missing, 14 others"),
        (lambda held: held.update({MEMBER.format(number=2, chunk=1): b"a\nb\n"}), r"sample002\.txt001\S* ends after 2"),
        (
            lambda held: held.update({MEMBER.format(number=4, chunk=0): b"a\xff\n" * 4}),
            r"sample004\S*: line 1: not UT",
        ),
        (lambda held: held.update({"../evil.txt": b"x"}), r"member '\.\./evil\.txt' leads outside"),
        (lambda held: held.update({"/etc/evil": b"x"}), "member '/etc/evil' leads outside"),
        (lambda held: held.update({"c:\\evil": b"x"}), "leads outside"),
        (lambda held: held.update({"predicted_queries_topk_sample001.txt001-99": b"x"}), "found .*, allowed: one"),
        (lambda held: held.clear(), "found nothing, allowed: members"),
    ],
)
def test_wrong_members_are_named(make, tmp_path, edit, message):
    with pytest.raises(ArtifactError, match=message):
        make(write_zip(tmp_path / "wrong.zip", changed(edit)), sample=None)


def test_links_are_refused(make, tmp_path):
    path = write_zip(tmp_path / "link.zip", members())
    with zipfile.ZipFile(path, "a") as archive:
        link = zipfile.ZipInfo("elsewhere")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    with pytest.raises(ArtifactError, match="'elsewhere' leads outside"):
        make(path)


def test_truncated_and_damaged_archives_are_named(make, archive, tmp_path):
    data = archive.read_bytes()
    (tmp_path / "cut.zip").write_bytes(data[: len(data) // 2])
    with pytest.raises(ArtifactError, match=r"cut\.zip: not a whole zip archive"):
        make(tmp_path / "cut.zip")
    name = MEMBER.format(number=1, chunk=2)
    with zipfile.ZipFile(archive) as held:
        at = held.getinfo(name).header_offset + 30 + len(name) + 20
    (tmp_path / "hurt.zip").write_bytes(data[:at] + bytes([data[at] ^ 255]) + data[at + 1 :])
    with pytest.raises(ArtifactError, match=r"hurt\.zip: predicted_queries_topk_sample001\.txt002\S*: broken or cut"):
        make(tmp_path / "hurt.zip", sample=None)


def test_the_file_is_verified_before_it_is_read(make, archive):
    with pytest.raises(ArtifactError, match=r"found md5 [0-9a-f]{32}, expected 8bb33ac317e7"):
        make(archive, through=queries.augment, md5="8bb33ac317e76385d5047322db9b9c34")
    with pytest.raises(ArtifactError, match=r"found \d+ bytes, expected 7"):
        make(archive, through=queries.augment, bytes=7)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"id": "3"}', "allowed: an object with id, predicted_queries"),
        ("no json", r"d2q\.jsonl:2: found b'no json"),
        ('{"id": 3, "predicted_queries": []}', "found id 3, allowed: a text of digits"),
        ('{"id": "3", "predicted_queries": "what"}', "no list of texts"),
        ('{"id": "3", "predicted_queries": ["a"]}', "found 1 queries, allowed: 2 or more"),
        ('{"id": "0", "predicted_queries": ["a", "b"]}', "passage 0 stands twice"),
        ('{"id": "9", "predicted_queries": ["a", "b"]}', "found passage 9, allowed: 9 passages"),
    ],
)
def test_wrong_lines_of_the_hubs_file_are_named(make, tmp_path, line, message):
    path = tmp_path / "d2q.jsonl"
    path.write_text(f'{{"id": "0", "predicted_queries": ["a", "b"]}}\n{line}\n')
    with pytest.raises(ArtifactError, match=message):
        make(path, ids=(0,), per_passage=2)


def test_a_truncated_file_of_the_hub_is_named(make, tmp_path):
    path = write_jsonl(tmp_path / "d2q.jsonl.gz")
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(ArtifactError, match=r"d2q\.jsonl\.gz: cannot be read after line \d"):
        make(path)


def test_ids_have_to_be_places_in_the_collection(make, archive):
    for ids in (("d0",), (9,), ("01",)):
        with pytest.raises(ArtifactError, match="allowed: ids from 0 to 8"):
            make(archive, ids=ids)
    with pytest.raises(ArtifactError, match="'1' stands twice"):
        make(archive, ids=(1, 1))


def test_wrong_options_are_named(make, archive, tmp_path):
    with pytest.raises(ConfigError, match=r"archive: found .*but there is no file"):
        make(tmp_path / "nowhere.zip")
    with pytest.raises(ConfigError, match="per_passage: found 0"):
        make(archive, per_passage=0)
    with pytest.raises(ConfigError, match=r"sample\.queries: found 0"):
        make(archive, sample={"queries": 0, "seed": 1, "whole": []})
    with pytest.raises(ConfigError, match="form: found 'tar'"):
        make(archive, form="tar")
