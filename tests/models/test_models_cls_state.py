"""The [CLS] shortcut against transformers' own forward pass: values, gradients, masks, dropout."""

import pytest
import torch

from dragon.models import cls_state as module
from dragon.models.bi_encoder import embed, new_bert
from dragon.models.cls_state import applies_to, cls_state


def bert(layers, heads=2, dropout=0.0, **options):
    torch.manual_seed(layers)
    sizes = {"vocab_size": 50, "hidden_size": 24, "intermediate_size": 20, "max_position_embeddings": 16}
    rates = {"hidden_dropout_prob": dropout, "attention_probs_dropout_prob": dropout}
    model = new_bert({**sizes, **rates, "num_hidden_layers": layers, "num_attention_heads": heads, **options}).double()
    for weights in model.parameters():
        torch.nn.init.normal_(weights, 0, 0.3)
    return model.eval()


def texts():
    ids = torch.randint(5, 50, (6, 12), generator=torch.Generator().manual_seed(1))
    mask = torch.ones_like(ids)
    mask[1, 5:], mask[4, 2:] = 0, 0
    return ids, mask


@pytest.mark.parametrize(("layers", "heads"), [(1, 1), (1, 2), (2, 4), (4, 2)])
def test_values_and_gradients_are_those_of_the_whole_forward_pass(layers, heads):
    model, (ids, mask) = bert(layers, heads), texts()
    whole = model(input_ids=ids, attention_mask=mask).last_hidden_state[:, 0]
    weights = torch.randn(whole.shape, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
    (whole * weights).sum().backward()
    expected = {name: one.grad.clone() for name, one in model.named_parameters()}
    model.zero_grad()
    found = cls_state(model, ids, mask)
    (found * weights).sum().backward()
    assert torch.allclose(found, whole, atol=1e-12)
    for name, one in model.named_parameters():
        grad = torch.zeros_like(one) if one.grad is None else one.grad
        assert torch.allclose(grad, expected[name], atol=1e-11), name
    unused = {name for name, one in model.named_parameters() if one.grad is None}
    assert unused == {f"encoder.layer.{layers - 1}.attention.self.key.bias"}  # the softmax does not see it


def test_padding_is_not_seen():
    model, (ids, mask) = bert(2), texts()
    other = torch.where(mask.bool(), ids, 7)
    assert torch.equal(cls_state(model, ids, mask), cls_state(model, other, mask))
    assert torch.allclose(cls_state(model, ids[4:5, :2], mask[4:5, :2]), cls_state(model, ids, mask)[4:5], atol=1e-12)


def test_attention_dropout_drops_shares_as_the_usual_order_of_sums_does(monkeypatch):
    """With shares dropped by hand: sum of share x (V h + b) over tokens, b included."""
    model, (ids, mask) = bert(1), texts()
    kept = torch.rand(6, 2, 12, generator=torch.Generator().manual_seed(3)) < 0.7
    monkeypatch.setattr(module, "dropout", lambda shares, rate, training: shares * kept / 0.7)
    attention, states = model.encoder.layer[0].attention.self, model.embeddings(input_ids=ids)
    query, key, value = (
        one(states).unflatten(-1, (2, 12)) for one in (attention.query, attention.key, attention.value)
    )
    scores = torch.einsum("bns,btns->bnt", query[:, 0], key) * attention.scaling
    shares = scores.masked_fill(~mask.bool()[:, None], -torch.inf).softmax(-1) * kept / 0.7
    expected = torch.einsum("bnt,btns->bns", shares, value).flatten(1)
    assert torch.allclose(module._attended(attention, states, mask.bool()), expected, atol=1e-12)


def test_dropout_is_drawn_in_training_only():
    model, (ids, mask) = bert(1, dropout=0.5), texts()
    assert torch.equal(cls_state(model, ids, mask), cls_state(model, ids, mask))
    model.train()
    assert not torch.allclose(cls_state(model, ids, mask), cls_state(model, ids, mask))


def test_other_attention_and_mean_pooling_take_the_whole_pass():
    model, (ids, mask) = bert(1, attn_implementation="eager"), texts()
    assert not applies_to(model)
    assert applies_to(bert(1))
    whole = model(input_ids=ids, attention_mask=mask).last_hidden_state
    assert torch.equal(embed(model, "cls", ids, mask), whole[:, 0].float())
    mean = (whole.float() * mask[:, :, None]).sum(1) / mask.sum(1, keepdim=True)
    assert torch.allclose(embed(model, "mean", ids, mask), mean, atol=1e-6)
