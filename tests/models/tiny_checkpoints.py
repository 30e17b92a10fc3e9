"""Texts, sizes and options that the tests of checkpoints share."""

TEXTS = [
    "how many people live in berlin",
    "berlin had a population of 3,520,031 registered inhabitants (in 2019).",
    "museums, galleries and theatres: berlin is well known for its museums!",
    "compute the singular value decomposition of a sparse matrix",
    "sparse matrix",
    "the inhabitants of a matrix live in the singular",
]
HEADS, POSITIONS = 2, 48
COMMON = {"batch_size": 4, "dtype": "float32", "device": "cpu"}
TEXT = {
    **COMMON,
    "max_length": {"query": 12, "passage": 20},
    "query_prefix": "",
    "passage_prefix": "",
    "threads": 1,
}
