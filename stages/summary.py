"""The last lines of `make repro`: Table 3, iterations asked for and computed since, and where the report is.

`python -m stages.summary 1700000000`, the time in seconds since the epoch at which the run began.
"""

from pathlib import Path

from dragon.errors import ArtifactError, ConfigError
from dragon.store import Store
from stages.entry import run

BUILT = Path("reports/built")


def main(since: str) -> None:
    try:
        start = float(since)
    except ValueError:
        raise ConfigError(f"since: found {since!r}, allowed: seconds since the epoch") from None
    for name in ("table3.md", "report.html"):
        if not (BUILT / name).exists():
            raise ArtifactError(f"{BUILT / name}: not there; run `dvc repro`")
    print((BUILT / "table3.md").read_text(encoding="utf-8"))
    print(iterations(Store.default(), start))
    print(f"report: {(BUILT / 'report.html').resolve()}")


def iterations(store: Store, since: float) -> str:
    """How many iterations of how many students were asked of the store since then, and how many it had to compute.

    A student's iteration that several stages ask for counts once.
    """
    events = [event for event in store.events(since) if event["event"] == "iteration"]
    asked = {(event["student"], event["number"]) for event in events}
    computed = sum(event["computed"] for event in events)
    return f"iterations: asked {len(asked)}, computed {computed}, reused {len(asked) - computed}"


if __name__ == "__main__":
    run(main)
