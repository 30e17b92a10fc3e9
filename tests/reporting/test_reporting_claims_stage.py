"""The stage `claims`, what it writes, and mistakes in its file."""

import csv
import io
import json
from dataclasses import replace

import pytest
from claims_world import CELL, PARAMS, claim, results, write

from dragon.errors import ConfigError
from dragon.reporting.claim_render import FORMATS, counts, row
from dragon.reporting.claim_values import measured
from dragon.reporting.claims import ClaimsSpec, PaperCell, Side, paper_difference
from stages import claims as stage


def test_the_stage_writes_results_and_three_formats(claims_world, capsys):
    write(
        claim("x", "high", "low"),
        claim("y", "high", "missing", family="b", doubt="the paper | says 1_2"),
        claim("z", "high", "low", "middle", kind="ordering", family="b"),
    )
    stage.main()
    out = capsys.readouterr().out
    assert "3 claims: 1 confirmed, 1 reversed, 1 not run" in out
    found = json.loads(PARAMS.layout.quality("claims").read_text())
    assert found["families"] == {"a": "the first", "b": "the second"}
    first = found["claims"][0]
    assert (first["id"], first["verdict"], first["at"]["test"]) == ("x", "confirmed", "dev")
    assert (first["systems"], first["suites"], first["qualities"]) == (["high", "low"], ["in-domain"], [])
    assert len(found["claims"][2]["comparisons"]) == 2
    built = {suffix: PARAMS.layout.built(f"claims.{suffix}").read_text() for suffix in FORMATS}
    assert "| confirmed | “one & two” | 3       | high > low, in-domain dev RR@10 | n/a   | +31.9 |" in built["md"]
    assert "- `y`: missing not evaluated on in-domain" in built["md"]
    assert "Not comparable with the paper" in built["md"]
    assert "``one \\& two'' & 3 & high $>$ low, in-domain dev RR@10 & n/a & +31.9 &" in built["tex"]
    assert "says 1\\_2" in built["tex"]
    lines = list(csv.DictReader(io.StringIO(built["csv"])))
    assert [(line["id"], line["decides"]) for line in lines] == [("x", "1"), ("y", "1"), ("z", "0"), ("z", "1")]
    assert float(lines[0]["difference"]) == first["difference"]


def test_the_same_files_give_the_same_bytes(claims_world):
    write(claim("x", "high", "low"), claim("y", "even", "middle", at="mean"))
    stage.main()
    paths = [PARAMS.layout.quality("claims"), *(PARAMS.layout.built(f"claims.{suffix}") for suffix in FORMATS)]
    first = [path.read_bytes() for path in paths]
    stage.main()
    assert [path.read_bytes() for path in paths] == first


def test_numbers_as_texts(claims_world):
    result = results(claim("x", "high", "low"))["x"]
    one = replace(
        result.decisive,
        paper_difference=0.016, difference=-0.0004, low=-0.012, high=0.0112, p_holm=0.00002, effect_ratio=-0.025,
        seeds_spread=0.0031, queries=6980,
    )  # fmt: skip
    shown = row(replace(result, outcomes=(one,)), {})
    assert shown[4:] == ["+1.6", "+0.0", "-1.2 to +1.1", "< 0.0001", "-0.03", "0.3", "6,980"]
    assert counts([result]) == "1 claims: 1 confirmed"


def test_before_anything_was_evaluated_every_claim_says_why(claims_checkout):
    spec = ClaimsSpec.load()
    found = stage.judged(measured(spec, PARAMS), spec)
    assert {one.verdict for one in found} == {"not run"}
    assert all(one.decisive.reason for one in found)
    for render in FORMATS.values():
        assert render(spec, found, PARAMS)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (claim("x", "a", "b", family="c"), "claims.x.family: found 'c', allowed: a, b"),
        (claim("x", "a", "b", at="devv"), "claims.x.at: found 'devv', allowed: .* did you mean 'dev'"),
        (claim("x", "a"), "claims.x.sides: allowed: two or more"),
        (claim("x", "a", "b") + claim("x", "a", "b"), "claims.x: stands twice"),
        (claim("x", "a", "b").replace("one & two", " ".join("w" * 13)), "claims.x.quote: allowed: 1 to 12 words"),
        (claim("x", "a", "b", margin=1), "claims.x.margin: a tie states it"),
        (claim("x", "a", "b", kind="tie"), "claims.x.margin: a tie states it"),
        (claim("x", "a", "b", kind="interval"), "claims.x.bounds: an interval states them"),
        (claim("x", "a", "b", by=1), "claims.x.by: allowed: in a difference or ordering of qualities"),
        (claim("x", "a", "b", at=""), "claims.x.at: systems need a place"),
        (claim("x", "a", "{quality: [b], key: [c]}"), "claims.x.at: systems need a place"),
        (claim("x", "{quality: [a]}", "{quality: [b], key: [c]}", at=""), "claims.x.sides: allowed: each a system"),
        (claim("x", "a", "b", unit="pionts"), "claims.*unit: found 'pionts', allowed: points.* did you mean 'points'"),
        (claim("x", "a", "b", magrin=1), "magrin: unknown key.* did you mean 'margin'"),
        (
            claim("x", *(f"{{system: a, cells: [{CELL.format(number)}]}}" for number in ("47.7", "49.3"))),
            "claims.x.doubt: the paper's own numbers say otherwise",
        ),
    ],
)
def test_a_mistake_is_named(claims_checkout, text, message):
    write(text)
    with pytest.raises(ConfigError, match=rf"reports/claims.yaml.*{message}"):
        ClaimsSpec.load()


def test_the_papers_numbers_as_printed():
    numbers = [PaperCell(table="t", row="r", column=0, paper=text).number for text in ("39.9*", "< 1", "- △", "600")]
    assert numbers == [39.9, 1.0, None, 600.0]
    cells = tuple(PaperCell(table="t", row="r", column=0, paper=text) for text in ("< 1", "10", "84"))
    assert Side(quality=("a", "b", "c"), key=("k",), cells=cells).paper == 95
    assert paper_difference(Side(system="a"), Side(system="b", cells=cells)) is None
