"""InfoNCE with in-batch negatives (equation 2, as the official code computes it), and KL to soft labels (section 5).

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
        targets_B: int64, the place in P of each query's positive; this and the mask may lie on another device.
        passage_mask_P: bool, False for dummies that stand in for missing negatives; they take part in nothing
            (``transforms/dpr_transform.py`` masks them as well).
        temperature: divides the similarities; 1 in the paper.

    Returns:
        A float32 scalar.
    """
    scores_BP = queries_BH.float() @ passages_PH.float().T / temperature
    if passage_mask_P is not None:
        scores_BP = scores_BP.masked_fill(~passage_mask_P.to(scores_BP.device), -torch.inf)
    return cross_entropy(scores_BP, targets_B.to(scores_BP.device))


def kl_to_teacher(
    queries_BH: Tensor, passages_BMH: Tensor, target_BM: Tensor, missing_BM: Tensor, temperature: float = 1.0
) -> Tensor:
    """Mean over queries of KL(teacher || student) over each query's own M passages.

    Args:
        queries_BH: query embeddings, any float type.
        passages_BMH: embeddings of the passages drawn from each query's list.
        target_BM: the teacher's distribution, float32, rows sum to 1; this and the next may lie on another device.
        missing_BM: bool, places that take part in nothing.
        temperature: divides the student's similarities.

    Returns:
        A float32 scalar.
    """
    scores_BM = torch.einsum("bh,bmh->bm", queries_BH.float(), passages_BMH.float()) / temperature
    target_BM, missing_BM = target_BM.to(scores_BM.device), missing_BM.to(scores_BM.device)
    student_BM = scores_BM.masked_fill(missing_BM, -torch.inf).log_softmax(dim=1)
    terms_BM = target_BM * (target_BM.clamp_min(1e-30).log() - student_BM.masked_fill(missing_BM, 0.0))
    return terms_BM.sum(dim=1).mean()
