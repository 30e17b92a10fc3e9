"""Tokens of a suite's collections (corpus and every split's queries), or of a query set."""

from dragon import artifacts
from dragon.config import Params
from dragon.core import Corpus, Queries
from dragon.core.absent import why_absent
from dragon.datasets.checks import check_use
from dragon.models.tokens import Tokens
from dragon.registry import unknown
from stages.entry import run


def main(name: str) -> None:
    params = Params.load()
    if name in params.scale.suites:
        _suite(params, name)
    elif name in params.scale.query_sets:
        queries = Queries.open(params.layout.queries(name))
        Tokens.write(params.layout.tokens(name), queries.texts, params.layout.vocabulary())
    else:
        raise unknown("tokens", name, [*params.scale.suites, *params.scale.query_sets])


def _suite(params: Params, suite: str) -> None:
    for dataset in params.suite(suite).datasets:
        source, target = params.layout.dataset(suite, dataset), params.layout.tokens(suite) / dataset
        check_use(source)
        if why_absent(source):
            continue
        corpus, separator = Corpus.open(source / "corpus"), artifacts.read_meta(source).get("title_separator")
        texts = (passage.joined(separator) for passage in corpus)  # never held: 8.8 million are 3 GB
        Tokens.write(target / "corpus", texts, params.layout.vocabulary())
        for split in sorted((source / "queries").iterdir()):
            queries = Queries.open(split)
            Tokens.write(target / split.name, queries.texts, params.layout.vocabulary())


if __name__ == "__main__":
    run(main)
