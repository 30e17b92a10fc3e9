import numpy as np
import pytest
import torch

from dragon.config import Source
from dragon.errors import ConfigError, UserError
from dragon.models.bi_encoder import BiEncoder
from dragon.models.starts import StartData, write_start
from dragon.models.tokens import Tokens
from dragon.models.vocabulary import write_vocabulary
from dragon.training.pretraining import Contrastive, random_crops
from dragon.training.retromae import RetroMae, decoder_visibility, draw_mask

torch.set_num_threads(1)  # threads of tiny models only wait for each other
SHARED = {
    "init": "plain",
    "seed": 3,
    "pooling": "cls",
    "steps": 12,
    "batch_size": 8,
    "learning_rate": 1e-3,
    "embedding_lr_scale": 5.0,
    "weight_decay": 0.01,
    "warmup": 0.1,
    "clip_norm": 2.0,
    "dropout": 0.0,
    "threads": 1,
}
CONTRASTIVE = {**SHARED, "crop": [0.2, 0.5], "max_pieces": 30, "temperature": 1.0}
RETROMAE = {
    **SHARED,
    "encoder_mask": [0.15, 0.3],
    "decoder_mask": [0.5, 0.7],
    "max_length": 24,
    "heads": 2,
    "initializer_range": 0.02,
}
SVD = {
    "seed": 1,
    "hidden": 10,
    "layers": 1,
    "heads": 2,
    "intermediate": 12,
    "max_positions": 40,
    "passage_tokens": 30,
    "idf_exponent": 0.0,
    "attention_gain": 64.0,
    "output_gain": 0.5,
    "position_gain": 0.1,
    "residual_gain": 0.1,
    "initializer_range": 0.02,
}


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    draws = np.random.Generator(np.random.Philox(5))
    words = [f"{a}{b}" for a in ("mat", "vec", "ten", "gra", "set") for b in ("rix", "tor", "sor", "ph", "ting")]
    texts = [" ".join(draws.choice(words[i % 5 * 5 : i % 5 * 5 + 8], 12)) for i in range(60)]
    folder = tmp_path_factory.mktemp("pretraining")
    options = {"size": 120, "lowercase": True, "alphabet": 40, "min_frequency": 2}
    write_vocabulary(Source(kind="wordpiece", options=options), texts, "here", folder / "v")
    tokens = Tokens.write(folder / "t", texts, folder / "v")
    plain = write_start(
        Source(kind="svd", options=SVD), StartData(folder / "v", tokens, {}.__getitem__), "here", folder / "plain"
    )
    return StartData(folder / "v", tokens, {"plain": plain}.__getitem__)


def make(data, folder, kind, **changes):
    options = CONTRASTIVE if kind == "contrastive" else RETROMAE
    return write_start(Source(kind=kind, options={**options, **changes}), data, "here", folder)


@pytest.mark.parametrize("kind", ["contrastive", "retromae"])
def test_same_options_same_bytes_whatever_the_global_seed(data, tmp_path, kind):
    torch.manual_seed(1)
    first = make(data, tmp_path / "a", kind)
    torch.manual_seed(2)
    assert make(data, tmp_path / "b", kind).digest == first.digest
    assert make(data, tmp_path / "c", kind, seed=4).digest != first.digest
    assert first.digest != data.checkpoint("plain").digest
    files = first.meta["files"]
    assert files["query_encoder/model.safetensors"] == files["context_encoder/model.safetensors"]
    assert {name for name in files if "decoder" in name} == set()


def crop_loss(checkpoint, data):
    """InfoNCE of one fixed batch of crops, by hand."""
    model = BiEncoder.load(checkpoint, True, "cls", 0.0)
    settings = Contrastive(**{**CONTRASTIVE, "crop": (0.2, 0.5)})
    draws = np.random.Generator(np.random.Philox(99))
    rows = np.arange(40)
    with torch.inference_mode():
        first, second = (model.encode_queries(*random_crops(data.passages, rows, settings, draws)) for _ in range(2))
    scores = (first @ second.T).double().numpy()
    return float(np.mean(np.log(np.exp(scores).sum(1)) - np.diag(scores)))


def test_cropping_lowers_the_loss_on_crops(data, tmp_path):
    trained = make(data, tmp_path / "a", "contrastive", steps=60)
    assert crop_loss(trained, data) < crop_loss(data.checkpoint("plain"), data) - 0.02


def test_crops_are_spans_of_their_own_passage(data):
    settings = Contrastive(**{**CONTRASTIVE, "crop": (0.2, 0.5)})
    rows = np.repeat(np.arange(60), 5)
    ids, mask = random_crops(data.passages, rows, settings, np.random.Generator(np.random.Philox(1)))
    shares = []
    for row, crop, length in zip(rows, ids.tolist(), mask.sum(1).tolist(), strict=True):
        start, end = data.passages.offsets_R[row : row + 2]
        whole = data.passages.pieces_T[start:end][:30].tolist()
        span = crop[1 : length - 1]
        assert crop[0] == 2
        assert crop[length - 1] == 3
        assert any(whole[i : i + len(span)] == span for i in range(len(whole)))
        shares.append(len(span) / len(whole))
    assert 0.15 <= min(shares) <= 0.25
    assert 0.45 <= max(shares) <= 0.55


def test_crops_of_tiny_passages_work():
    tokens = Tokens(np.array([7, 8], np.uint16), np.array([0, 0, 1, 2]), {"cls": 2, "sep": 3, "pad": 0})
    settings = Contrastive(**{**CONTRASTIVE, "crop": (0.2, 0.5)})
    ids, _ = random_crops(tokens, np.arange(3), settings, np.random.Generator(np.random.Philox(1)))
    assert ids.tolist() == [[2, 3, 0], [2, 7, 3], [2, 8, 3]]


def test_masks_hide_the_wanted_share_of_pieces_only():
    pieces = torch.zeros(200, 42, dtype=torch.bool)
    pieces[:, 1:41] = True
    pieces[0, 2:] = False  # one piece
    mask = draw_mask(pieces, (0.15, 0.30), np.random.Generator(np.random.Philox(1)))
    counts = mask.sum(1)[1:]
    assert not (mask & ~pieces).any()
    assert mask[0].sum() == 1
    assert (counts.min(), counts.max()) == (6, 12)  # 15 % and 30 % of 40
    assert len({tuple(row) for row in mask.tolist()}) > 190


def test_decoder_sees_cls_and_what_is_left_but_never_the_place_itself():
    attention = torch.tensor([[1, 1, 1, 1, 0]])
    unseen = torch.tensor([[False, False, True, False, False]])
    visible = decoder_visibility(attention, unseen)[0].int().tolist()
    assert visible == [
        [1, 1, 0, 1, 0],
        [1, 0, 0, 1, 0],
        [1, 1, 0, 1, 0],
        [1, 1, 0, 0, 0],
        [1, 1, 0, 1, 0],
    ]


def test_retromae_learns_to_rebuild(data, tmp_path):
    from torch import nn

    from dragon.models.starts import initialise
    from dragon.training.pretraining import pretrain
    from dragon.training.retromae import Decoder, Head, retromae_loss

    settings = RetroMae(**{**RETROMAE, "encoder_mask": (0.15, 0.3), "decoder_mask": (0.5, 0.7), "steps": 60})
    encoder = BiEncoder.load(data.checkpoint("plain"), True, "cls", 0.0).query_encoder
    extra = nn.ModuleDict({"decoder": Decoder(10, 2), "head": Head(10, encoder.config.vocab_size)})
    initialise(extra, 0.02, 1)
    values = []

    def loss(rows, draws):
        value = retromae_loss(encoder, extra, *data.passages.batch(rows, 24), 4, settings, draws)
        values.append(value.item())
        return value

    pretrain([encoder, extra], loss, len(data.passages), settings, "test")
    assert np.mean(values[-10:]) < np.mean(values[:5]) - 0.5


@pytest.mark.parametrize(
    ("kind", "changes", "words"),
    [
        ("contrastive", {"crop": [0.5, 0.2]}, ["here.options.crop", "found [0.5, 0.2]"]),
        ("contrastive", {"crops": [0.5, 0.2]}, ["did you mean 'crop'"]),
        ("retromae", {"decoder_mask": [0.5, 1.0]}, ["here.options.decoder_mask", "found [0.5, 1.0]"]),
    ],
)
def test_wrong_options_are_named(data, tmp_path, kind, changes, words):
    with pytest.raises(ConfigError) as error:
        make(data, tmp_path / "x", kind, **changes)
    assert all(word in str(error.value) for word in words)


def test_too_few_passages_are_named(data, tmp_path):
    with pytest.raises(UserError, match="60 passages make no batch of 64"):
        make(data, tmp_path / "x", "contrastive", batch_size=64)
    assert not (tmp_path / "x").exists()


def test_a_loss_that_is_not_finite_stops_at_once(data, tmp_path):
    with pytest.raises(UserError, match="lower learning_rate"):
        make(data, tmp_path / "x", "contrastive", temperature=1e-40)
