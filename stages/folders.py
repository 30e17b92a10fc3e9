"""Note the contents of a suite's folders outside the repository: `python -m stages.folders zero-shot`.

DVC runs this every time (`always_changed`); what depends on it runs again only when a file's sha256 changed.
"""

from dragon import artifacts
from dragon.config import Params
from dragon.datasets.folder import KIND, fingerprint
from stages.entry import run


def main(suite: str) -> None:
    params = Params.load()
    where = f"scales/{params.scale_name}.yaml: suites.{suite}.datasets"
    found = {
        name: fingerprint(source.options, f"{where}.{name}.options")
        for name, source in params.suite(suite).datasets.items()
        if source.kind == KIND
    }
    artifacts.write_json(params.layout.folders(suite), found)
    files = sum(len(one) for one in found.values())
    print(f"{suite}: {files} files in {len(found)} folders outside the repository")


if __name__ == "__main__":
    run(main)
