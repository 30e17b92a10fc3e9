"""The last lines of `make repro`: Table 3, claims by verdict, iterations asked for and computed, where the report is.

`python -m stages.summary 1700000000`, the time in seconds since the epoch at which the run began.
"""

from dragon import artifacts
from dragon.config import Params
from dragon.errors import ArtifactError, ConfigError
from dragon.reporting.claim_view import counts
from dragon.reporting.report import PAGE
from dragon.store import Store
from stages.entry import run


def main(since: str) -> None:
    try:
        start = float(since)
    except ValueError:
        raise ConfigError(f"since: found {since!r}, allowed: seconds since the epoch") from None
    layout = Params.load().layout
    table, page = layout.built("table3.md"), layout.built(PAGE).parent.parent / PAGE
    for path in (table, page):
        if not path.exists():
            raise ArtifactError(f"{path}: not there; run `dvc repro`")
    print(table.read_text(encoding="utf-8"))
    found = counts(artifacts.read_json(layout.quality("claims")))
    print(f"claims: {', '.join(f'{count} {verdict}' for verdict, count in found.items())}")
    print(iterations(Store.default(), start))
    print(f"report: {page.resolve()}")


def iterations(store: Store, since: float) -> str:
    """How many iterations of how many students were asked of the store since then, and how many it had to compute.

    A student's iteration that several stages ask for counts once.
    """
    events = [event for event in store.events(since) if event["event"] == "iteration"]
    asked = {(event["student"], event["number"], event.get("key")) for event in events}
    computed = sum(event["computed"] for event in events)
    return f"iterations: asked {len(asked)}, computed {computed}, reused {len(asked) - computed}"


if __name__ == "__main__":
    run(main)
