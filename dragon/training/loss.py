"""InfoNCE with in-batch negatives: equation 2 of the paper, as the official code computes it.

Every query is scored against all positives and all hard negatives of the batch (dossier 0.1); similarity is a
dot product in fp32 whatever the encoders' precision is.
"""

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy


def info_nce(
    queries_BH: Tensor,
    passages_PH: Tensor,
    targets_B: Tensor,
    passage_mask_P: Tensor | None = None,
    temperature: float = 1.0,
) -> Tensor:
    """Mean over queries of ``-log softmax(q . p / temperature)`` at each query's positive.

    Args:
        queries_BH: query embeddings, any float type.
        passages_PH: the batch's passages: positives and hard negatives.
        targets_B: int64, the place in P of each query's positive.
        passage_mask_P: bool, False for dummies that stand in for missing negatives; they take part in nothing
            (``transforms/dpr_transform.py`` masks them as well).
        temperature: divides the similarities; 1 in the paper.

    Returns:
        A float32 scalar.
    """
    scores_BP = queries_BH.float() @ passages_PH.float().T / temperature
    if passage_mask_P is not None:
        scores_BP = scores_BP.masked_fill(~passage_mask_P, -torch.inf)
    return cross_entropy(scores_BP, targets_B)
