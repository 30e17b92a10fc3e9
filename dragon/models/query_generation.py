"""Queries that a T5 checkpoint writes about passages: docTTTTTquery (Nogueira and Lin 2019), top-k sampling.

The random numbers of a query are a function of its seed: nothing is drawn from a global generator, and neither the
batch nor what else is written moves them. Arithmetic in another batch size or on another device may differ in the last
bits of a probability, and with it, rarely, a word; so a shard of the store is keyed by both.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
import transformers
from torch import Tensor
from transformers.modeling_outputs import BaseModelOutput

from dragon import artifacts, typed
from dragon.errors import ConfigError
from dragon.models.checkpoints.base import CheckpointOptions
from dragon.models.checkpoints.opening import digests, locate, require_tokenizer, versions
from dragon.models.checkpoints.weights import Task, check_weights, in_type, local, place, readable
from dragon.store import Store

KIND = "generated"
_CODE = ("models/query_generation.py", "models/checkpoints/weights.py")
_SEQ2SEQ = Task("AutoModelForSeq2SeqLM", optional=(), unused=("EncDecAttention.relative_attention_bias.",))
"""T5's first release saved a bias that no version of it reads."""
_FILE = "queries.json"

Seed = tuple[int, int]
"""Two whole numbers from 0, below 2**64."""


@dataclass(frozen=True, kw_only=True)
class GeneratorOptions(CheckpointOptions):
    """``options.generator`` of a query set; ``batch_size`` counts passages."""

    max_length: int
    """Tokens of a passage that are read (docTTTTTquery: 512)."""
    prefix: str
    """Stands before every passage."""
    top_k: int
    """Tokens to choose among (docTTTTTquery: 10); 1 always takes the likeliest."""
    temperature: float
    """Divides the scores of the top k; the published queries have 1."""
    max_tokens: int
    """Tokens of a query (docTTTTTquery: 64); one that has not ended by then is cut."""
    threads: int
    """CPU threads of torch."""


def open_generator(options: Mapping[str, Any], where: str) -> "QueryGenerator":
    """Find the folder and check its weights; the model is loaded when queries are missing from the store.

    Raises:
        ConfigError: an option is wrong, or the folder is not there.
        ArtifactError: a weight is missing, unknown or of another shape, or there is no tokenizer.
    """
    settings = typed.build(GeneratorOptions, options, where)
    for key in ("batch_size", "max_length", "top_k", "max_tokens", "threads"):
        if getattr(settings, key) < 1:
            raise ConfigError(f"{where}.{key}: found {getattr(settings, key)}, allowed: 1 or more")
    if settings.temperature <= 0:
        raise ConfigError(f"{where}.temperature: found {settings.temperature}, allowed: above 0; top_k 1 is greedy")
    folder = locate(settings.path, f"{where}.path")
    device = place(settings.device, f"{where}.device")
    require_tokenizer(folder)
    check_weights(folder, _SEQ2SEQ)
    return QueryGenerator(settings, folder, device)


class QueryGenerator:
    """A complete T5 checkpoint that writes queries."""

    def __init__(self, options: GeneratorOptions, folder: Path, device: str) -> None:
        self.options, self.folder, self.device = options, folder, device

    def __call__(self, texts: Sequence[str], seeds: Sequence[Sequence[Seed]]) -> list[list[str]]:
        """As many queries for each text as it has seeds, out of the store where they were written before."""
        key = artifacts.digest({**self._key, "texts": list(texts), "seeds": [list(map(list, one)) for one in seeds]})

        def make(part: Path) -> None:
            artifacts.write_json(part / _FILE, self.write(texts, seeds))

        folder, _ = Store.default().obtain(KIND, key, make, {"kind": "generated", "key": key, "passages": len(texts)})
        return json.loads((folder / _FILE).read_text(encoding="utf-8"))

    def write(self, texts: Sequence[str], seeds: Sequence[Sequence[Seed]]) -> list[list[str]]:
        """The same, computed now; longest passages first, so that memory runs out at once or not at all."""
        torch.set_num_threads(self.options.threads)
        found: list[list[str]] = [[] for _ in texts]
        asked = [row for row, one in enumerate(seeds) if one]
        if not asked:
            return found
        read = [self.options.prefix + texts[row] for row in asked]
        found_ids = self.tokenizer(read, truncation=True, max_length=self.options.max_length)["input_ids"]
        ids = dict(zip(asked, found_ids, strict=True))
        order = sorted(asked, key=lambda row: -len(ids[row]))
        for start in range(0, len(order), self.options.batch_size):
            rows = order[start : start + self.options.batch_size]
            padded = self.tokenizer.pad({"input_ids": [ids[row] for row in rows]}, return_tensors="pt")
            tokens = self.sample(padded["input_ids"], padded["attention_mask"], [seeds[row] for row in rows])
            said = iter(self.tokenizer.batch_decode(tokens, skip_special_tokens=True))
            for row in rows:
                found[row] = [next(said).strip() for _ in seeds[row]]
        return found

    @torch.inference_mode()
    def sample(self, ids_BT: Tensor, mask_BT: Tensor, seeds: Sequence[Sequence[Seed]]) -> list[list[int]]:
        """Tokens of R queries, one or more, for each seed in the order of the B passages, without the end token."""
        each_B = torch.tensor([len(one) for one in seeds])
        mask_RT = mask_BT.repeat_interleave(each_B, dim=0).to(self.device)
        states_BTH = self.model.get_encoder()(ids_BT.to(self.device), mask_BT.to(self.device)).last_hidden_state
        encoded = BaseModelOutput(last_hidden_state=states_BTH.repeat_interleave(each_B.to(self.device), dim=0))
        uniforms_RS = torch.from_numpy(self._uniforms(seeds)).to(self.device)
        config = self.model.generation_config
        last_R1 = torch.full((len(mask_RT), 1), config.decoder_start_token_id, device=self.device)
        done_R, cache, steps = torch.zeros(len(mask_RT), dtype=torch.bool, device=self.device), None, []
        for step in range(self.options.max_tokens):
            out = self.model(
                encoder_outputs=encoded,
                attention_mask=mask_RT,
                decoder_input_ids=last_R1,
                past_key_values=cache,
                use_cache=True,
            )
            last_R1, cache = self._pick(out.logits[:, -1], uniforms_RS[:, step]), out.past_key_values
            steps.append(last_R1)
            done_R |= last_R1[:, 0] == config.eos_token_id
            if done_R.all():
                break
        return list(_until(torch.cat(steps, dim=1).tolist(), config.eos_token_id))

    def _pick(self, logits_RV: Tensor, uniforms_R: Tensor) -> Tensor:
        """One token a row, int64 ``[R, 1]``: where the uniform falls among the k likeliest; equals go by their id."""
        scores_RK, ids_RK = logits_RV.double().topk(min(self.options.top_k, logits_RV.shape[1]))
        ids_RK, at_RK = ids_RK.sort(dim=1)
        scores_RK, by_score_RK = scores_RK.gather(1, at_RK).sort(dim=1, descending=True, stable=True)
        ends_RK = (scores_RK / self.options.temperature).softmax(dim=1).cumsum(dim=1)
        places_R1 = (ends_RK <= uniforms_R[:, None]).sum(dim=1, keepdim=True).clamp(max=ids_RK.shape[1] - 1)
        return ids_RK.gather(1, by_score_RK).gather(1, places_R1)

    def _uniforms(self, seeds: Sequence[Sequence[Seed]]) -> np.ndarray:
        """A row of random numbers for each seed, float64 ``[R, max_tokens]`` in [0, 1)."""
        flat = [np.random.Philox(key=np.array(seed, dtype=np.uint64)) for one in seeds for seed in one]
        return np.stack([np.random.Generator(bits).random(self.options.max_tokens) for bits in flat])

    @cached_property
    def model(self) -> Any:
        with readable(self.folder):
            options = {**in_type(self.options.dtype), **local()}
            model = transformers.AutoModelForSeq2SeqLM.from_pretrained(self.folder, **options)
        return model.to(self.device).eval()

    @cached_property
    def tokenizer(self) -> Any:
        with readable(self.folder):
            return transformers.AutoTokenizer.from_pretrained(self.folder, padding_side="right", **local())

    @cached_property
    def _key(self) -> dict[str, Any]:
        """What decides a query beside the passage and the seed."""
        options = {name: value for name, value in asdict(self.options).items() if name not in ("path", "device")}
        code = artifacts.source_digest(Path(__file__).parents[1], _CODE)
        facts = {"device": self.device, "files": digests(self.folder), "versions": versions(), "code": code}
        return {"options": options, **facts}


def _until(rows: Sequence[list[int]], end: int) -> Iterator[list[int]]:
    for row in rows:
        yield row[: row.index(end)] if end in row else row
