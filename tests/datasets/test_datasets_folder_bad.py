"""What can be wrong with a BEIR folder: a clear error with file and line, or a counted warning."""

import json

import pytest
from beir_folder import HEADER, PASSAGES, QRELS, QUERIES, json_lines, read_folder, write_folder

from dragon.core import Corpus, Qrels, Queries
from dragon.errors import ArtifactError

GOOD = json_lines(PASSAGES)
ASKED = json_lines(QUERIES)


@pytest.fixture
def made(tmp_path):
    return tmp_path / "made"


def read(tmp_path, made, files, **changes):
    return read_folder(write_folder(tmp_path / "rivers", **files), made, **changes)


ERRORS = {
    "missing corpus": ({"corpus": None}, r"rivers/corpus\.jsonl: cannot be read \(No such file or directory\); put"),
    "missing queries": ({"queries": None}, r"queries\.jsonl: cannot be read"),
    "missing qrels": ({"test": None}, r"qrels/test\.tsv: cannot be read"),
    "empty corpus": ({"corpus": ""}, r"corpus\.jsonl: found nothing, allowed: one or more lines of {\"_id\""),
    "blank corpus": ({"corpus": "\n \n"}, r"corpus\.jsonl: found nothing"),
    "empty queries": ({"queries": ""}, r"queries\.jsonl: found nothing"),
    "empty qrels": ({"test": ""}, r"test\.tsv: found nothing"),
    "header only": ({"test": HEADER}, r"test\.tsv: found nothing, .* after the header"),
    "cut-short line": ({"corpus": GOOD[:-9]}, r"corpus\.jsonl:3: found '{\"_id\": \"d3\".*not JSON .*cut short, copy"),
    "cut-short query": ({"queries": ASKED[:-4]}, r"queries\.jsonl:3: found .*not JSON"),
    "no object": ({"corpus": GOOD + "[1]\n"}, r"corpus\.jsonl:4: found '\[1\]', allowed: an object"),
    "deep nesting": ({"corpus": "[" * 100_000}, r"corpus\.jsonl:1: .*\(100002 characters\), not JSON"),
    "no id": (
        {"corpus": [{"id": "d1", "text": "t"}]},
        r"corpus\.jsonl:1: found id, text, allowed: .*_id; did you mean 'id'",
    ),
    "no text": ({"corpus": [{"_id": "d1", "tekst": ""}]}, r":1: found _id, tekst, .*with text; did you mean 'tekst'"),
    "id no text": ({"corpus": [{"_id": 7, "text": "t"}]}, r"corpus\.jsonl:1: _id: found 7, allowed: a text in quotes"),
    "text null": ({"corpus": [{"_id": "d", "text": None}]}, r"corpus\.jsonl:1: text: found None, allowed: a text"),
    "title list": ({"corpus": [{"_id": "d", "title": [], "text": ""}]}, r"corpus\.jsonl:1: title: found \[\]"),
    "document twice": (
        {"corpus": [*PASSAGES, {"_id": "d2", "text": "again"}]},
        r"corpus\.jsonl:4: found document id 'd2' again, first at .*corpus\.jsonl:2; allowed: once",
    ),
    "query twice": ({"queries": [*QUERIES, QUERIES[0]]}, r"queries\.jsonl:4: found query id 'q1' again, first at .*:1"),
    "id with space": ({"corpus": [{"_id": "d 1", "text": "t"}]}, r"corpus\.jsonl:1: _id: found 'd 1', .*no spaces"),
    "id with odd space": ({"queries": [{"_id": "q\u3000", "text": "t"}]}, r"queries\.jsonl:1: _id: found 'q\\u3000'"),
    "id with nul": ({"corpus": [{"_id": "d\0x", "text": "t"}]}, r"corpus\.jsonl:1: _id: found 'd\\x00x'"),
    "empty id": ({"corpus": [{"_id": "", "text": "t"}]}, r"corpus\.jsonl:1: _id: found ''"),
    "half a character": (
        {"corpus": json.dumps({"_id": "d1", "text": "x\ud83d"}) + "\n"},
        r"corpus\.jsonl:1: text: found half a character '\\ud83d'",
    ),
    "invalid UTF-8": (
        {"corpus": GOOD.encode() + '{"_id": "d4", "text": "Flüsse"}\n'.encode("latin-1")},
        r"corpus\.jsonl:4: found byte 0xfc at position 26, allowed: UTF-8; convert the file, e\.g\. `iconv",
    ),
    "UTF-16": ({"queries": ASKED.encode("utf-16")}, r"queries\.jsonl:1: found byte 0xff at position 1, allowed: UTF-8"),
    "header of four columns": (
        {"test": "query-id\titeration\tcorpus-id\tscore\nq1\t0\td1\t1\n"},
        r"test\.tsv:1: found 'query-id.* of 4 columns, allowed: a header `query-id corpus-id score`",
    ),
    "other header": ({"test": "corpus-id\tquery-id\tscore\nd1\tq1\t1\n"}, r"test\.tsv:1: found 'corpus-id"),
    "two columns": ({"test": "q1\td1\n"}, r"test\.tsv:1: found 'q1\\td1' of 2 columns"),
    "line of four columns": ({"test": QRELS + "q1\t0\td1\t1\n"}, r"test\.tsv:5: found .* of 4 columns, allowed: 3"),
    "short line": ({"test": QRELS + "q1\td1\n"}, r"test\.tsv:5: found 'q1\\td1' of 2 columns, allowed: 3, as in the"),
    "grade of a half": ({"test": HEADER + "q1\td1\t0.5\n"}, r"test\.tsv:2: grade: found '0\.5', allowed: a whole num"),
    "huge grade": ({"test": HEADER + "q1\td1\t10000000000\n"}, r"test\.tsv:2: grade: found '10000000000', .* 6 digits"),
    "grade in other digits": ({"test": HEADER + "q1\td1\t\u0661\n"}, r"test\.tsv:2: grade: found '\u0661'"),
    "grade in words": ({"test": HEADER + "q1\td1\thigh\n"}, r"test\.tsv:2: grade: found 'high'"),
    "grade missing": ({"test": HEADER + "q1\td1\t\n"}, r"test\.tsv:2: grade: found ''"),
    "first grade no number": ({"test": "q1\td1\t1.0\n"}, r"test\.tsv:1: found 'q1\\td1\\t1\.0' of 3 columns, allowed"),
    "two grades": ({"test": QRELS + "q2\td2\t1\n"}, r"test\.tsv:5: found 'q2 d2' with grade 1, before with 2"),
    "judged id with space": ({"test": HEADER + "q1\td 1\t1\n"}, r"test\.tsv:2: corpus-id: found 'd 1'"),
    "judged query with space": ({"test": HEADER + "q 1\td1\t1\n"}, r"test\.tsv:2: query-id: found 'q 1'"),
    "no known query": ({"test": HEADER + "x1\td1\t1\nx2\td1\t1\n"}, r"test\.tsv: none of its 2 queries \(x1, x2\) is"),
    "no known document": (
        {"test": HEADER + "".join(f"q1\tx{i}\t1\n" for i in range(7))},
        r"test\.tsv: none of its 7 documents \(x0, x1, x2, x3, x4\) is there; take corpus and judgments of one",
    ),
}


@pytest.mark.parametrize("case", ERRORS)
def test_errors_name_file_line_and_remedy(tmp_path, made, case):
    files, message = ERRORS[case]
    with pytest.raises(ArtifactError, match=message) as error:
        read(tmp_path, made, {"test": QRELS, **files})
    assert "\n" not in str(error.value)
    assert len(str(error.value)) < 500 + len(str(tmp_path)) * 2
    assert sorted(path.name for path in tmp_path.iterdir()) == ["rivers"]  # nothing half-written


def test_a_missing_field_of_the_queries_is_named(tmp_path, made):
    with pytest.raises(
        ArtifactError, match=r"queries\.jsonl:1: found _id, text, allowed: an object with texts; did you"
    ):
        read(tmp_path, made, {}, query_field="texts")


def test_unknown_ids_are_counted_and_named(tmp_path, made):
    qrels = QRELS + "q9\td1\t1\n" + "".join(f"q1\tx{i}\t1\n" for i in range(6))
    facts = read(tmp_path, made, {"test": qrels})
    report = facts["report"]["splits"]["test"]
    assert report["unknown_queries"] == {"count": 1, "first": ["q9"]}
    assert report["unknown_documents"] == {"count": 6, "first": ["x0", "x1", "x2", "x3", "x4"]}
    assert facts["warnings"] == [
        "split test: 1 queries have judgments but no text; left out (q9)",
        "split test: 6 judged documents are not in the corpus; kept, as trec_eval does: never found"
        " (x0, x1, x2, x3, x4 ...)",
    ]
    kept = Qrels.read(made / "qrels" / "test.trec").grades
    assert list(kept) == ["q2", "q1"]
    assert len(kept["q1"]) == 7
    assert list(Queries.open(made / "queries" / "test").ids) == ["q2", "q1"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (QRELS, "3 columns with a header"),
        (QRELS.replace("query-id", "Query_ID"), "3 columns with a header"),
        ("\n" + QRELS, "3 columns with a header"),
        (QRELS.removeprefix(HEADER), "3 columns without a header"),
        ("q2 0 d2 2\nq2 0 d1 0\nq1 Q0 d3 1\n", "4 columns without a header (TREC)"),
        ("q2\t0\td2\t2\nq2\t0\td1\t0\nq1\t0\td3\t1\n", "4 columns without a header (TREC)"),
    ],
)
def test_three_forms_of_judgments_are_read_and_named(tmp_path, made, text, said):
    facts = read(tmp_path, made, {"test": text})
    assert facts["report"]["splits"]["test"]["format"] == said
    assert facts["report"]["splits"]["test"]["judgments"] == 3
    assert Qrels.read(made / "qrels" / "test.trec").grades == {"q2": {"d2": 2, "d1": 0}, "q1": {"d3": 1}}


def test_odd_grades_and_repetitions_are_counted(tmp_path, made):
    facts = read(tmp_path, made, {"test": QRELS + "q1\td1\t-2\nq1\td3\t1\nq3\td1\t0\nq3\td2\t-1\n"})
    report = facts["report"]["splits"]["test"]
    counts = ("judgments", "negative_grades", "repeated_judgments", "queries_without_relevant")
    assert [report[key] for key in counts] == [7, 2, 1, 1]
    assert Qrels.read(made / "qrels" / "test.trec").grades["q1"] == {"d3": 1, "d1": -2}
    assert [warning.split(";")[0] for warning in facts["warnings"]] == [
        "split test: 2 grades are negative",
        "split test: 1 judgments stand twice",
        "split test: 1 queries have no relevant document",
    ]


def test_empty_and_long_texts_are_kept(tmp_path, made):
    long = "word " * 200_000
    corpus = [*PASSAGES, {"_id": "e", "title": "", "text": " "}, {"_id": "t", "text": "", "title": "T"}]
    corpus += [{"_id": "long", "text": long, "title": None}]
    facts = read(tmp_path, made, {"corpus": corpus, "queries": [*QUERIES[1:], {"_id": "q1", "text": ""}]})
    written = Corpus.open(made / "corpus")
    assert [written[row].text for row in (3, 4, 5)] == [" ", "", long]
    assert len(written.texts[5]) == 1_000_000
    assert facts["report"]["corpus"] | {"empty_texts": 2, "empty_passages": 1} == facts["report"]["corpus"]
    assert facts["warnings"] == [
        "corpus: 1 passages have neither text nor title; kept",
        "queries: 1 queries have no text; kept, they can find nothing",
    ]


def test_byte_order_marks_crlf_and_blank_lines_change_nothing(tmp_path, made):
    plain = read(tmp_path, made, {})
    marked = {name: b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode() + b"\r\n" for name, text in _files().items()}
    facts = read_folder(write_folder(tmp_path / "windows", **marked), tmp_path / "other")
    assert facts["sha256"] == plain["sha256"]
    noticed = {"byte_order_mark": 1, "crlf_lines": 4, "blank_lines": 1}
    assert facts["report"]["corpus"] == {"empty_texts": 0, "empty_passages": 0, **noticed}
    assert facts["report"]["splits"]["test"].items() >= {**noticed, "crlf_lines": 5}.items()
    assert facts["warnings"] == []


def _files():
    return {"corpus": GOOD, "queries": ASKED, "test": QRELS}
