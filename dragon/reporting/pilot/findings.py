"""The paper's findings, each with its numbers, ours and the verdict on ours."""

from collections.abc import Iterator, Mapping, Sequence

from dragon.config import Params
from dragon.reporting import claim_render
from dragon.reporting.claim_results import Result
from dragon.reporting.claims import ClaimsSpec
from dragon.reporting.markdown import table

_HEADS = ("Finding", "Tested", "Paper", "Here", "95 % interval", "p (Holm)", "Seeds", "Verdict")


def findings(spec: ClaimsSpec, results: Sequence[Result], params: Params) -> Iterator[str]:
    """Lines of Markdown: family by family, then why some were not run and which are doubtful in the paper."""
    yield f"{claim_render.counts(results)}. {_how(spec, len(params.seeds))}"
    for family, about in spec.families.items():
        own = [one for one in results if one.claim.family == family]
        if own:
            yield from ("", f"**{about[0].upper()}{about[1:]}**", "")
            yield from table(_HEADS, [_finding(one, params.scale.labels) for one in own], 2)
    for title, texts in claim_render.remarks(results).items():
        if texts:
            yield from ("", f"{title}:", "", *(f"- `{name}`: {text}" for name, text in texts))


def _finding(result: Result, labels: Mapping[str, str]) -> list[str]:
    """Columns of the claims' own table; what the paper prints of either side stands beside its difference."""
    cells = dict(zip(claim_render.HEADS, claim_render.row(result, labels), strict=True))
    paper = _printed(result)
    columns = [cells["Ours"], cells["95 % interval"], cells["p (Holm)"], cells["Seeds"], cells["Verdict"]]
    return [cells["Sentence"], cells["Test"], f"{cells['Paper']} ({paper})" if paper else cells["Paper"], *columns]


def _printed(result: Result) -> str:
    """``49.3, 47.7``: what the paper prints for either side of the comparison that decides."""
    sides = {side.name: side for side in result.claim.sides}
    named = [sides[name] for name in (result.decisive.left, result.decisive.right) if name]
    cells = [cell.paper for side in named for cell in side.cells]
    return ", ".join(cells) if len(cells) > 1 else ""


def _how(spec: ClaimsSpec, seeds: int) -> str:
    several = "The value of a query is the mean over the seeds that all systems of a comparison have. "
    return (
        f"{several if seeds > 1 else ''}Paired sign-flip randomisation tests of {spec.samples:,} "
        f"patterns, p corrected (Holm) within a family, alpha {spec.alpha:g}; bootstrap intervals over queries of "
        f"{spec.resamples:,} draws, within collections for a mean over several. They say nothing of other seeds or "
        "collections. Of several comparisons the worst is shown. "
        "Differences are in points; in brackets what the paper prints of either side. Seeds: standard deviation of the "
        "difference over seeds, n/a with one. Numbers like 2d.1 are those of docs/discrepancies.md."
    )
