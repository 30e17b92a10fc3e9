"""Note what lies outside the repository: `python -m stages.folders in-domain zero-shot imported checkpoints baselines`.

A suite's name stands for its folders, `imported` for the files that imported systems name (runs and judgments), and
`checkpoints` and `baselines` for those that teachers and baselines are made of. DVC runs this every time
(`always_changed`); what depends on it runs again only when a file's sha256 changed.
"""

from collections.abc import Callable
from typing import Any

from dragon import artifacts
from dragon.config import Params
from dragon.core.absent import GATED
from dragon.datasets import folder, gated, registered
from dragon.datasets.beir_fingerprint import sha256_of
from dragon.datasets.subset import taken_from
from dragon.imports import NAME, user_file
from dragon.models.checkpoints.opening import digests, locate
from dragon.models.snapshots import HUB, commit_of
from dragon.settings import BASELINES
from dragon.teachers.prebuilt import fingerprint as prebuilt_files
from stages.entry import run
from stages.outside import baselines

CHECKPOINTS = "checkpoints"
Note = Callable[[Params], dict[str, Any]]
FINGERPRINTS = {
    folder.KIND: folder.fingerprint,
    registered.KIND: registered.fingerprint,
    GATED: gated.fingerprint,
}


def main(*names: str) -> None:
    params = Params.load()
    kinds: dict[str, Note] = {NAME: _imported, CHECKPOINTS: _checkpoints, BASELINES: baselines}
    for name in names:
        found = kinds[name](params) if name in kinds else _collections(params, name)
        artifacts.write_json(params.layout.folders(name), found)
        print(f"{name}: {', '.join(found) or 'nothing'} outside the repository")


def _collections(params: Params, suite: str) -> dict[str, dict[str, str]]:
    """Collection -> file -> sha256."""
    where = f"scales/{params.scale_name}.yaml: suites.{suite}.datasets"
    read = {name: taken_from(source) for name, source in params.suite(suite).datasets.items()}
    return {
        name: FINGERPRINTS[source.kind](source.options, f"{where}.{name}.options")
        for name, source in read.items()
        if source.kind in FINGERPRINTS
    }


def _imported(params: Params) -> dict[str, dict[str, Any]]:
    """System -> its whole entry, every file with its sha256: nothing else of the settings says what is imported."""
    where = f"scales/{params.scale_name}.yaml: {NAME}"
    found: dict[str, dict[str, Any]] = {}
    for name, entry in params.scale.imported.items():
        found[name] = {"about": entry.about, "runs": {}, "qrels": {}}
        for part, test, file in entry.named():
            digest = sha256_of(user_file(file, f"{where}.{name}.{part}.{test}"))
            found[name][part][test] = {"path": file, "sha256": digest}
    return found


def _checkpoints(params: Params) -> dict[str, dict[str, Any]]:
    """Teacher -> file of its checkpoint -> sha256; a commit of the hub, which cannot change, stands for its files."""
    where = f"scales/{params.scale_name}.yaml: teachers"
    found: dict[str, dict[str, Any]] = {}
    for name, entry in params.scale.teachers.items():
        options, engine = (entry.options.get(part, {}) for part in ("encoder", "engine"))
        at = f"{where}.{name}.options"
        files: dict[str, Any] = _model(options["path"], f"{at}.encoder.path") if "path" in options else {}
        for key, path in (options.get("expansions") or {}).items():
            files[f"expansions of {key}"] = sha256_of(user_file(path, f"{at}.encoder.expansions.{key}"))
        for key, path in engine.get("prebuilt", {}).items():
            files[f"prebuilt {key}"] = prebuilt_files(path)
        if files:
            found[name] = files
    return found


def _model(path: str, where: str) -> dict[str, Any]:
    return {"commit": commit_of(path, where)} if path.startswith(HUB) else dict(digests(locate(path, where)))


if __name__ == "__main__":
    run(main)
