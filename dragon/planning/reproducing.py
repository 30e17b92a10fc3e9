"""The numbers of docs/reproducing.md: written by the plan between marks, never typed."""

import re
from collections.abc import Mapping
from pathlib import Path

from dragon.errors import ArtifactError
from dragon.planning.disk import disk
from dragon.planning.needs import Needs
from dragon.planning.plan import Plan
from dragon.planning.rates import Rates
from dragon.planning.render import counts, host_hours, hours, shown_hours
from dragon.reporting.markdown import table

PAGE = Path("docs/reproducing.md")
SHOWN = {"h200": "1x H200, h", "h100x8": "8x H100, h"}
"""Rates whose hours the page gives."""
_BLOCK = r"(<!-- plan: {} -->\n)(.*?)(<!-- end -->)"


def blocks(plan: Plan, paper: Plan, machines: Mapping[str, Rates]) -> dict[str, str]:
    """Name of a block -> its lines."""
    return {"costs": _costs(plan, machines), "sharing": _sharing(plan, paper)}


def filled(page: str, found: Mapping[str, str]) -> str:
    """The page with its blocks replaced; raises ArtifactError when a mark is not there."""
    for name, text in found.items():
        pattern = re.compile(_BLOCK.format(name), re.DOTALL)
        if not pattern.search(page):
            raise ArtifactError(f"{PAGE}: no marks `<!-- plan: {name} -->` and `<!-- end -->`; put them back")
        page = pattern.sub(lambda match, text=text: f"{match[1]}{text}\n{match[3]}", page)
    return page


def _costs(plan: Plan, machines: Mapping[str, Rates]) -> str:
    heads = ["", "command", "reads labels of", "iterations", *SHOWN.values(), "CPU host, h", "disk, GB"]
    rows = [
        [
            row.item.paper,
            f"`dvc exp run -S scale=paper {row.item.name}`",
            _lists(row.alone),
            *_spent(plan, row.alone, machines),
        ]
        for row in plan.rows
        if row.item.paper
    ]
    rows.append(["everything", "`dvc exp run -S scale=paper`", "all of these", *_spent(plan, plan.whole, machines)])
    return "\n".join(table(heads, rows, texts=3))


def _spent(plan: Plan, needed: Needs, machines: Mapping[str, Rates]) -> list[str]:
    work = plan.parts(needed).total
    spent = [shown_hours(hours(work, machines[name])) for name in SHOWN]
    host = shown_hours(host_hours(work, machines[next(iter(SHOWN))]))
    kept = sum(disk(plan, needed).values()) if needed != Needs() else 0.0
    return [str(len(needed.units)), *spent, host, f"{kept / 1e9:,.0f}"]


def _lists(needed: Needs) -> str:
    by_set: dict[str, list[str]] = {}
    for query_set, teacher in needed.lists:
        by_set.setdefault(query_set, []).append(teacher)
    return "; ".join(f"{name}: {', '.join(teachers)}" for name, teachers in by_set.items()) or "-"


def _sharing(plan: Plan, paper: Plan) -> str:
    ours, theirs = counts(plan), counts(paper)
    rows = [[name, f"{theirs[name]:,.0f}", f"{value:,.0f}"] for name, value in ours.items()]
    return "\n".join(table(["", "the paper's own", "with our controls"], rows))
