"""The student's vocabulary, from the in-domain collection's passages."""

import dragon.models.hub  # noqa: F401 - registers a kind
from dragon.config import Params
from dragon.core import Corpus
from dragon.models.vocabulary import write_vocabulary
from stages.entry import run


def main() -> None:
    params = Params.load()
    dataset = next(iter(params.suite("in-domain").datasets))
    corpus = Corpus.open(params.layout.dataset("in-domain", dataset) / "corpus")
    where = f"scales/{params.scale_name}.yaml: vocabulary"
    write_vocabulary(params.scale.vocabulary, corpus.full_texts(), where, params.layout.vocabulary())


if __name__ == "__main__":
    run(main)
