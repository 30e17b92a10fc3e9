"""Test the paper's sentences on what was measured: `python -m stages.claims`."""

from dragon import artifacts
from dragon.config import Params
from dragon.reporting.claim_render import FORMATS, counts
from dragon.reporting.claim_results import as_json
from dragon.reporting.claim_values import measured
from dragon.reporting.claims import ClaimsSpec
from stages.entry import run
from stages.judging import judged


def main() -> None:
    params, spec = Params.load(), ClaimsSpec.load()
    results = judged(measured(spec, params), spec)
    artifacts.write_json(params.layout.quality("claims"), as_json(spec, results))
    for suffix, render in FORMATS.items():
        artifacts.write_text(params.layout.built(f"claims.{suffix}"), render(spec, results, params))
    print(f"{counts(results)}: {params.layout.built('claims')}.md, .csv, .tex")


if __name__ == "__main__":
    run(main)
