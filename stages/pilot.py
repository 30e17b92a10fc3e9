"""Tables 2, 3, 8 and 9 with several seeds on one page, the pilot of a scale: `python -m stages.pilot`."""

from collections.abc import Sequence
from dataclasses import asdict

from dragon import artifacts
from dragon.config import Params, project_root
from dragon.evaluation.significance import compare_all
from dragon.reporting.claim_render import counts
from dragon.reporting.claim_values import measured
from dragon.reporting.pilot import values
from dragon.reporting.pilot.pairs import PairResult, Prepared, prepared
from dragon.reporting.pilot.render import Page, plain, to_markdown
from dragon.reporting.pilot.settings import settings
from dragon.reporting.pilot.spec import Pilot
from dragon.reporting.pilot.systems import scores
from stages.entry import run
from stages.judging import judged


def main() -> None:
    params, pilot = Params.load(), Pilot.load()
    page = _page(pilot, params)
    artifacts.write_text(params.layout.built("pilot.md"), to_markdown(page))
    artifacts.write_json(params.layout.built("pilot.json"), plain(page))
    print(f"{counts(page.results)}: {params.layout.built('pilot')}.md, .json")


def _page(pilot: Pilot, params: Params) -> Page:
    spec, reader = pilot.spec, values.Reader(params)
    tests, mean = values.in_domain(spec, params), values.zero_shot_mean(spec, params)
    tables = ([*tests, mean], values.collections(spec, params))
    places = [*tests, *values.pooled(spec, params), mean]
    return Page(
        pilot=pilot,
        params=params,
        settings=settings(spec, params, reader, project_root()),
        tables=tables,
        scores=scores(spec, [place for one in tables for place in one], reader),
        results=judged(measured(pilot.claims, params, within=spec.systems), pilot.claims),
        pairs=_compared(prepared(spec.pairs, places, reader), pilot),
    )


def _compared(pairs: Sequence[Prepared], pilot: Pilot) -> list[PairResult]:
    """With the claims' numbers of sign patterns and draws."""
    spec = pilot.claims
    found = iter(compare_all([one.strata for one in pairs if one.strata], spec.samples, spec.seed, spec.resamples))
    return [PairResult.of(one, asdict(next(found)) if one.strata else {}) for one in pairs]


if __name__ == "__main__":
    run(main)
