"""The page: settings, systems, the paper's findings, pairs of ours; and the numbers behind it as plain data."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from dragon.config import Params
from dragon.reporting import claim_render
from dragon.reporting.claim_results import Result, as_json
from dragon.reporting.markdown import table
from dragon.reporting.pilot.findings import findings
from dragon.reporting.pilot.pairs import PairResult
from dragon.reporting.pilot.pairs_table import pairs_table
from dragon.reporting.pilot.spec import Pilot
from dragon.reporting.pilot.systems import Scores, systems_table
from dragon.reporting.pilot.values import Place, Score

Table = Sequence[Place]


@dataclass(frozen=True, kw_only=True)
class Page:
    """What is shown.

    tables  places of each table of systems, the main one first
    scores  of every system at every place of these tables
    """

    pilot: Pilot
    params: Params
    settings: Mapping[str, str]
    tables: Sequence[Table]
    scores: Scores
    results: Sequence[Result]
    pairs: Sequence[PairResult]


def to_markdown(page: Page) -> str:
    """Plain Markdown for GitHub."""
    params, (main, *others) = page.params, page.tables
    parts = [
        [f"# Pilot at scale `{params.scale_name}`: Tables 2, 3, 8 and 9", "", claim_render.standing(params)],
        ["", *table(["Setting", "Value"], list(page.settings.items()), texts=2)],
        ["", "## Systems", "", _how_systems(page), "", *_systems(page, main, says=True)],
        *(["", "Collection by collection, nDCG@10:", "", *_systems(page, one, says=False)] for one in others),
        ["", "## Findings of the paper", "", *findings(page.pilot.claims, page.results, page.params)],
        ["", "## Pairs", "", *pairs_table(page.pairs)],
    ]
    return "\n".join(line for part in parts for line in part) + "\n"


def plain(page: Page) -> dict[str, Any]:
    """The numbers behind the page, unrounded fractions, for JSON."""
    scale, pilot = page.params.scale, page.pilot
    scores = [_score(system, place, one) for (system, place), one in page.scores.items() if one]
    return {
        "scale": page.params.scale_name,
        "comparable": scale.comparable,
        "evidence": scale.evidence,
        "seeds": list(page.params.seeds),
        "settings": dict(page.settings),
        "scores": scores,
        "findings": as_json(pilot.claims, page.results),
        "pairs": [{**asdict(one), "verdict": one.verdict} for one in page.pairs],
    }


def _score(system: str, place: Place, one: Score) -> dict[str, Any]:
    return {"system": system, **asdict(place), **asdict(one)}


def _systems(page: Page, places: Table, says: bool) -> list[str]:
    return systems_table(page.pilot.spec, page.params, places, page.scores, says)


def _how_systems(page: Page) -> str:
    first, *others = page.params.seeds
    seeds = (
        f"Students: mean over {len(page.params.seeds)} seeds, in brackets the lowest and the highest; a number without "
        f"brackets is that of seed {first} alone, or of a system that is not trained."
        if others
        else f"One seed ({first}), so nothing is known of how far seeds spread."
    )
    return f"In points. {seeds} Bold: the best finished student."
