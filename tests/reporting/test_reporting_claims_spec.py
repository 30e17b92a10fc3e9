"""The claims' file against the tables."""

from dataclasses import replace
from functools import cache

import pytest
from claims_world import PARAMS, ROOT

from dragon.reporting.claims import ClaimsSpec, PaperCell, paper_difference
from dragon.reporting.spec import TableSpec
from dragon.supervision.schedule import iterations

SPEC = ClaimsSpec.load(ROOT)


def test_there_are_enough_sentences_each_short_and_in_a_family():
    assert len({claim.quote for claim in SPEC.claims}) >= 28
    assert all(len(claim.quote.split()) <= 12 for claim in SPEC.claims)
    assert {claim.family for claim in SPEC.claims} == set(SPEC.families)
    assert {claim.at for claim in SPEC.claims} - {""} == set(SPEC.places)


@cache
def lines_of(table):
    spec = TableSpec.load(table, PARAMS.scale, ROOT)
    return list(zip(spec.rows, spec.grid(), strict=True))


def found_in(cell):
    """The cell of a table spec that a claim's cell points at: the first of the rows that it may mean."""
    under, hits = "", []
    for line, cells in lines_of(cell.table):
        under = line.label if line.span else under
        texts = (line.label, *(one.text for one in cells))
        if not line.span and cell.row in texts and cell.under in ("", under):
            hits.append(cells[cell.column])
    assert hits, cell
    return hits[0]


@pytest.mark.parametrize("claim", SPEC.claims, ids=lambda one: one.id)
def test_the_papers_numbers_are_those_of_the_tables(claim):
    for cell in (cell for side in claim.sides for cell in side.cells):
        assert found_in(cell).paper == cell.paper
        assert cell.number is not None


MOVED = {"uniform-over-single-same-epochs"}  # its student has other epochs than the one that the table shows


@pytest.mark.parametrize("claim", SPEC.claims, ids=lambda one: one.id)
def test_what_is_compared_is_what_the_tables_show_there(claim):
    place = SPEC.places.get(claim.at)
    for side, number, cell in ((one, n, cell) for one in claim.sides for n, cell in enumerate(one.cells)):
        shown = found_in(cell)
        if side.system:
            assert shown.system == side.systems[number] or claim.id in MOVED
            assert (shown.suite, shown.test, shown.measure) == (place.suite, place.test, place.measure)
        elif cell.table == "table6":
            assert shown.quality == side.quality[number]
        else:
            assert (shown.quality, *shown.key) == (side.quality[0], *side.key)


def test_a_wrong_digit_or_column_would_be_noticed():
    cell = PaperCell(table="table2", row="BEIR-13", column=5, paper="49.3")
    assert (found_in(cell).paper, found_in(cell).system) == ("49.3", "progressive")
    assert found_in(replace(cell, column=4)).paper == "47.7"
    teacher = replace(cell, under="effectiveness of teacher", column=2)
    assert found_in(teacher).paper == "49.9"


def test_systems_and_measures_exist():
    students = PARAMS.experiments
    inner = {f"{name}.{unit.number}" for name, one in students.items() for unit in iterations(one)}
    known = {*students, *inner, *(f"teacher-{name}" for name in PARAMS.scale.teachers)}
    assert set(SPEC.systems()) <= known
    for place in SPEC.places.values():
        if place.suite in PARAMS.scale.suites:
            assert place.measure in PARAMS.suite(place.suite).measures


def test_the_papers_contradictions_are_found_and_named():
    """Sentences that the paper's own numbers do not bear out (docs/discrepancies.md); they all say so."""

    def against(claim):
        numbers = [paper_difference(*pair) for pair in claim.pairs()]
        low, high = (0.0001, None) if claim.signed else claim.limits
        known = [number for number in numbers if number is not None]
        return any((low is not None and n < low) or (high is not None and n > high) for n in known)

    contradicted = [claim.id for claim in SPEC.claims if against(claim)]
    assert contradicted == [
        "dragons-forum",
        "three-retrievers-uniform-zero-shot",
        "three-retrievers-progressive-dev",
        "cropping-more-positives",
    ]
    assert all(claim.doubt for claim in SPEC.claims if claim.id in contradicted)


def test_inputs_are_metric_files_run_folders_and_qualities():
    layout = PARAMS.layout
    found = SPEC.inputs(layout)
    assert len(found) == len(set(found))
    for path in (layout.metrics("dragon-s", "lotte"), layout.runs("dragon-s", "lotte"), layout.quality("statistics")):
        assert path in found
    assert layout.metrics("dragon-contriever", "lotte") not in found
    assert "uniform.1" in SPEC.systems()
