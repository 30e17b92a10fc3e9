"""Materialise the test collections of a suite: `python -m stages.datasets in-domain`."""

from dragon.config import Params
from dragon.datasets import materialise
from dragon.datasets.subset import RETRIEVERS
from stages.entry import run
from stages.pooling import lucene_bm25

RETRIEVERS("lucene-bm25")(lucene_bm25)


def main(suite: str) -> None:
    params = Params.load()
    for name, source in params.suite(suite).datasets.items():
        folder = params.layout.dataset(suite, name)
        facts = materialise(source.kind, name, source.options, folder, params.layout)
        if "absent" in facts:
            print(f"{suite}/{name}: n/a ({facts['absent']})")
            continue
        queries = ", ".join(f"{split} {count}" for split, count in facts["queries"].items())
        print(f"{suite}/{name}: {facts['passages']} passages; queries: {queries}; sha256 {facts['sha256'][:12]}")
        for warning in facts.get("warnings", []):
            print(f"warning: {suite}/{name}: {warning}")


if __name__ == "__main__":
    run(main)
