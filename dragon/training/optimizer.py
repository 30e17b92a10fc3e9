"""AdamW with linear warm-up and linear decay to zero, new at every iteration (dossier 1a)."""

from collections.abc import Iterable

from torch import nn
from torch.optim import AdamW
from torch.optim.lr_scheduler import LambdaLR


def make_optimizer(
    modules: Iterable[nn.Module],
    learning_rate: float,
    embedding_lr_scale: float,
    weight_decay: float,
    total_steps: int,
    warmup: float,
) -> tuple[AdamW, LambdaLR]:
    """Optimizer over all parameters of ``modules`` (shared ones once) and its schedule, stepped per batch.

    ``warmup`` is a fraction of ``total_steps``; word embeddings learn at ``embedding_lr_scale`` times the rate.
    """
    named = {id(p): (name, p) for module in modules for name, p in module.named_parameters()}
    words = [p for name, p in named.values() if name.endswith("word_embeddings.weight")]
    others = [p for name, p in named.values() if not name.endswith("word_embeddings.weight")]
    groups = [{"params": words, "lr": learning_rate * embedding_lr_scale}, {"params": others, "lr": learning_rate}]
    optimizer = AdamW(groups, weight_decay=weight_decay, fused=True)
    warmup_steps = max(1, round(warmup * total_steps))
    return optimizer, LambdaLR(optimizer, lambda step: linear_factor(step, warmup_steps, total_steps))


def linear_factor(step: int, warmup_steps: int, total_steps: int) -> float:
    """Factor on the learning rate at 0-based ``step``: up to 1 at ``warmup_steps``, then down to 0 at the end."""
    if step < warmup_steps:
        return (step + 1) / warmup_steps
    return max(0.0, (total_steps - step) / max(1, total_steps - warmup_steps))
