"""The page of imported systems: every number where it belongs, and what is said where there is none."""

from types import SimpleNamespace

import pytest

from dragon.core import MetricTable
from dragon.reporting.imported import page

SUITE = SimpleNamespace(tests={"dev": "pool/dev", "dl19": "pool/dl19", "dl20": "pool/dl20"})
PARAMS = SimpleNamespace(scale_name="local", suite={"in-domain": SUITE}.__getitem__)
DIGEST = "0123456789abcdef" * 4


def _table(name, **values):
    """One system; per test its values, and facts made from the name of the test."""
    ids = {"results": 4300, "unjudged": 2043, "unjudged_at_10": 7, "outside": 1200}
    facts = {
        "about": f"{name} | by others",
        "imported": {test: {"path": f"{test}.{name}.trec", "sha256": DIGEST} for test in values},
        "judgments": {test: {"path": f"official/{test}.tsv", "sha256": DIGEST[::-1]} for test in values},
        "ids": dict.fromkeys(values, ids),
        "num_queries": dict.fromkeys(values, 43),
        "without_judgments": dict.fromkeys(values, 3),
        "without_results": dict.fromkeys(values, 2),
        "runs": {test: {} for test in values},
    }
    return MetricTable(f"imported/{name}", "in-domain", {**values, "mean": {}}, facts)


def _values(ndcg, rr, **more):
    return {"RR@10": rr, "nDCG@10": ndcg, **more}


TABLES = [
    _table("bm25", dl19=_values(0.50584, 0.7), dl20=_values(0.4796, 0.65)),
    _table("splade", dl19=_values(0.7308, 0.9, **{"R@1000": 0.66})),
]
TOGETHER = {
    "dl19": {
        "systems": ["bm25", "splade"],
        "queries": 43,
        "depth": 100,
        "fusion_of_all": _values(0.71, 0.8),
        "threes": {f"three {i:02}": {"union_at_10": 10.0 + i, **_values(0.6 + i / 100, 0.5)} for i in range(12)},
    }
}


@pytest.fixture
def lines():
    return page(PARAMS, {"in-domain": TABLES, "lotte": []}, {"in-domain": TOGETHER}).splitlines()


def _row(lines, start):
    return [cell.strip() for cell in next(line for line in lines if line.startswith(f"| {start} ")).split(" | ")]


def test_one_row_per_system_ndcg_first(lines):
    assert _row(lines, "system")[2:] == [
        "queries", "dl19 nDCG@10", "dl19 RR@10", "dl19 R@1000", "dl20 nDCG@10", "dl20 RR@10 |",
    ]  # fmt: skip
    assert _row(lines, "bm25")[1:] == [
        r"bm25 \| by others", "dl19 43, dl20 43", "0.5058", "0.7000", "-", "0.4796", "0.6500 |",
    ]  # fmt: skip
    assert _row(lines, "splade")[2:] == ["dl19 43", "0.7308", "0.9000", "0.6600", "-", "- |"]
    assert any(line.startswith("`-`: the system has no run for the test") for line in lines)
    assert [line for line in lines if line.startswith("#")] == [
        "# Imported systems",
        "## in-domain",
        "### What the judgments and the collection do not know",
        "### dl19: together",
    ]


def test_judgments_and_unknown_ids_are_named(lines):
    assert "- dl19: `official/dl19.tsv`, sha256 `fedcba987654`" in lines
    assert "- dl20: `official/dl20.tsv`, sha256 `fedcba987654`" in lines
    wanted = "| splade | dl19 | 4,300 | 2,043 | 7 | 1,200 | 3 | 2 | `dl19.splade.trec` `0123456789ab` |"
    assert wanted in lines
    assert sum("`0123456789ab`" in line for line in lines) == 3


def test_fusions_are_ordered_and_the_ten_best_shown(lines):
    at = lines.index("| fused | union@10 | nDCG@10 | RR@10 |")
    rows = lines[at + 2 : lines.index("", at)]
    assert rows[:4] == [
        "| splade alone, the best of 2 | - | 0.7308 | 0.9000 |",
        "| all 2 | - | 0.7100 | 0.8000 |",
        "| three 11 | 21.00 | 0.7100 | 0.5000 |",
        "| three 10 | 20.00 | 0.7000 | 0.5000 |",
    ]
    assert len(rows) == 12 and rows[-1].startswith("| three 02 |")
    assert "43 queries, lists of 100; of 12 combinations of three the best 10." in lines
    said = lines.index("union@10: distinct passages among three top tens, at most 30; mean over all 12:")
    assert lines[said + 1] == "15.50."  # of 10 to 21


def test_tables_are_whole(lines):
    """As many cells in every row as the head has; blank lines around a table, as GitHub wants them."""
    for before, line, after in zip(lines, lines[1:], lines[2:], strict=False):
        if after.startswith("| :-"):
            assert before == ""
            width = line.replace(r"\|", "").count("|")
        if line.startswith("| "):
            assert line.replace(r"\|", "").count("|") == width
            assert after == "" or after.startswith("| ")


def test_two_systems_have_no_combinations():
    two = {"dl19": {**TOGETHER["dl19"], "threes": {}}}
    text = page(PARAMS, {"in-domain": TABLES}, {"in-domain": two})
    assert "43 queries, lists of 100.\n" in text
    assert "| all 2 |" in text and "union@10:" not in text


def test_without_systems_it_says_how_to_add_them():
    text = page(PARAMS, {"in-domain": [], "lotte": []}, {})
    assert "Scale `local` imports no systems." in text and "`scales/local.yaml`" in text
    assert "|" not in text
