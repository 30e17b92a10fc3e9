"""A student's model card: what it was made of, how, what it scores, and the licences that it inherits.

Markdown with a YAML front matter, as the hub reads it (https://huggingface.co/docs/hub/model-cards). Every number is
from a metric file of this scale.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dragon.config import Experiment, Scale
from dragon.core import MetricTable
from dragon.reporting.licences import Inherited
from dragon.reporting.markdown import points, table

_MARKS = re.compile(r"([\\`*_\[\]<>|~$&])")
COMPARABLE = "Its collections are the paper's."
NOT_COMPARABLE = (
    "Its collections and teachers are not the paper's: **no number here may be compared with the paper's**."
)
EVIDENCE = {
    "L1": "the authors' checkpoints, evaluated by us",
    "L2": "the authors' labels, our training",
    "L3": "our labels, our training",
}


@dataclass(frozen=True)
class Card:
    """What a card says."""

    student: str
    scale_name: str
    scale: Scale
    experiment: Experiment
    facts: Mapping[str, Any]
    """``meta.json`` of the student's folder."""
    tables: Sequence[MetricTable]
    inherited: Sequence[Inherited]

    def markdown(self) -> str:
        """The text of ``README.md``."""
        lines = [*self._front(), "", f"# {escaped(self.student)}", "", *self._opening(), ""]
        lines += ["## Use", "", "```python", *self._use(), "```", ""]
        lines += ["## Data and recipe", "", *table(["What", "Value"], self._recipe(), texts=2), ""]
        lines += ["## Scores", "", *self._scores(), "", "## Licences", "", *self._licences()]
        return "\n".join(lines) + "\n"

    def _front(self) -> list[str]:
        """Front matter; JSON values are YAML."""
        restricted = any(one.restricts for one in self.inherited)
        found = {
            "license": "other",
            "license_name": "non-commercial-inherited" if restricted else "inherited",
            "library_name": "sentence-transformers",
            "pipeline_tag": "sentence-similarity",
            "tags": ["dense-retrieval", "bi-encoder", "dragon", f"scale-{self.scale_name}"],
            "model-index": [
                {"name": self.student, "results": [self._result(one) for one in self.tables if one.values]}
            ],
        }
        return ["---", *(f"{key}: {json.dumps(value, ensure_ascii=False)}" for key, value in found.items()), "---"]

    def _result(self, one: MetricTable) -> dict[str, Any]:
        values = one.values.get("mean", {})
        metrics = [{"type": name, "name": name, "value": round(value, 4)} for name, value in values.items()]
        suite = self.scale.labels.get(one.suite, one.suite)
        return {"task": {"type": "retrieval"}, "dataset": {"name": suite, "type": one.suite}, "metrics": metrics}

    def _opening(self) -> list[str]:
        scale = self.scale
        said = COMPARABLE if scale.comparable else NOT_COMPARABLE
        return [
            "Two encoders, of queries and of passages, trained as in *How to Train Your DRAGON* (Lin et al., 2023,"
            f" <https://arxiv.org/abs/2302.07452>) at scale `{self.scale_name}`: {escaped(scale.about)}.",
            "",
            f"Evidence {scale.evidence}: {EVIDENCE[scale.evidence]}. {said}",
        ]

    def _use(self) -> list[str]:
        return [
            "from sentence_transformers import SentenceTransformer",
            "",
            'model = SentenceTransformer("path/of/this/folder")',
            'scores = model.similarity(model.encode_query(["..."]), model.encode_document(["..."]))  # dot products',
        ]

    def _recipe(self) -> list[list[str]]:
        training, facts = self.experiment.training, self.facts
        lengths = training.max_length
        pooling = {"cls": "the [CLS] token's state", "mean": "the mean of the tokens' states"}[training.pooling]
        budget = f"epochs in each {training.epochs * training.epochs_scale:g}, queries in a batch {training.batch_size}"
        negatives = "-".join(map(str, training.negatives))
        rows = {
            "queries": f"{self.experiment.query_set}, {facts['training_queries']:,}",
            "start": self.experiment.init,
            "supervision": f"{self.experiment.supervision}: {', '.join(self.experiment.trajectory)}",
            "iterations": f"{self.experiment.iterations}, {budget}",
            "positives and hard negatives": f"ranks 1-{training.positives} and {negatives}, {training.loss}",
            "learning rate": f"{training.learning_rate:g}, temperature {training.temperature:g}, seed {training.seed}",
            "vector": f"{pooling}, compared by dot product",
            "longest texts": f"{lengths.query} tokens of a query, {lengths.passage} of a passage",
            "run": str(facts["run_key"]),
        }
        return [[escaped(name), escaped(value)] for name, value in rows.items()]

    def _scores(self) -> list[str]:
        rows = [
            [escaped(self.scale.labels.get(one.suite, one.suite)), escaped(test), measure, points(value)]
            for one in self.tables
            for test, values in one.values.items()
            for measure, value in values.items()
        ]
        if not rows:
            return ["Not evaluated yet."]
        return [*table(["Suite", "Test", "Measure", "Points"], rows, texts=3), "", "Points are fractions times 100."]

    def _licences(self) -> list[str]:
        rows = [[one.what, escaped(one.name), escaped(one.licence)] for one in self.inherited]
        said = "What a model was made of may bind those who use it. Where a licence forbids commercial use, or is not"
        said += " known, do not use this model commercially without asking its owner."
        return [said, "", *table(["What", "Name", "Licence"], rows, texts=3)]


def escaped(text: str) -> str:
    """Text of a collection or a setting that says nothing else in Markdown, on one line."""
    return " ".join(_MARKS.sub(r"\\\1", text).split())
