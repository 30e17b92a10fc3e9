"""A collection, a query set and label files as the authors write them, made from a seed."""

import json

import numpy as np

from dragon.core import Corpus, Passage, Queries
from dragon.core.queries import Query

PASSAGES, QUERIES = 300, 40


def ranking(query_id):
    """Fifty passage ids of a query, best first, and their scores."""
    draws = np.random.Generator(np.random.Philox(int(query_id)))
    docs = [str(doc) for doc in draws.permutation(PASSAGES)[:50]]
    return docs, [100.0 - place / 2 for place in range(50)]


def entry(query_id, number=50):
    """A line as a mapping: of the first ``number`` passages, those at ranks 1-10 and 46-50."""
    docs, scores = ranking(query_id)
    hits = [{"docidx": doc, "relevance": score} for doc, score in zip(docs, scores, strict=True)][:number]
    found = {"query_id": query_id, "question": f"text of {query_id}"}
    return {**found, "positive_ctxs": hits[:10], "hard_negative_ctxs": hits[45:50]}


def line(found):
    return json.dumps(found) + "\n"


def make_corpus(folder):
    return Corpus.write(folder, [Passage(str(row), "", f"passage {row}") for row in range(PASSAGES)])


def make_queries(folder):
    """Ids that are no row numbers: 1040 down to 1001."""
    ids = [str(1000 + QUERIES - row) for row in range(QUERIES)]
    return Queries.write(folder, [Query(name, f"text of {name}") for name in ids])
