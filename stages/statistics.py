"""Statistics of the collection and of all queries (Table 10, Appendix A.3): `python -m stages.statistics`."""

from dataclasses import asdict
from pathlib import Path

from dragon import artifacts
from dragon.config import IN_DOMAIN, Params
from dragon.core import LabelStore, Qrels
from dragon.models.tokens import MAX_PIECES, Tokens
from dragon.models.vocabulary import open_tokenizer
from dragon.supervision.quality import UniformMerge
from dragon.supervision.statistics import Statistics, mean_judged, statistics
from stages.entry import run

HUMAN, AUGMENTED, POOL = "human", ("crop", "genq", "mix"), "full"


def main() -> None:
    params = Params.load()
    suite, collection = params.layout.tokens(IN_DOMAIN), params.collection()
    rows = {"passages": _row(suite / collection / "corpus", None)}
    rows[HUMAN] = _row(params.layout.tokens(HUMAN), _judged(params, f"{collection}/train"))
    rows |= {name: _row(params.layout.tokens(name), _labelled(params, name)) for name in AUGMENTED}
    tests = params.suite(IN_DOMAIN).tests
    rows |= {test: _row(suite / place, _judged(params, place)) for test, place in tests.items()}
    report = {"tokenizer": _tokenizer(params), "rows": {name: asdict(row) for name, row in rows.items()}}
    artifacts.write_json(params.layout.quality("statistics"), report)
    for name, row in rows.items():
        relevant = "" if row.relevant is None else f", {row.relevant:.1f} relevant"
        print(f"{name}: {row.number}, {row.tokens:.1f} tokens{relevant}")


def _row(tokens_folder: Path, relevant: float | None) -> Statistics:
    return statistics(str(tokens_folder), Tokens.open(tokens_folder).offsets_R, relevant)


def _judged(params: Params, place: str) -> float:
    """Relevant passages of a query of ``<collection>/<split>``."""
    collection, split = place.split("/")
    return mean_judged(Qrels.read(params.layout.dataset(IN_DOMAIN, collection) / "qrels" / f"{split}.trec"))


def _labelled(params: Params, query_set: str) -> float:
    """Distinct positives of a query: the union of what the pool's teachers have on top."""
    store = LabelStore.open(params.layout.labels(f"{query_set}/{POOL}"))
    merged = UniformMerge(list(store.members.values()), params.training.positives)
    return float(merged.union_sizes().mean())


def _tokenizer(params: Params) -> str:
    """``wordpiece, 4000 entries, sha256 0123456789ab; without special tokens, ...``."""
    folder = params.layout.vocabulary()
    meta, size = artifacts.read_meta(folder), open_tokenizer(folder).get_vocab_size()
    named = f"{meta['source']}, {size} entries, sha256 {meta['files']['tokenizer.json'][:12]}"
    return f"{named}; without special tokens, at most {MAX_PIECES} of a text"


if __name__ == "__main__":
    run(main)
