"""BERT in float64 and NumPy, from the names of its parameters: written without torch or transformers."""

import numpy as np
from safetensors.numpy import load_file
from scipy.special import erf


class Bert:
    """Weights of a folder; ``prefix`` is ``bert.`` where a head stands beside the encoder."""

    def __init__(self, folder, heads, prefix=""):
        self.w = {name: value.astype(np.float64) for name, value in load_file(folder / "model.safetensors").items()}
        self.heads, self.prefix = heads, prefix
        self.layers = 1 + max(int(n.split(".layer.")[1].split(".")[0]) for n in self.w if ".layer." in n)

    def linear(self, name, x, prefix=None):
        name = f"{self.prefix if prefix is None else prefix}{name}"
        return x @ self.w[f"{name}.weight"].T + self.w[f"{name}.bias"]

    def norm(self, name, x, prefix=None):
        name = f"{self.prefix if prefix is None else prefix}{name}"
        centred = x - x.mean(-1, keepdims=True)
        scaled = centred / np.sqrt((centred**2).mean(-1, keepdims=True) + 1e-12)
        return scaled * self.w[f"{name}.weight"] + self.w[f"{name}.bias"]

    def table(self, name):
        return self.w[f"{self.prefix}embeddings.{name}_embeddings.weight"]

    def states(self, ids, types=None):
        """Last hidden states of one text, ``[T, H]``."""
        types = types if types is not None else [0] * len(ids)
        x = self.table("word")[ids] + self.table("position")[: len(ids)] + self.table("token_type")[types]
        x = self.norm("embeddings.LayerNorm", x)
        for layer in range(self.layers):
            at = f"encoder.layer.{layer}"
            x = self.norm(
                f"{at}.attention.output.LayerNorm",
                x + self.linear(f"{at}.attention.output.dense", self.attention(at, x)),
            )
            inner = gelu(self.linear(f"{at}.intermediate.dense", x))
            x = self.norm(f"{at}.output.LayerNorm", x + self.linear(f"{at}.output.dense", inner))
        return x

    def attention(self, at, x):
        q, k, v = (
            self.linear(f"{at}.attention.self.{n}", x).reshape(len(x), self.heads, -1).transpose(1, 0, 2)
            for n in ("query", "key", "value")
        )
        scores = q @ k.transpose(0, 2, 1) / np.sqrt(q.shape[-1])
        shares = np.exp(scores - scores.max(-1, keepdims=True))
        mixed = shares / shares.sum(-1, keepdims=True) @ v
        return mixed.transpose(1, 0, 2).reshape(len(x), -1)

    def logit(self, ids, types):
        """What ``BertForSequenceClassification`` of one label says."""
        pooled = np.tanh(self.linear("pooler.dense", self.states(ids, types)[0]))
        return float(self.linear("classifier", pooled, "")[0])

    def token_logits(self, ids):
        """What ``BertForMaskedLM`` says, ``[T, V]``; the decoder is the table of words."""
        x = gelu(self.linear("cls.predictions.transform.dense", self.states(ids), ""))
        x = self.norm("cls.predictions.transform.LayerNorm", x, "")
        return x @ self.table("word").T + self.w["cls.predictions.bias"]


def gelu(x):
    return x * (1 + erf(x / np.sqrt(2))) / 2
