"""What a student inherits: licences of the collection, the teachers, the start and the queries that it was made of.

They stand in ``registry/``; what no row names has the licence ``not known``, which is said, never left out.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dragon.config import IN_DOMAIN, Experiment, Params, Source, read_yaml
from dragon.releases import PATH as RELEASES
from dragon.releases import Releases

REGISTRY = Path("registry")
MODELS, COLLECTIONS = REGISTRY / "models.yaml", REGISTRY / "collections.yaml"
NOT_KNOWN = "not known"
RERANKER = "cross-encoder"
OWN = "none beyond the collection's"
"""Of what was fitted on the scale's own text."""
_PATHS = ("path", "query_encoder", "context_encoder", "model", "name")
_CONDITIONS = (
    "-nc",
    "non-commercial",
    "noncommercial",
    "not known",
    "not specified",
    "sign-up",
    "msr-la",
    "agreement",
    "registration",
)


@dataclass(frozen=True)
class Inherited:
    """One thing that a student was made of."""

    what: str
    name: str
    licence: str

    @property
    def restricts(self) -> bool:
        """Whether it forbids commercial use, or may do so."""
        return any(condition in self.licence.lower() for condition in _CONDITIONS)


def inherited(params: Params, experiment: Experiment) -> list[Inherited]:
    """What the experiment's student was made of: collection, queries, start and teachers, in that order."""
    scale, found = params.scale, []
    dataset = scale.suites[IN_DOMAIN].datasets[params.collection()]
    found.append(Inherited("collection", params.collection(), _of_collection(dataset)))
    for name, source in _query_sets(params, experiment.query_set):
        found.append(Inherited("queries", name, _of_options(source.options)))
    found += _start(params, experiment.init)
    for name in dict.fromkeys(one for source in experiment.trajectory for one in _teachers(params, source)):
        entry = scale.teachers[name]
        what = f"{name} ({entry.stands_for})"
        found.append(Inherited("teacher", what, _of_options(entry.options.get("encoder", {}))))
    return list(dict.fromkeys(found))


def _start(params: Params, init: str) -> list[Inherited]:
    """A start with those that it continues, or all that another student was made of."""
    if init not in params.scale.pretrained:
        return inherited(params, params.experiment(init))
    source = params.scale.pretrained[init]
    continued = _start(params, source.options["init"]) if isinstance(source.options.get("init"), str) else []
    return [*continued, Inherited("start", init, _of_options(source.options))]


def _teachers(params: Params, source: str) -> list[str]:
    """The teachers behind a source of labels: one of the scale's, the fused ones, or a re-ranker with its first."""
    scale = params.scale
    if source == "fused":
        return list(params.pools[scale.fusion.pool].teachers)
    if source not in scale.teachers:  # the source passage of a query, or candidates of a student re-ranked
        return [RERANKER] if source.startswith("ce-on-") and RERANKER in scale.teachers else []
    first = scale.teachers[source].options.get("engine", {}).get("first_stage")
    return [source, *([first] if first in scale.teachers else [])]


def _query_sets(params: Params, name: str) -> Iterator[tuple[str, Source]]:
    """A query set, or those that it mixes."""
    source = params.scale.query_sets[name]
    parts = source.options.get("of", ())
    yield from ((part, params.scale.query_sets[part]) for part in parts) if parts else [(name, source)]


def _of_collection(source: Source) -> str:
    """Of a row of the registry; of installed packages each one's own; of a user's folder not known."""
    if source.kind == "pydocs":
        return f"those of {', '.join(source.options.get('packages', ()))}"
    if isinstance(part := source.options.get("of"), Mapping):  # a subset of another collection
        return _of_collection(Source(kind=str(part.get("kind")), options=dict(part.get("options", {}))))
    rows = _rows(COLLECTIONS).get("collections", {})
    row = rows.get(source.options.get("collection", "")) if isinstance(rows, Mapping) else None
    return str((row or {}).get("licence") or NOT_KNOWN)


def _of_options(options: Mapping[str, Any]) -> str:
    """Of every model that the options lead to; options that lead to none are of something that was fitted here."""
    names = dict.fromkeys(_named(options))
    return "; ".join(dict.fromkeys(_of_path(name) for name in names)) or OWN


def _named(options: Mapping[str, Any]) -> Iterator[str]:
    """Paths of checkpoints, label files and query files."""
    for key, value in options.items():
        if key in (*_PATHS, "file") and isinstance(value, str):
            yield value
        elif isinstance(value, Mapping) and key == "files":
            yield from (one for one in value.values() if isinstance(one, str))
        elif isinstance(value, Mapping):
            yield from _named(value)


def _of_path(path: str) -> str:
    """A hub id (``hub:<id>@<commit>`` or as it is), or a file of the authors'."""
    if RELEASES.is_file():
        releases = Releases.load()
        files = [*releases.queries.values(), *releases.checkpoints.values()]
        files += [file for by_set in releases.labels.values() for file in by_set.values()]
        if any(path.removesuffix(".gz").endswith(file.path) for file in files):
            return releases.licence
    hub_id = path.removeprefix("hub:").partition("@")[0]
    rows = [row for row in _rows(MODELS).values() if isinstance(row, Mapping) and row.get("id") == hub_id]
    return str(rows[0].get("licence") or NOT_KNOWN) if rows else NOT_KNOWN


def _rows(path: Path) -> dict[str, Any]:
    return read_yaml(path) if path.is_file() else {}
