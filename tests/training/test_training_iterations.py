import dataclasses

import numpy as np
import pytest
import torch

from dragon import artifacts
from dragon.core import Checkpoint, LabelStore
from dragon.errors import UserError
from dragon.models.bi_encoder import BiEncoder
from dragon.models.tokens import Tokens
from dragon.settings import Iteration
from dragon.store import Store
from dragon.supervision.sampling import Sampler
from dragon.training.batches import make_batch, schedule, steps_per_epoch
from dragon.training.iterations import curve_csv, iteration_key, sampler_of, walk
from dragon.training.loop import train_iteration
from dragon.training.objectives import Data, batch_loss

GOLDEN_FIRST_LOSS = 3.4902489


def quiet(line):
    pass


def first_batch(inputs):
    training = inputs.experiment.training
    sampler = Sampler(inputs.labels.select(("unicoil",)), 10, (46, 50), training.seed, 1)
    epoch, rows = next(schedule(sampler, training))
    triplets = sampler.draw(rows, epoch)
    return triplets, make_batch(triplets, Tokens.open(inputs.queries), Tokens.open(inputs.passages), training)


def load(inputs):
    return BiEncoder.load(inputs.init, tied=False, pooling="cls", dropout=0.0)


def test_golden_one_step_loss(tiny):
    """Sampling, batches, encoders and loss together: a change here moves every number of the suite."""
    _, batch = first_batch(tiny)
    assert batch_loss(load(tiny), batch, 1.0).item() == pytest.approx(GOLDEN_FIRST_LOSS, abs=1e-5)


def test_one_step_loss_recomputed_in_float64(tiny):
    triplets, batch = first_batch(tiny)
    model = load(tiny)
    queries = model.encode_queries(*batch.queries).detach().double().numpy()
    rows = np.concatenate([triplets.positive, triplets.negative])
    tokens = Tokens.open(tiny.passages)
    # one passage at a time, so that padding and batching take no part
    passages = np.stack([model.encode_passages(*tokens.batch([r], 12)).detach().double().numpy()[0] for r in rows])
    scores = queries @ passages.T
    expected = np.mean(np.log(np.exp(scores).sum(1)) - scores[np.arange(16), np.arange(16)])
    assert batch_loss(model, batch, 1.0).item() == pytest.approx(expected, abs=1e-4)


def test_all_positives_and_all_hard_negatives_of_the_batch_are_candidates(tiny):
    triplets, batch = first_batch(tiny)
    assert len(batch.passage_mask_P) == 32
    assert batch.targets_B.tolist() == list(range(16))
    assert batch.passages[0].shape[0] == 32
    assert (triplets.positive != triplets.negative).all()


def test_walking_computes_once_then_reuses_to_the_bit(tiny, tmp_path):
    store = Store(tmp_path / "s")
    first = walk(tiny, store, announce=quiet)
    again = walk(tiny, store, announce=quiet)
    assert [one.computed for one in first] == [True] * 3
    assert [one.computed for one in again] == [False] * 3
    fresh = walk(tiny, Store(tmp_path / "other"), announce=quiet)
    assert [one.checkpoint.digest for one in fresh] == [one.checkpoint.digest for one in first]
    assert len({one.checkpoint.digest for one in first}) == 3


def test_prefixes_are_shared_between_students(tiny, changed, tmp_path):
    store = Store(tmp_path / "s")
    walk(tiny, store, announce=quiet)
    reordered = changed(tiny, name="other", trajectory=("unicoil", "colbertv2", "contriever"))
    assert [one.computed for one in walk(reordered, store, announce=quiet)] == [False, True, True]
    # the last iteration of both draws from the same three teachers, but from another parent
    last_only = changed(tiny, name="last", supervision="progressive-last-only")
    assert [one.computed for one in walk(last_only, store, announce=quiet)] == [False, False, True]


@pytest.mark.parametrize(
    "setting", [{"seed": 43}, {"positives": 5}, {"learning_rate": 2e-3}, {"tied_encoders": True}, {"threads": 2}]
)
def test_every_setting_is_part_of_the_key(tiny, changed, setting):
    from dragon.supervision.schedule import iterations

    unit = iterations(tiny.experiment)[0]
    assert iteration_key(tiny, tiny.init, unit) != iteration_key(changed(tiny, **setting), tiny.init, unit)
    assert iteration_key(tiny, tiny.init, unit) == iteration_key(changed(tiny, name="renamed"), tiny.init, unit)


def test_ledger_says_what_was_asked_and_computed(tiny, tmp_path):
    store = Store(tmp_path / "s")
    walk(tiny, store, announce=quiet)
    walk(tiny, store, upto=2, announce=quiet)
    events = store.events(0)
    assert [(event["number"], event["computed"]) for event in events] == [
        (1, True),
        (2, True),
        (3, True),
        (1, False),
        (2, False),
    ]


def test_training_learns_its_labels(tiny, changed, tmp_path):
    longer = changed(tiny, epochs=50.0, learning_rate=5e-3, trajectory=("unicoil",), positives=1)
    curve = walk(longer, Store(tmp_path / "s"), announce=quiet)[0].curve()
    losses = [point["loss"] for point in curve]
    assert len(losses) == 200
    assert np.mean(losses[-4:]) < 0.6 * np.mean(losses[:4])
    assert curve[-1]["learning_rate"] < curve[49]["learning_rate"] == pytest.approx(5e-3)


def test_tied_encoders_stay_equal_and_untied_ones_part(tiny, changed, tmp_path):
    def weights(inputs, name):
        checkpoint = walk(inputs, Store(tmp_path / name), upto=1, announce=quiet)[0].checkpoint
        model = BiEncoder.load(checkpoint, tied=False, pooling="cls", dropout=0.0)
        return [encoder.embeddings.word_embeddings.weight for encoder in (model.query_encoder, model.context_encoder)]

    assert not torch.equal(*weights(tiny, "untied"))
    assert torch.equal(*weights(changed(tiny, tied_encoders=True), "tied"))


def test_fractional_epochs_take_the_head_of_the_order(tiny, changed):
    training = changed(tiny, epochs=1.5).experiment.training
    assert steps_per_epoch(64, 64, training) == [4, 2]
    assert steps_per_epoch(64, 64, changed(tiny, epochs=0.5, epochs_scale=3.0).experiment.training) == [4, 2]
    sampler = Sampler(tiny.labels.select(("unicoil",)), 10, (46, 50), 42, 1)
    plan = list(schedule(sampler, training))
    assert [epoch for epoch, _ in plan] == [0, 0, 0, 0, 1, 1]
    assert sorted(np.concatenate([rows for epoch, rows in plan if epoch == 0])) == list(range(64))
    assert plan[4][1].tolist() == sampler.visits(1)[:16].tolist()


def test_a_subset_keeps_the_epochs_or_the_steps_of_the_full_set(tiny, changed):
    """Dossier 1c: what a small set is trained for is undefined in the paper."""
    epochs = changed(tiny, queries=32, epochs=1.5).experiment.training
    steps = changed(tiny, queries=32, epochs=1.5, budget="steps").experiment.training
    assert steps_per_epoch(32, 64, epochs) == [2, 1]
    assert steps_per_epoch(32, 64, steps) == [2, 2, 2]
    assert steps_per_epoch(48, 64, steps) == [3, 3]
    assert steps_per_epoch(40, 64, steps) == [2, 2, 2]
    sampler = sampler_of(changed(tiny, queries=32), Iteration(number=1, sources=("unicoil",)))
    plan = list(schedule(sampler, steps))
    assert [epoch for epoch, _ in plan] == [0, 0, 1, 1, 2, 2]
    assert sorted(np.concatenate([rows for epoch, rows in plan if epoch == 2])) == sorted(sampler.visits(0))


def test_soft_labels_train_and_depend_on_the_scores(tiny, changed, tmp_path):
    soft = changed(tiny, loss="kl", trajectory=("unicoil",), iterations=1, epochs=40.0, learning_rate=5e-3)
    losses = [point["loss"] for point in walk(soft, Store(tmp_path / "s"), announce=quiet)[0].curve()]
    assert 0 <= np.mean(losses[-8:]) < 0.9 * np.mean(losses[:8])
    first = Iteration(number=1, sources=("unicoil",))
    lists = dataclasses.replace(soft.labels.members["unicoil"], scores_digest="other")
    other = dataclasses.replace(soft, labels=LabelStore("crop", {**soft.labels.members, "unicoil": lists}))
    assert iteration_key(other, soft.init, first) != iteration_key(soft, soft.init, first)
    hard = [dataclasses.replace(one, experiment=tiny.experiment) for one in (soft, other)]
    assert iteration_key(hard[0], soft.init, first) == iteration_key(hard[1], soft.init, first)


def test_a_student_may_continue_another(tiny, tmp_path):
    parent = walk(tiny, Store(tmp_path / "s"), upto=1, announce=quiet)[0].checkpoint
    child = walk(dataclasses.replace(tiny, init=parent), Store(tmp_path / "s"), upto=1, announce=quiet)[0]
    assert child.computed
    assert child.checkpoint.meta["parent"] == parent.digest


def test_the_curve_of_a_student_is_one_csv(tiny, tmp_path):
    finished = walk(tiny, Store(tmp_path / "s"), announce=quiet)
    head, *lines = curve_csv(finished).splitlines()
    assert head == "step,iteration,loss,learning_rate,queries_per_second"
    rows = [line.split(",") for line in lines]
    assert [int(row[0]) for row in rows] == list(range(1, 13))
    assert [int(row[1]) for row in rows] == [1] * 4 + [2] * 4 + [3] * 4
    assert [float(row[2]) for row in rows] == [point["loss"] for one in finished for point in one.curve()]


def test_too_few_queries_for_a_batch(tiny, changed):
    inputs = changed(tiny, batch_size=100)
    sampler = Sampler(inputs.labels.select(("unicoil",)), 10, (46, 50), 42, 1)
    data = Data(Tokens.open(inputs.queries), Tokens.open(inputs.passages))
    with pytest.raises(UserError, match="64 queries make no batch of 100"):
        train_iteration(load(inputs), data, sampler, inputs.experiment.training, "tiny", lambda step, values: None)


def test_a_loss_that_explodes_is_an_error_and_stores_nothing(tiny, changed, tmp_path):
    store = Store(tmp_path / "s")
    with pytest.raises(UserError, match=r"loss is (nan|inf) at step \d+"):
        walk(changed(tiny, learning_rate=1e30, clip_norm=1e30), store, announce=quiet)
    assert [path.suffix for path in (tmp_path / "s" / "iterations").iterdir()] == [".lock"]


def test_published_checkpoint_digest_ignores_curves(tiny, tmp_path):
    finished = walk(tiny, Store(tmp_path / "s"), upto=1, announce=quiet)[0].checkpoint
    meta = dict(finished.meta)
    meta["files"] = {**meta["files"], "curve.jsonl": "other"}
    assert Checkpoint(finished.folder, meta).digest == finished.digest
    assert artifacts.read_meta(finished.folder)["files"]["facts.json"]
