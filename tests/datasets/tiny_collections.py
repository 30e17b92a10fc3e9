"""Tiny collections in the real layouts, with a registry whose addresses are on loopback."""

import gzip
import hashlib
import io
import json
import tarfile
import zipfile
from pathlib import Path

import pyarrow
import pyarrow.parquet
from ruamel.yaml import YAML

RAW = "the caf\u00c3\u00a9 is closed"
"""Two characters where the page had one: MS MARCO's passages have such places."""


def zipped(files):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return buffer.getvalue()


def tarred(files):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, text in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(text.encode())
            archive.addfile(member, io.BytesIO(text.encode()))
    return buffer.getvalue()


def parquet(columns):
    buffer = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.table(columns), buffer)
    return buffer.getvalue()


def jsonl(*rows):
    return "".join(json.dumps(row) + "\n" for row in rows)


BEIR = {
    "stones/corpus.jsonl": jsonl(
        {"_id": "a", "title": "Rivers", "text": "Water runs.", "metadata": {}},
        {"_id": "b", "title": "", "text": "Stones stay.", "metadata": {}},
    ),
    "stones/queries.jsonl": jsonl({"_id": "a", "text": "what runs?"}, {"_id": "dev-1", "text": "not of this split"}),
    "stones/qrels/test.tsv": "query-id\tcorpus-id\tscore\na\tb\t1\n",
    "stones/qrels/train.tsv": "not read " * 3000,  # so that the zip has more than one buffer
}
MSMARCO = {
    "collection.tsv": f"0\tfirst passage\n1\t{RAW}\n2\tthird passage\n",
    "queries.dev.small.tsv": "7\tis it open?\n",
    "qrels.dev.small.tsv": "7\t0\t1\t1\n",
}
LOTTE = {
    "lotte/writing/test/collection.tsv": "0\tsemicolons\n1\tcommas\n",
    "lotte/writing/test/questions.search.tsv": "0\twhen a comma?\n",
    "lotte/writing/test/qas.search.jsonl": jsonl({"qid": 0, "query": "when a comma?", "answer_pids": [1, 0]}),
}
FILES = {
    "stones.zip": zipped(BEIR),
    "collection.tar.gz": tarred(MSMARCO),
    "queries.tar.gz": tarred({"queries.train.tsv": "1\tfirst?\n2\tnobody judged this\n"}),
    "qrels.train.tsv": b"1\t0\t0\t1\n1\t0\t2\t1\n",
    "dl19.tsv.gz": gzip.compress(b"5\tthird?\n6\tunjudged\n"),
    "dl19.txt": b"5 Q0 2 3\n5 Q0 0 0\n",
    "lotte.tar.gz": tarred(LOTTE),
    "docs.parquet": parquet({"_id": ["x", "y"], "text": ["cold", "warm"]}),
    "queries.parquet": parquet({"_id": ["q"], "text": ["how cold?"]}),
    "qrels.parquet": parquet({"query-id": ["q"], "corpus-id": ["x"]}),
}
PLAIN = {"gated": False, "query_field": "text", "titles": False, "drop_same_id": False, "licence": "ours", "inside": ""}
PLAIN |= {"about": "tiny"}


def split(queries, judgments, **more):
    return {"ir_datasets": None, "measure": "nDCG@10", "queries": queries, "judgments": judgments, **more}


ROWS = {
    "stones": {
        **PLAIN,
        "layout": "beir",
        "files": {"archive": "stones.zip"},
        "inside": "stones",
        "passages": 2,
        "titles": True,
        "drop_same_id": True,
        "splits": {"test": split(1, 1)},
    },
    "msmarco": {
        **PLAIN,
        "layout": "msmarco",
        "files": {
            "archive": "collection.tar.gz",
            "queries": "queries.tar.gz",
            "qrels-train": "qrels.train.tsv",
            "queries-dl19": "dl19.tsv.gz",
            "qrels-dl19": "dl19.txt",
        },
        "passages": 3,
        "splits": {"dev": split(1, 1), "dl19": split(1, 2), "train": split(1, 2, all_queries=2)},
    },
    "writing": {
        **PLAIN,
        "layout": "lotte",
        "files": {"archive": "lotte.tar.gz"},
        "inside": "lotte/writing/test",
        "passages": 2,
        "splits": {"search": split(1, 2)},
    },
    "nano": {
        **PLAIN,
        "layout": "nano",
        "files": {"corpus": "docs.parquet", "queries": "queries.parquet", "qrels": "qrels.parquet"},
        "passages": 2,
        "splits": {"test": split(1, 1)},
    },
    "secret": {
        **PLAIN,
        "layout": "beir",
        "gated": True,
        "files": {},
        "passages": 2,
        "titles": True,
        "licence": "signed agreement",
        "splits": {"test": split(1, None)},
    },
}


def write_registry(root, url, files=FILES, rows=ROWS):
    """``registry/collections.yaml`` below ``root``; ``url`` makes an address of a file's name."""
    entries = {
        name: {"url": url(name), "md5": hashlib.md5(data).hexdigest(), "bytes": len(data), "cache": f"tiny/{name}"}
        for name, data in files.items()
    }
    path = Path(root) / "registry" / "collections.yaml"
    path.parent.mkdir(exist_ok=True)
    YAML(typ="safe").dump({"files": entries, "collections": rows}, path)
