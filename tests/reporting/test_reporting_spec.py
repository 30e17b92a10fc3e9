"""What specs must not say: every mistake is named with its file, its place and what is allowed."""

from pathlib import Path

import pytest

from dragon import artifacts
from dragon.config import Params
from dragon.errors import ConfigError
from dragon.reporting.spec import TableSpec

PARAMS = Params.load(Path(__file__).parents[2])
SPEC = """
title: Tiny & small.
paper: Table 99
section: "9"
heads:
  - [System, both, both, union]
  - ["", RR@10, nDCG@10, ""]
columns:
  - {suite: in-domain, test: dev, measure: RR@10}
  - {suite: zero-shot, test: mean, measure: nDCG@10}
  - {quality: sizes, unit: number}
best: columns
rows:
  - {label: students, span: true}
  - label: one*
    cell: {system: one}
    cells: [{paper: "36.6"}, {paper: "49.3", bold: true}, {key: [one, n], paper: "7"}]
  - {label: two, cell: {system: two}, cells: [{paper: "36.9"}, {paper: "- △"}, {key: [two, n]}]}
  - {label: a|b, cells: [{text: ✓}, {text: "-", paper: "-"}, {text: ✗}]}
footnotes: ["* starred"]
teachers: [unicoil]
notes:
  - text: "sizes {}, weights {}"
    cells: [{quality: sizes, key: [one, n], unit: number}, {quality: sizes, key: [weights]}]
"""


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("best: columns", "best: diagonal", r"tiny.yaml:.*best: found 'diagonal', allowed: rows, columns, none"),
        ("best: columns", "bset: columns", r"bset: unknown key.*did you mean 'best'"),
        ("{key: [two, n]}", "{key: [two, n]}, {}", r"rows\[2\].cells: found 4, allowed: 3, one per column"),
        ("{key: [two, n]}", "{keys: [two, n]}", r"rows\[2\].cells\[2\].keys: unknown key"),
        ("{text: ✓}", "{}", r"rows\[3\].cells\[0\]: found no source, allowed: text; printed; quality and key"),
        ("[System, both, both, union]", "[System, both, union]", r"heads\[0\]: found 3 texts, allowed: 4"),
        ("sizes {}, weights {}", "sizes {}", r"notes\[0\]: found 2 cells, allowed: one for each {}"),
        ('paper: "36.6"', "paper: 36.6", r"paper: found 36.6, allowed: a text"),
        ("test: mean, ", "average: [], ", r"rows\[1\].cells\[1\]: found no source, allowed: text; printed; .*average"),
        ("test: mean, ", "average: pandas, ", r"average: found 'pandas', allowed: a list"),
        ("unit: number", "unit: seconds", r"unit: found 'seconds', allowed: points, percent, number, ms"),
        ("{quality: sizes, unit: number}", "{each: zeroshot}", r"columns\[2\].each: found 'zeroshot'.*'zero-shot'"),
    ],
)
def test_mistakes_in_a_spec_are_named(tmp_path, old, new, message):
    assert old in SPEC
    artifacts.write_text(tmp_path / "reports/tables/tiny.yaml", SPEC.replace(old, new))
    with pytest.raises(ConfigError, match=message):
        TableSpec.load("tiny", PARAMS.scale, tmp_path)


def test_an_unknown_table_is_named_with_those_there_are():
    with pytest.raises(ConfigError, match=r"reports/tables: found 'table33', allowed: .*did you mean 'table3'"):
        TableSpec.load("table33", PARAMS.scale)
