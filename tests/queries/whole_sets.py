"""``augment`` for tests that look at all queries at once: what a source streams is held."""

from dataclasses import replace

from dragon import queries


def augment(*args, **doors):
    """The query set with a list of queries, and a report that is complete."""
    made = queries.augment(*args, **doors)
    return replace(made, queries=list(made.queries))
