"""Iterations told apart without files: as the store's keys would, and as many as the paper's tables need."""

import dataclasses
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from planning_checkout import ROOT

from dragon.config import Params
from dragon.planning.items import alone, evaluates_only, items, reached
from dragon.planning.needs import labels_behind, needs
from dragon.planning.render import counts
from dragon.planning.units import lineage, steps, walk
from dragon.planning.work import trained, visits_by_epochs
from dragon.training.batches import steps_per_epoch


def test_the_papers_own_stages_are_71_of_which_50_are_full_size(papers_own):
    found = counts(papers_own)
    assert (found["iterations"], found["full-size"], found["small"]) == (71, 50, 21)
    assert found["full-size units"] == 52  # the fused student trains three units in one go
    assert found["full-size units without sharing"] == 93
    assert (found["full-size epochs"], found["small epochs"]) == (1040, 420)
    assert found["checkpoints evaluated"] == 31
    assert found["steps if no short batch were dropped"] == pytest.approx(15.3e6, rel=2e-3)


def test_without_sharing_each_table_trains_as_many_units_as_the_dossier_counts(params, root):
    found, units = items(params, root, own=False), {}
    for number, item in enumerate(found):
        if not evaluates_only(item, found[:number]):
            full = [u for u in alone(params, item) if u.query_set != "human" and not u.training.queries]
            units[item.paper] = sum(u.training.epochs_scale for u in full)
    assert units == {
        "Table 2": 12,
        "Table 3": 12,
        "Table 4": 20,
        "Table 5": 10,
        "Table 7": 15,
        "Table 8": 9,
        "Table 9": 6,
        "Figure 3": 9,
    }


def test_an_iteration_of_the_full_set_takes_278769_batches_of_visits(params, papers_own):
    unit = walk(params, "progressive")[0]
    assert round(visits_by_epochs(unit, papers_own.sizes) / 2048) == 278_769
    # this loop drops the 914 queries that are left over in each epoch
    assert trained(unit, papers_own.sizes).steps == 20 * (28_545_938 // 2048) == 278_760
    assert 28_545_938 % 2048 == 914


def test_ours_are_more_than_the_papers(everything, papers_own):
    ours = set(everything.whole.units) - set(papers_own.whole.units)
    assert set(papers_own.whole.units) < set(everything.whole.units)
    kinds = Counter(u.training.tied_encoders or u.training.loss == "kl" or "~7" in u.lists[0] for u in ours)
    assert counts(everything)["iterations"] == 71 + len(ours)
    assert kinds[True] >= 7  # tied 3, soft 2, shuffled 3 at least, less what they share


def test_prefixes_are_the_same_iterations_whatever_student_asks(params):
    dragon_s, progressive = walk(params, "dragon-s"), walk(params, "progressive")
    assert dragon_s[:2] == progressive[:2] != walk(params, "shuffled")[:2]
    assert walk(params, "single-unicoil") == progressive[:1]
    assert dragon_s[2] != progressive[2]  # GTR-XXL comes before ColBERTv2
    assert walk(params, "top-1")[0] != progressive[0]
    assert walk(params, "genq")[0] != progressive[0]


def test_another_seed_shares_nothing(params):
    assert not set(walk(params, "progressive", 1)) & set(walk(params, "progressive", 2))


def test_a_student_that_continues_another_begins_at_its_end(params):
    own = walk(params, "ce-only")
    assert own[0].parent == walk(params, "dragon-s")[-1]
    assert lineage(params, "ce-only") == walk(params, "dragon-s") + own
    assert own[0].start == "plain"


def test_a_look_inside_a_trajectory_reaches_that_iteration(params):
    assert reached(params, "progressive.2") == walk(params, "progressive")[:2]
    assert reached(params, "ce-only")[-1] == walk(params, "ce-only")[-1]


def test_lists_of_a_mixture_are_those_of_what_it_mixes(params, root):
    table7 = next(item for item in items(params, root, own=False) if item.paper == "Table 7")
    lists = needs(params, table7, ()).lists
    assert {name for name, _ in lists} == {"crop", "genq"}
    assert len(lists) == 10


def test_timing_a_teacher_encodes_its_passages(params, root):
    table6 = next(item for item in items(params, root) if item.paper == "Table 6")
    assert set(needs(params, table6, ()).teachers) == {(name, "in-domain") for name in params.scale.teachers}


def test_fused_lists_come_from_the_pool_that_is_fused(params, root):
    table2 = next(item for item in items(params, root, own=False) if item.paper == "Table 2")
    assert set(needs(params, table2, ()).lists) == {("crop", name) for name in ("unicoil", "contriever", "colbertv2")}


def test_statistics_need_the_labels_that_dvc_gives_them(params, root):
    table10 = next(item for item in items(params, root) if item.paper == "Table 10")
    assert len(needs(params, table10, (), labels_behind(root)).lists) == 10


BASE = Params.load(ROOT).training


@given(
    queries=st.integers(0, 5000),
    more=st.integers(0, 5000),
    size=st.integers(1, 300),
    epochs=st.floats(0.01, 25),
    scale=st.sampled_from([1.0, 3.0]),
    budget=st.sampled_from(["epochs", "steps"]),
)
def test_steps_are_those_of_the_training_loop(queries, more, size, epochs, scale, budget):
    training = dataclasses.replace(BASE, batch_size=size, epochs=epochs, epochs_scale=scale, budget=budget)
    assert steps(queries, queries + more, training) == sum(steps_per_epoch(queries, queries + more, training))
