"""FLOP, hours and bytes against hand-worked values of the cost model."""

import dataclasses
import json

import pytest
from planning_checkout import ROOT, SUITES, checkout

from dragon.artifacts import Layout
from dragon.config import Params
from dragon.errors import ConfigError
from dragon.planning.disk import disk, held
from dragon.planning.downloads import downloads
from dragon.planning.needs import Needs
from dragon.planning.plan import make_plan
from dragon.planning.rates import all_rates, read_rates
from dragon.planning.render import hours, lines, shown_hours
from dragon.planning.sizes import Student, sizes
from dragon.planning.units import walk
from dragon.planning.work import Work, trained

BERT = Student(
    layers=12, hidden=768, heads=12, intermediate=3072, vocabulary=30522, positions=512, source="bert-base-uncased"
)


def test_a_bert_base_has_85_million_parameters_in_its_layers_and_109_with_embeddings():
    assert BERT.transformer.parameters == 85_054_464
    assert BERT.bytes == 4 * 108_891_648  # without a pooling layer


def test_a_token_costs_two_operations_a_parameter_and_attention():
    assert BERT.transformer.forward(1000, 80) == 1000 * (2 * 85_054_464 + 4 * 12 * 80 * 768)


def test_an_iteration_costs_what_the_cost_model_says(tmp_path):
    root = checkout(tmp_path, recipe="paper")
    params, found = Params.load(root, scale="paper"), sizes("paper", root)
    unit = walk(params, "progressive")[0]
    epochs20 = dataclasses.replace(unit, training=dataclasses.replace(unit.training, epochs=20.0))
    one = trained(epochs20, found)
    assert one.padded_tokens / one.visits == 32 + 2 * 128
    assert one.real_tokens / one.visits == pytest.approx(188.0)
    assert one.flop == pytest.approx(8.6e19, rel=0.01)  # 3.3 days at 3.0e14 a second
    assert one.real_flop == pytest.approx(5.3e19 * 188 / 182, rel=0.03)
    assert one.flop / 3.0e14 / 86400 == pytest.approx(3.3, abs=0.05)


def test_the_recipe_of_the_paper_takes_130000_steps(tmp_path):
    root = checkout(tmp_path, recipe="paper")
    params = Params.load(root, scale="paper")
    assert trained(walk(params, "progressive")[0], sizes("paper", root)).steps == 130_000


def test_labels_cost_what_the_cost_model_says(everything):
    found = {teacher: everything.listed("crop", teacher).flop for teacher in ("contriever", "gtr-xxl", "cross-encoder")}
    assert found["contriever"]["dense-search"] == pytest.approx(3.88e17, rel=1e-3)
    assert found["contriever"]["encoding"] == pytest.approx(1.3e17 + 1.24e17, rel=0.03)
    assert found["gtr-xxl"]["encoding"] == pytest.approx(7.2e18 + 6.8e18, rel=0.01)
    assert found["cross-encoder"]["re-ranking"] == pytest.approx(6.7e19, rel=0.02)
    uni = everything.listed("crop", "unicoil")
    assert uni.lucene == {"unicoil": 28_545_938 * 8_841_823}
    assert uni.flop["encoding"] < 1.35e17  # its passages are downloaded


def test_hours_of_the_paper_for_sparse_teachers(everything, root):
    rates = all_rates(everything.params.layout, "h200", root)["h200"]
    assert rates.host_hours("unicoil", 28_545_938 * 8_841_823) == pytest.approx(666, abs=1)
    assert rates.host_hours("splade-pp", 28_545_938 * 8_841_823) == pytest.approx(1142, abs=1)
    assert rates.host_hours("unknown", 1) is None


def test_beir_13_and_18_have_as_many_passages_and_tokens_as_the_cost_model(everything):
    beir = everything.sizes.suites["zero-shot"]
    public = [one for name, one in beir.items() if not one.gated and name != "cqadupstack"]
    assert len(public) == 13 and len(beir) == 18
    assert sum(one.number for one in public) == 24_561_473
    assert sum(one.number for one in beir.values()) == pytest.approx(43.9e6, rel=1e-3)
    assert sum(one.number * one.tokens for one in public) == pytest.approx(2.5e9, rel=0.02)
    assert sum(one.number * one.tokens for one in beir.values()) == pytest.approx(7.4e9, rel=0.03)


def test_lists_take_400_bytes_a_query_and_iterations_two_encoders(everything):
    unit = everything.whole.units[0]
    found = disk(everything, Needs(units=(unit,), lists=(("crop", "unicoil"),)))
    assert found["lists"] == found["lists, as shards in the store"] == 28_545_938 * 400
    assert found["iterations in the store"] == 2 * BERT.bytes
    assert held(everything) == 8_841_823 * 768 * 4


def test_needs_subtract_what_is_there_already(everything):
    first, second = everything.rows[1].alone, everything.rows[2].alone
    assert set((second - first).units) == set(second.units) - set(first.units)
    assert everything.rows[2].added == second - first - everything.rows[0].alone
    assert (first + first) == first


def test_hours_add_up_over_kinds_and_devices(tmp_path):
    path = tmp_path / "mine.json"
    work = {"training": {"flop_per_second": 1e12, "source": "x"}, "encoding": {"flop_per_second": 2e12, "source": "x"}}
    path.write_text(json.dumps({"about": "x", "kind": "measured", "devices": 2, "work": work}))
    rates = read_rates(path)
    assert hours(Work({"training": 7.2e15, "encoding": 14.4e15}), rates) == 2.0
    assert hours(Work({"training": 7.2e15, "max-sim": 1.0}), rates) is None
    assert all_rates(Layout("paper"), str(path)) == {"mine": rates}
    assert [shown_hours(value) for value in (None, 0.01234, 99.96, 1234.5)] == ["?", "0.0123", "100", "1,230"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"devices": 0}, "devices: found 0, allowed: 1 or more"),
        ({"work": {"trainig": {"flop_per_second": 1.0, "source": "x"}}}, "did you mean 'training'"),
        ({"work": {"training": {"source": "x"}}}, "flop_per_second: found 0.0, allowed: above 0"),
    ],
)
def test_rates_that_cannot_be_used_are_refused(tmp_path, change, message):
    path = tmp_path / "bad.json"
    path.write_text(json.dumps({"about": "x", "kind": "measured", "devices": 1, "work": {}, **change}))
    with pytest.raises(ConfigError, match=message):
        read_rates(path)


def test_a_name_of_no_rates_and_a_scale_without_sizes_say_what_there_is(root):
    with pytest.raises(ConfigError, match="allowed: h100x8, h200, a file"):
        all_rates(Layout("paper"), "h2000", root)
    with pytest.raises(ConfigError, match=r"sizes/local-minilm.yaml: not there"):
        sizes("local-minilm", root)


def test_counted_tokens_take_the_place_of_the_file(tmp_path):
    root = checkout(tmp_path)
    folder = root / Layout("paper").tokens("crop")
    folder.mkdir(parents=True)
    (folder / "meta.json").write_text(json.dumps({"texts": 10, "pieces": 55, "special": {}}))
    crop = sizes("paper", root).query_sets["crop"]
    assert (crop.number, crop.tokens, crop.source) == (10, 5.5, f"counted: {folder}")


def test_a_query_set_of_unknown_size_is_refused_with_the_stage_that_counts_it(everything):
    with pytest.raises(ConfigError, match="tokens_queries@cropp"):
        everything.sizes.queries("cropp")


def test_downloads_are_what_the_scale_names_and_one_archive_counts_once():
    found = {one.name: one.bytes for one in downloads(Params.load(ROOT, scale="paper"), ROOT)}
    assert found["msmarco-passage/collectionandqueries.tar.gz"] == 1_057_717_952
    assert [name for name in found if "cqadupstack" in name] == ["beir/cqadupstack/source.zip"]
    assert [name for name in found if "lotte" in name] == ["lotte/lotte.tar.gz"]
    assert found["sentence-transformers/gtr-t5-xxl"] == 4 * 4_865_577_984
    assert found["Shitao/RetroMAE"] is None and not any("nano" in name or "robust" in name for name in found)
    assert not [*downloads(Params.load(ROOT, scale="mini"), ROOT), *downloads(Params.load(ROOT, scale="local"), ROOT)]


def test_the_page_shows_every_table_that_needs_something(everything, papers_own, root):
    page = "\n".join(lines(everything, papers_own, all_rates(everything.params.layout, "", root), []))
    shown = [f"| Table {n} " for n in (2, 3, 4, 5, 7, 8, 9, 10, 11)] + [f"| Figure {n} " for n in (1, 3, 4)]
    assert all(page.count(title) == 2 for title in shown)
    assert "| iterations | 83 | 71 |" in page and "Table 1 |" not in page
    assert "278,760 steps" in page


def test_more_seeds_train_more(root):
    params = Params.load(root, scale="paper")
    twice = make_plan(dataclasses.replace(params, seeds=(1, 2)), sizes("paper", root), SUITES, root, own=False)
    assert len(twice.whole.units) == 142
