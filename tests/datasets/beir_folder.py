"""A small BEIR folder written for the tests, and how it is read."""

import json
from pathlib import Path

from dragon.artifacts import Layout
from dragon.datasets import materialise

LAYOUT = Layout("local")
PASSAGES = [
    {"_id": "d1", "title": "Rivers", "text": "Water runs downhill."},
    {"_id": "d2", "title": "", "text": "Stones stay where they are."},
    {"_id": "d3", "title": "Wind", "text": "Air moves."},
]
QUERIES = [{"_id": "q1", "text": "what moves?"}, {"_id": "q2", "text": "what stays?"}, {"_id": "q3", "text": "why?"}]
HEADER = "query-id\tcorpus-id\tscore\n"
QRELS = HEADER + "q2\td2\t2\nq2\td1\t0\nq1\td3\t1\n"


def json_lines(rows):
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def write_folder(root, corpus=PASSAGES, queries=QUERIES, **qrels):
    """Rows become JSON lines; texts and bytes are written as they are; None leaves a file out."""
    files = {"corpus.jsonl": corpus, "queries.jsonl": queries}
    files |= {f"qrels/{split}.tsv": text for split, text in (qrels or {"test": QRELS}).items()}
    for name, content in files.items():
        path = Path(root) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if content is not None:
            content = json_lines(content) if isinstance(content, list) else content
            path.write_bytes(content.encode() if isinstance(content, str) else content)
    return Path(root)


def options(root, **changes):
    standard = {
        "folder": str(root),
        "corpus": "corpus.jsonl",
        "queries": "queries.jsonl",
        "splits": {"test": "qrels/test.tsv"},
        "query_field": "text",
        "titles": True,
        "drop_same_id": False,
        "role": "zero-shot",
        "expect": None,
    }
    return {**standard, **changes}


def read_folder(root, made, **changes):
    """The facts of ``meta.json``; the collection is under ``made``."""
    return materialise("beir", "rivers", options(root, **changes), made, LAYOUT)
