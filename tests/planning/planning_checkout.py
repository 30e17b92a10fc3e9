"""A checkout with a scale `paper`: the repository's own where it has one, else one that names no data."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
SUITES = ("in-domain", "zero-shot")


def checkout(folder, recipe="official-code"):
    """A folder with the repository's settings and specs."""
    for name in ("reports", "registry", "dvc.yaml"):
        (folder / name).symlink_to(ROOT / name)
    (folder / "scales").mkdir()
    for path in (ROOT / "scales").glob("*.yaml"):
        (folder / "scales" / path.name).symlink_to(path)
    if not (ROOT / "scales/paper.yaml").exists():
        (folder / "scales/paper.yaml").symlink_to(Path(__file__).parent / "paper_scale.yaml")
    params = (ROOT / "params.yaml").read_text(encoding="utf-8")
    (folder / "params.yaml").write_text(params.replace("recipe: official-code", f"recipe: {recipe}"), encoding="utf-8")
    return folder
