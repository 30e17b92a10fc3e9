"""Scale `local` end to end: folders in BEIR layout become the pilot's tables, and DVC notices when one changes."""

import json

import numpy as np
import pytest
from graph_clone import ROOT, Clone, copied, stages_run
from ruamel.yaml import YAML

pytestmark = pytest.mark.slow
THINGS = [
    "river",
    "bridge",
    "lantern",
    "orchard",
    "kettle",
    "harbour",
    "violin",
    "meadow",
    "engine",
    "ladder",
    "mirror",
    "garden",
    "whistle",
    "anchor",
    "barrel",
]
DOES = ["carries", "warms", "crosses", "feeds", "measures", "repairs", "paints", "follows", "lifts", "hides"]
KINDS = ["old", "quiet", "narrow", "bright", "heavy", "wooden", "northern", "hollow", "gentle", "copper"]
YAML_ = YAML(typ="safe")


def passages(seed, count):
    """Sentences about things, and a question about every third of them."""
    draws = np.random.Generator(np.random.Philox(seed))

    def thing():
        return f"{KINDS[draws.integers(len(KINDS))]} {THINGS[draws.integers(len(THINGS))]}"

    def sentence():
        return f"The {thing()} {DOES[draws.integers(len(DOES))]} the {thing()} near the {thing()}."

    for number in range(count):
        asked = [f"What {DOES[draws.integers(len(DOES))]} the {thing()} here?"] * (number % 3 == 0)
        yield " ".join([*asked, *(sentence() for _ in range(draws.integers(2, 5)))])


def write_folder(folder, seed, count, splits):
    """Queries are pairs of words of a passage, which is judged 2; the next one is judged 1."""
    (folder / "qrels").mkdir(parents=True)
    texts = list(passages(seed, count))
    lines = [json.dumps({"_id": f"d{row}", "title": "", "text": text}) for row, text in enumerate(texts)]
    (folder / "corpus.jsonl").write_text("\n".join(lines) + "\n")
    queries = []
    for at, (split, number) in enumerate(splits.items()):
        judged = ["query-id\tcorpus-id\tscore"]
        for n in range(number):
            row = (7 * n + at) % count
            words = texts[row].rstrip(".").split()
            queries.append(json.dumps({"_id": f"{split}{n}", "text": f"{words[-2]} {words[-1]} {words[1]} {words[2]}"}))
            judged += [f"{split}{n}\td{row}\t2", f"{split}{n}\td{(row + 1) % count}\t1"][: min(count, 2)]
        (folder / "qrels" / f"{split}.tsv").write_text("\n".join(judged) + "\n")
    (folder / "queries.jsonl").write_text("\n".join(queries) + "\n")


def small(local, mini):
    """Scale `local` with three made-up folders, teachers that need no checkpoint, and small sizes."""
    suites = local["suites"]
    base = {**suites["in-domain"]["datasets"]["msmarco_dl"]["options"], "folder": "things", "expect": None}
    suites["in-domain"]["datasets"] = {"things": {"kind": "beir", "options": base}}
    suites["in-domain"]["tests"] = {name: f"things/{name}" for name in ("dev", "dl19", "dl20")}
    other = {**base, "splits": {"test": "qrels/test.tsv"}, "role": "zero-shot", "questions": None}
    names = ("tools", "single")
    suites["zero-shot"] |= {
        "datasets": {name: {"kind": "beir", "options": {**other, "folder": name}} for name in names},
        "tests": {name: f"{name}/test" for name in names},
        "mean_of": list(names),
    }
    pooled = {"kind": "pool", "options": {"of": [f"zero-shot/{name}" for name in names], "expect": None}}
    suites["lotte"] |= {
        "datasets": {"both": pooled},
        "tests": {"search-pooled": "both/test"},
        "mean_of": ["search-pooled"],
    }
    local["query_sets"]["crop"]["options"]["sample"] = {"queries": 300, "seed": 1, "whole": ["d1"]}
    local["query_sets"]["genq"]["options"]["sample"] = {"queries": 300, "seed": 1, "whole": []}
    local["vocabulary"]["options"]["size"] = 300
    for start in ("plain", "idf"):
        local["pretrained"][start]["options"] |= {"hidden": 24, "intermediate": 16}
    for teacher, size in (("contriever", 16), ("colbertv2", 16)):
        local["teachers"][teacher] = mini["teachers"][teacher]
        local["teachers"][teacher]["options"]["encoder"]["dimensions"] = size
    run = {"about": "somebody's engine", "runs": {"in-domain/dl19": "things/run.txt"}}
    return {**local, "imported": {"theirs": run}, "query_sizes": {"small": 60, "medium": 200}, "examples": ["d1"]}


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    root = tmp_path_factory.mktemp("local")
    write_folder(root / "data" / "things", 1, 400, {"dev": 20, "dl19": 15, "dl20": 15})
    write_folder(root / "data" / "tools", 2, 60, {"test": 10})
    write_folder(root / "data" / "single", 3, 1, {"test": 1})  # one document: every list is shorter than K
    ranked = {f"dl19{n}": [f"d{(7 * n + 1 + k) % 400}" for k in range(12)] for n in range(15)}
    ranked["dl190"][5] = "elsewhere"
    lines = [
        f"{query} Q0 {doc} {rank} {20 - rank} theirs"
        for query, docs in ranked.items()
        for rank, doc in enumerate(docs, 1)
    ]
    (root / "data" / "things" / "run.txt").write_text("\n".join(lines) + "\n")
    folder = copied(root / "repo")
    scales = [YAML_.load(ROOT / "scales" / f"{name}.yaml") for name in ("local", "mini")]
    YAML_.dump(
        small(*scales) | {"training": scales[1]["training"] | {"batch_size": 16}}, folder / "scales" / "mine.yaml"
    )
    params = (folder / "params.yaml").read_text()
    (folder / "params.yaml").write_text(
        params.replace("scale: mini", "scale: mine").replace("seeds: [42]", "seeds: [42, 43]")
    )
    clone = Clone(folder)
    clone.env["DRAGON_DATA"] = str(root / "data")
    clone.commit("clone")
    clone.first = clone.run("dvc", "repro", "pilot", "table3", "table9", "imported")
    clone.commit("reproduced")
    return clone


def test_the_pilot_needs_nothing_of_the_other_tables(clone):
    ran = stages_run(clone.first)
    assert {"train@progressive", "evaluate@uniform", "pilot", "imported", "table3"} <= ran
    others = ("labels_full", "rank@gtr-xxl", "rank@splade-pp", "teacher@cross-encoder", "train@dragon-s", "latency")
    assert not [name for name in ran if name.startswith(others)]


def test_the_page_shows_every_test_and_both_seeds(clone):
    page = (clone.folder / "reports/built/mine/pilot.md").read_text()
    assert all(word in page for word in ("dl19", "dl20", "tools", "single", "progressive", "42, 43"))
    metrics = json.loads((clone.folder / "artifacts/mine/metrics/progressive/in-domain.json").read_text())
    assert set(metrics["values"]["dl19"]) == {"nDCG@10", "RR(rel=2)@10", "R(rel=2)@100", "R(rel=2)@1000"}
    assert "RR@10" in metrics["values"]["dev"] and "43" in metrics["facts"]["seeds"]


def test_their_run_keeps_the_document_that_we_lack(clone):
    metrics = json.loads((clone.folder / "artifacts/mine/metrics/imported/theirs/in-domain.json").read_text())
    assert metrics["facts"]["ids"]["dl19"]["outside"] == 1
    assert metrics["values"]["dl19"]["nDCG@10"] > 0.5


def test_a_folder_that_changes_is_noticed_and_one_that_is_touched_is_not(clone):
    corpus = clone.folder.parent / "data" / "tools" / "corpus.jsonl"
    corpus.touch()
    assert stages_run(clone.run("dvc", "repro", "table3")) == {"folders"}
    before = corpus.read_text()
    corpus.write_text(before + '{"_id": "new", "title": "", "text": "The copper bridge hides a violin."}\n')
    ran = stages_run(clone.run("dvc", "repro", "datasets@zero-shot", "datasets@in-domain"))
    assert ran == {"folders", "datasets@zero-shot"}
    corpus.write_text(before)
    clone.run("dvc", "repro", "table3")  # DVC knows this state: it restores what was made of it
    meta = clone.folder / "artifacts/mine/datasets/zero-shot/tools/meta.json"
    assert json.loads(meta.read_text())["passages"] == 60


@pytest.mark.parametrize(
    ("break_it", "message"),
    [
        (lambda data, env: env.pop("DRAGON_DATA"), "DRAGON_DATA, which is not set"),
        (lambda data, env: (data / "tools" / "corpus.jsonl").write_text('{"_id": "d0", "te'), "corpus.jsonl:1: found"),
        (lambda data, env: (data / "tools" / "qrels" / "test.tsv").unlink(), "test.tsv"),
    ],
)
def test_a_broken_folder_is_one_line_and_leaves_what_was_there(clone, break_it, message):
    data, env = clone.folder.parent / "data", dict(clone.env)
    kept = {path: path.read_bytes() for path in (data / "tools").rglob("*") if path.is_file()}
    meta = clone.folder / "artifacts/mine/datasets/zero-shot/tools/meta.json"
    try:
        break_it(data, clone.env)
        out = clone.run("dvc", "repro", "datasets@zero-shot", ok=False)
        assert sum("error: " in line and message in line for line in out.splitlines()) == 1
        assert "Traceback" not in out
    finally:
        clone.env = env
        for path, content in kept.items():
            path.write_bytes(content)
    clone.run("dvc", "repro", "datasets@zero-shot")
    assert json.loads(meta.read_text())["passages"] == 60
